import { LEASE } from '../../../plugin/usecases/renewal-lease.js';
import { labUser } from '../../lab/lab-user.js';
import { pause, until } from '../../lab/ports.js';
import { createRandom, type Random } from '../../support/random.js';
import { fillConfigs } from './configs.js';
import { type ChaosDatabase, createChaosDatabase } from './database.js';
import { type Judgement, judge } from './judge.js';
import { PORTS } from './ports.js';
import { type StrictProvider, startStrictProvider } from './provider.js';
import { createSidecar, type Sidecar, type SidecarOptions } from './sidecars.js';

export interface WorldOptions {
  seed: number;
  /** The number of sidecars. */
  sidecars: number;
  /** The number of configurations. Default 24. */
  configs?: number;
  /** Lifetime of the access tokens, in seconds. Default 20: each is renewed every ten seconds. */
  lifetime?: number;
  sidecar?: SidecarOptions;
  /** The database of each sidecar; by default one MariaDB of the rig's own. */
  servers?: ChaosDatabase[];
}

/** A sidecar that stands still for this long is broken. Milliseconds. */
const STANDSTILL = 240_000;
/**
 * Passes over the due list within which each sidecar must have recovered after a fault has ended. They are at least a
 * second apart. It takes `NOT_EXTENDED` to know that the holder of a lease has ended, and a sidecar that found the
 * lease held tries again a minute later.
 */
const LOOKS = 150;
/** After this many looks the rig ends leases of processes that have ended. */
const PATIENCE = 10;
/**
 * A sidecar extends a lease twice in this time; a lease that was not extended belongs to a process that has ended.
 * Milliseconds.
 */
const NOT_EXTENDED = 65_000;

/**
 * The surroundings of one fault: configurations with tokens that end soon, sidecars beside them, and the strict
 * provider.
 */
export interface World {
  random: Random;
  provider: StrictProvider;
  database: ChaosDatabase;
  sidecars: Sidecar[];
  /** The first sidecar. */
  sidecar: Sidecar;
  ids: number[];
  /** Living grants that were not requested since then, by the clock of this process in milliseconds. */
  idle(since: number): number[];
  /** Waits this many seconds. */
  pass(seconds: number): Promise<void>;
  /** Ends the leases now, as if their time had passed. */
  endLeases(): Promise<void>;
  /**
   * No lease ends while this work runs, however long it takes on a busy machine: tokens that last an hour leave their holder
   * far more time to return than the tokens of this rig.
   */
  holdLeases(work: () => Promise<void>): Promise<void>;
  /** Waits until this many more requests have reached the provider. */
  asked(times?: number): Promise<void>;
  /** Waits until this many more answers have been sent. */
  answered(times?: number): Promise<void>;
  /**
   * The fault is over: waits until each living grant has been requested again and is stored.
   * @returns how many passes over the due list that took, at most
   */
  recovered(): Promise<number>;
  /** The fault may cost these grants, as docs/operations.md says under "What can still be lost". */
  mayLose(numbers: readonly number[]): void;
  /** Leaves out what `mayLose` names. */
  judge(): Promise<Judgement>;
  end(): Promise<void>;
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { seed, configs = 24, lifetime = 20 } = options;
  const random = createRandom(seed);
  const databases = options.servers ?? [createChaosDatabase()];
  const [database] = databases as [ChaosDatabase];
  const provider = await startStrictProvider(PORTS.provider);
  const { ledger } = provider;
  provider.setLifetime(lifetime);
  const sidecars: Sidecar[] = [];
  for (let number = 0; number < options.sidecars; number++) {
    const { server } = databases[number % databases.length] ?? database;
    sidecars.push(await createSidecar(number, server, ledger, options.sidecar ?? {}));
  }
  const [sidecar] = sidecars as [Sidecar];
  const ends = Array.from({ length: configs }, () => random.between(lifetime / 2, lifetime));
  await fillConfigs(database, ledger, provider.url, ends);
  const end = async () => {
    for (const one of sidecars) await one.remove();
    await provider.stop();
  };
  try {
    await Promise.all(sidecars.map((one) => one.start()));
  } catch (error) {
    await end();
    throw error;
  }

  const excused = new Set<number>();
  const alive = () => [...ledger.grants.values()].filter((grant) => grant.alive);
  const sent = () =>
    [...ledger.grants.values()]
      .flatMap(({ exchanges }) => exchanges)
      .filter(({ sentAt }) => sentAt !== undefined).length;

  /** Living grants whose newest token is not stored, or that were not requested since. */
  async function waiting(since: number): Promise<number[]> {
    const rows = await database
      .rows('SELECT token_config_id, refresh_token FROM oauth2_token')
      .catch(() => undefined);
    if (!rows) return [0];
    const stored = new Map(rows.map(([id, token]) => [Number(id), token]));
    const asked = new Map(ledger.exchangesSince(since).map(({ number, count }) => [number, count]));
    return alive()
      .map(({ number }) => number)
      .filter((number) => stored.has(number))
      .filter((number) => !asked.get(number) || stored.get(number) !== ledger.newestToken(number));
  }

  return {
    random,
    provider,
    database,
    sidecars,
    sidecar,
    ids: ends.map((_end, at) => at + 1),
    idle: (since) => {
      const counts = new Map(ledger.exchangesSince(since).map(({ number, count }) => [number, count]));
      return alive()
        .map(({ number }) => number)
        .filter((number) => !counts.get(number));
    },
    pass: (seconds) => pause(seconds * 1000),
    endLeases: async () => {
      const end = 'UPDATE oauth2_sidecar_renewal SET lease_until = 1 WHERE lease_until > 1';
      // Retried after a deadlock with a renewal.
      await until('leases come to their end', () =>
        database.query(end).then(
          () => true,
          () => false,
        ),
      );
    },
    async holdLeases(work) {
      // A lease of more than twice its length counts as free.
      const hold = `UPDATE oauth2_sidecar_renewal SET lease_until = UNIX_TIMESTAMP() * 1000 + ${2 * LEASE - 10_000}
        WHERE lease_until > 1`;
      let isDone = false;
      const holding = (async () => {
        while (!isDone) {
          // Refused while a cluster has no majority.
          await database.query(hold).catch(() => undefined);
          await pause(1000);
        }
      })();
      await work().finally(() => {
        isDone = true;
      });
      await holding;
    },
    async asked(times = 1) {
      const goal = provider.requests() + times;
      await until(`the provider is asked ${times} times`, () => provider.requests() >= goal, STANDSTILL);
    },
    async answered(times = 1) {
      const goal = sent() + times;
      await until(`the provider answers ${times} times`, () => sent() >= goal, STANDSTILL);
    },
    async recovered() {
      provider.behave(() => ({
        exchanges: true,
        answer: (response, json) =>
          response.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' }).end(json),
      }));
      const since = Date.now();
      const before = sidecars.map(({ proxy }) => proxy.looks());
      const looks = () => Math.max(...sidecars.map(({ proxy }, at) => proxy.looks() - (before[at] ?? 0)));
      let left: number[] = [];
      const began = Date.now();
      for (;;) {
        left = await waiting(since);
        // What still waits by now waits for the lease of a process that has ended: one that lives extends it.
        if (left.length > 0 && looks() >= PATIENCE)
          await database
            .query(
              `UPDATE oauth2_sidecar_renewal SET lease_until = 1
               WHERE lease_until BETWEEN 2 AND UNIX_TIMESTAMP() * 1000 + ${LEASE - NOT_EXTENDED}
                 AND token_config_id IN (${left.join(',')})`,
            )
            // A deadlock with a renewal is retried in a moment.
            .catch(() => undefined);
        if (left.length === 0 || looks() > LOOKS || Date.now() - began > STANDSTILL) break;
        await pause(250);
      }
      if (left.length > 0) {
        const still = looks() > LOOKS ? '' : ', and stands still';
        throw new Error(`Not renewed within ${looks()} looks${still}: ${left.join(', ')}`);
      }
      return looks();
    },
    mayLose: (numbers) => {
      for (const number of numbers) excused.add(number);
    },
    async judge() {
      const cost = await judge(database, ledger);
      const isInexcusable = (number: number) => !excused.has(number);
      if (excused.size > 0)
        console.log(
          `        lost as documented: ${cost.lost.length - cost.lost.filter(isInexcusable).length}`,
        );
      return { ...cost, lost: cost.lost.filter(isInexcusable), reuse: cost.reuse.filter(isInexcusable) };
    },
    end,
  };
}

/** Namespaces and mounts require root. */
export const isRoot = labUser().prefix.length > 0;
