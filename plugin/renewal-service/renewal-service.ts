import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { EventStore } from '../domain/token/event-store.js';
import type { RenewalPolicy } from '../domain/token/renewal.js';
import type { RenewalRow, RenewalStore } from '../domain/token/renewal-store.js';
import type { RefreshOutcome } from '../usecases/refresh-token.js';
import { createCatchUp } from './catch-up.js';
import { createClockWatch } from './clock-watch.js';
import { createDueBatch, hostOf, providerHost } from './due-batch.js';
import { codeOf, failureFacts, isPassing } from './failure-facts.js';
import { createForgottenLook } from './forgotten.js';
import { createHostQueues } from './host-queues.js';
import { createProviderRecovery } from './provider-recovery.js';
import type { QuietTime } from './quiet-time.js';
import { createStallWatch } from './stall-watch.js';
import { createSteps } from './steps.js';

export interface RenewalServiceDeps {
  renewals: Pick<
    RenewalStore,
    | 'due'
    | 'nextDue'
    | 'schedule'
    | 'unscheduled'
    | 'noteTimes'
    | 'lookAgain'
    | 'reconcile'
    | 'lastWrite'
    | 'setBack'
    | 'holdOff'
    | 'providerIsBack'
    | 'probeProvider'
  >;
  events: Pick<EventStore, 'prune'>;
  /**
   * Renews one token if it is due; bound to its own dependencies.
   * @param answered called when its provider has answered
   * @param late called when the usual time-out is over and the wait continues
   */
  refresh(configId: number, answered: () => void, late: () => void): Promise<RefreshOutcome>;
  /** Stores what the journal still holds. */
  replay(): Promise<number>;
  /** Reports states that have changed since the last look. */
  announce(): Promise<unknown>;
  /** As currently deployed; `keepEvents` in milliseconds. */
  policy(): Promise<RenewalPolicy & { keepEvents: number }>;
  /** After a loss of the database; `refresh` respects it too. */
  quiet: QuietTime;
  clock: Clock;
  /** Milliseconds that really pass; replaced in tests. */
  elapsed?: () => number;
  log: Log;
  /** The longest sleep, in milliseconds. Default 5 s. */
  longestSleep?: number;
  /**
   * How long to wait for a refresh that the helpdesk has started with an expired token, in milliseconds.
   * Default 0.
   */
  theirTurn?: number;
  /** How many rows of the due list one query takes. Default 200. */
  batch?: number;
}

/** How often to look for changes by others, in milliseconds. */
const RECONCILE = 15_000;
/** How often to look for configurations without a due time, in milliseconds. */
const FORGOTTEN = 300_000;
const PRUNE = 3_600_000;
/** Many may be due one after the other, but none is that urgent. Milliseconds. */
const SHORTEST_SLEEP = 1000;

/**
 * Renews tokens before they expire. Each look reads the due list with one indexed query and starts a few
 * renewals at a time per provider; the next look does not wait for them. Sleeps in between. Leases in the
 * database ensure that several sidecars send only one request.
 */
export function createRenewalService(deps: RenewalServiceDeps) {
  const {
    renewals,
    events,
    refresh,
    replay,
    quiet,
    clock,
    log,
    longestSleep = 5000,
    batch = 200,
    theirTurn = 0,
  } = deps;
  const watch = createClockWatch(clock, deps.elapsed ?? (() => performance.now()));
  const stallWatch = createStallWatch(log);
  const steps = createSteps(log);
  const forgotten = createForgottenLook({ renewals, clock, log });
  const queues = createHostQueues(() => atOnce);
  const dueBatch = createDueBatch({ renewals, clock, batch, theirTurn, renew: enqueue });
  const recovery = createProviderRecovery({ renewals, clock, log, atOnce: () => atOnce });
  const queued = new Set<number>();
  const never = Number.NEGATIVE_INFINITY;
  let atOnce = 4;
  let known: (RenewalPolicy & { keepEvents: number }) | undefined;
  let reconciledAt = never;
  let forgottenAt = never;
  let prunedAt = never;
  /** The database was unavailable at the last look. */
  let away = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = true;

  function enqueue(row: RenewalRow, since: Date): void {
    const configId = row.config.id;
    if (queued.has(configId)) return;
    queued.add(configId);
    // The work must not keep the row alive: thousands may wait, and a row holds a document and two tokens.
    const provider = providerHost(row);
    queues.add(hostOf(row), since, (answered, late) => renewOne(configId, provider, answered, late));
  }

  async function renewOne(configId: number, provider: string, answered: () => void, late: () => void) {
    recovery.asked(provider);
    try {
      const { outcome } = await refresh(configId, answered, late);
      if (outcome !== 'renewed') return;
      log.info({ configId }, 'token renewed');
      await recovery.quietly(recovery.succeeded(provider, configId));
    } catch (error) {
      if (isPassing(error)) recovery.failed(provider, configId);
      log.warn({ configId, ...failureFacts(error) }, 'token not renewed');
    } finally {
      queued.delete(configId);
    }
  }

  /** Looks through all rows and stores the states of those that somebody changed. */
  async function takeIn(): Promise<void> {
    const policy = await deps.policy();
    const changes = await renewals.reconcile(clock());
    for (let left = changes; left > 0; left -= batch) await dueBatch.one(policy);
  }
  const takeInNow = createCatchUp(renewals, takeIn);

  /** Has the interval passed? A time in the future comes from a clock that has jumped. */
  const isOver = (since: number, interval: number, now: number) => now - since >= interval || since > now;

  /**
   * Expiries calculated while the clock was ahead are too late by the same amount; the tokens would expire
   * unrenewed.
   */
  async function setBack(by: number): Promise<void> {
    const tokens = await renewals.setBack(clock(), by);
    await renewals.lookAgain(clock());
    log.warn({ seconds: Math.round(by / 1000), tokens }, 'the clock was set back');
  }

  /**
   * Runs the steps before the due list; none of them prevents the due list from being read.
   * @returns codes of failures
   */
  async function prepare(policy: RenewalPolicy & { keepEvents: number }): Promise<(string | null)[]> {
    const now = clock().getTime();
    const failures: (string | null)[] = [];
    if (known && JSON.stringify(known) !== JSON.stringify(policy))
      failures.push(await steps.take('look again', () => renewals.lookAgain(clock())));
    if (failures.every((code) => code === null)) known = policy;
    if (isOver(reconciledAt, RECONCILE, now))
      failures.push(
        await steps.take('changes', async () => {
          const taken = await renewals.reconcile(clock());
          // One look takes in only a part: after many changes, such as an import, the next look continues at
          // once.
          reconciledAt = taken > batch ? never : now;
        }),
      );
    if (isOver(forgottenAt, FORGOTTEN, now))
      failures.push(
        await steps.take('forgotten', async () => {
          await forgotten.look(policy);
          forgottenAt = now;
        }),
      );
    failures.push(await steps.take('providers', () => recovery.probe()));
    return failures;
  }

  async function prune(keepEvents: number): Promise<void> {
    const now = clock().getTime();
    // Removes a part at each look, until nothing is left.
    const removed = await events.prune(new Date(now - keepEvents));
    if (removed === 0) prunedAt = now;
  }

  async function look(): Promise<void> {
    try {
      const failures = [
        await steps.take('journal', replay),
        await steps.take('clock', () => watch.whenSetBack(setBack)),
      ];
      // If the settings cannot be read at the moment, the last ones apply.
      const policy = await deps.policy().catch((error: unknown) => {
        if (known) return known;
        throw error;
      });
      atOnce = policy.requestsPerProvider;
      if (quiet.isOn()) return;
      failures.push(...(await prepare(policy)));
      const wasAway = away;
      away = failures.includes('database-unavailable');
      // Only once: a repeated failure must not prevent the due list from being read.
      if (away && !wasAway) return quiet.begin();
      await dueBatch.all(policy, () => stopped);
      stallWatch.ended();
      await steps.take('changes of state', deps.announce);
      if (isOver(prunedAt, PRUNE, clock().getTime()))
        await steps.take('prune', () => prune(policy.keepEvents));
    } catch (error) {
      quiet.begin();
      log.error({ code: codeOf(error) }, 'due list not read');
    }
  }

  async function sleepFor(): Promise<number> {
    const next = await renewals.nextDue().catch(() => null);
    const until = next === null ? longestSleep : next.getTime() - clock().getTime();
    return Math.min(longestSleep, Math.max(SHORTEST_SLEEP, until));
  }

  function schedule(wait: number): void {
    timer = setTimeout(() => {
      looking = look()
        .then(sleepFor)
        .then((sleep) => {
          looking = undefined;
          if (!stopped) schedule(sleep);
        });
    }, wait);
  }

  function begin(): void {
    stopped = false;
    queued.clear();
    queues.open();
  }

  return {
    /**
     * Runs one look at the due list and waits until everything it started has ended, so that tests need no
     * timers.
     */
    async tick(): Promise<void> {
      if (stopped) begin();
      await look();
      await queues.idle();
    },
    start(): void {
      begin();
      stallWatch.start();
      schedule(0);
    },
    /**
     * Call it before reading a screen that relies on stored states. Never rejects: on failure the states are
     * a few seconds older.
     */
    async catchUp(): Promise<void> {
      if (stopped) return;
      await takeInNow().catch((error) => log.warn({ code: codeOf(error) }, 'changes of others not taken in'));
    },
    /** Since when the renewal that has waited longest has been waiting for its provider; null: none waits. */
    waitingSince: () => queues.waitingSince(),
    /** Seconds since a look at the due list ended; more than a minute means that something hangs. */
    secondsSinceLook: () => stallWatch.seconds(),
    isStalled: () => stallWatch.isStalled(),
    /** How many configurations without a due time were found since the start. */
    forgotten: () => forgotten.total(),
    /** Starts nothing new and waits for what is running, however long that takes. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      stallWatch.stop();
      await Promise.all([looking, queues.close()]);
    },
  };
}
