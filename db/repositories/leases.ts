import type { Knex } from 'knex';
import type { AbandonedLease, RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import { together } from '../../plugin/lib/together.js';
import type { Database } from '../database.js';
import type { Dialect } from '../dialect/dialect.js';
import { RENEWAL } from './renewal-table.js';

interface WantedLease {
  configId: number;
  holder: string;
  ttlMs: number;
}

type Lease = 'taken' | AbandonedLease | null;

/** No lease is given for longer, in milliseconds. */
export const LONGEST_LEASE = 120_000;

/** Nobody holds it now. Only one that ends later than two can was given by a clock that was wrong (a failover). */
export const isFree = (knex: Knex, { expressions: { secondNow } }: Dialect, ttlMs: number) =>
  knex.raw(`(lease_until <= ${secondNow} OR lease_until > ${secondNow} + 2 * ?)`, [ttlMs]);

/** The end of a lease that begins now. */
const endOf = (knex: Knex, { expressions: { secondNow } }: Dialect, ttlMs: number) =>
  knex.raw(`${secondNow} + ?`, [ttlMs]);

/**
 * By one conditional UPDATE, which works on Galera too: there the loser of two nodes gets a deadlock error. The time is
 * the server's: by the clock of a host that is a little behind, a lease given a moment ago would end too late to be true.
 */
const take = (knex: Knex, dialect: Dialect, ids: number[], { holder, ttlMs }: WantedLease): Promise<number> =>
  knex(RENEWAL)
    .whereIn('token_config_id', ids)
    .where(isFree(knex, dialect, ttlMs))
    .whereNull('lease_holder')
    .update({ lease_holder: holder, lease_until: endOf(knex, dialect, ttlMs) });

async function acquire(knex: Knex, dialect: Dialect, wanted: WantedLease): Promise<Lease> {
  const ids = [wanted.configId];
  if ((await take(knex, dialect, ids, wanted)) > 0) return 'taken';
  const row = await knex(RENEWAL)
    .where({ token_config_id: wanted.configId })
    .where(isFree(knex, dialect, wanted.ttlMs))
    .whereNotNull('lease_holder')
    .first('lease_holder', 'lease_until');
  if (row) {
    const until = Number(row.lease_until);
    return { holder: row.lease_holder, endedAt: until === 0 ? null : new Date(until) };
  }
  const missing = { token_config_id: wanted.configId };
  await dialect.statements.insertMissing(knex, RENEWAL, missing, 'token_config_id');
  return (await take(knex, dialect, ids, wanted)) > 0 ? 'taken' : null;
}

/** @returns false: it is not that holder's any more, or not abandoned any more */
async function takeOver(
  knex: Knex,
  dialect: Dialect,
  from: AbandonedLease,
  wanted: WantedLease,
): Promise<boolean> {
  const { configId, holder, ttlMs } = wanted;
  const taken = await knex(RENEWAL)
    .where({ token_config_id: configId, lease_holder: from.holder })
    .where(isFree(knex, dialect, ttlMs))
    .update({ lease_holder: holder, lease_until: endOf(knex, dialect, ttlMs) })
    .catch(orWhenBusy(dialect, 0));
  return taken > 0;
}

/** @returns for each whether it is still its holder's: one that ended by time is given again where nobody has taken it */
async function extendAll(knex: Knex, dialect: Dialect, wanted: WantedLease[]): Promise<boolean[]> {
  const longest = Math.max(...wanted.map(({ ttlMs }) => ttlMs));
  const pairs = wanted.map(({ configId, holder }) => [configId, holder]);
  await knex(RENEWAL)
    .whereIn(['token_config_id', 'lease_holder'], pairs as never)
    .update({ lease_until: endOf(knex, dialect, longest) });
  const rows: { id: number; holder: string }[] = await knex(RENEWAL)
    .whereIn(['token_config_id', 'lease_holder'], pairs as never)
    .select({ id: 'token_config_id', holder: 'lease_holder' });
  const held = new Set(rows.map(({ id, holder }) => `${id} ${holder}`));
  return wanted.map(({ configId, holder }) => held.has(`${configId} ${holder}`));
}

/**
 * Leases for one holder: a look tells those that somebody holds, and one statement takes those that are free. What bore no
 * name at the look and bears ours now was taken by that very statement, because nobody else takes leases in our name
 * meanwhile.
 * @returns of those that are settled by that; one that was left behind, or has no row yet, is not
 */
async function acquireFree(
  knex: Knex,
  dialect: Dialect,
  wanted: WantedLease[],
  first: WantedLease,
): Promise<Map<number, Lease>> {
  const rows: { id: number; holder: string | null; free: number }[] = await knex(RENEWAL)
    .whereIn(
      'token_config_id',
      wanted.map(({ configId }) => configId),
    )
    .select({ id: 'token_config_id', holder: 'lease_holder', free: isFree(knex, dialect, first.ttlMs) });
  const leases = new Map<number, Lease>(
    rows.filter(({ free }) => Number(free) === 0).map(({ id }) => [id, null]),
  );
  const free = rows.filter((row) => Number(row.free) === 1 && row.holder === null).map(({ id }) => id);
  if (free.length === 0) return leases;
  // One that is locked keeps them all: those that follow are asked for one by one.
  const taken = await take(knex, dialect, free, first).catch(orWhenBusy(dialect, 0));
  const ours: number[] =
    taken === free.length
      ? free
      : await knex(RENEWAL)
          .whereIn('token_config_id', free)
          .where({ lease_holder: first.holder })
          .pluck('token_config_id');
  for (const id of ours) leases.set(id, 'taken');
  return leases;
}

/** One after the other for the few that are neither free nor held. Never two calls at a time for one holder. */
async function acquireAll(knex: Knex, dialect: Dialect, wanted: WantedLease[]): Promise<Lease[]> {
  const [first] = wanted;
  if (!first) return [];
  const alike = wanted.filter(({ holder, ttlMs }) => holder === first.holder && ttlMs === first.ttlMs);
  const settled =
    wanted.length > 1 ? await acquireFree(knex, dialect, alike, first) : new Map<number, Lease>();
  const leases: Lease[] = [];
  for (const one of wanted) {
    const lease = alike.includes(one) ? settled.get(one.configId) : undefined;
    // The second of two for the same configuration has to ask.
    if (lease === 'taken') settled.delete(one.configId);
    // Whose row is locked counts as held, so that it costs nobody else the lease; it is asked for again.
    leases.push(
      lease === undefined ? await acquire(knex, dialect, one).catch(orWhenBusy(dialect, null)) : lease,
    );
  }
  return leases;
}

/** Two at the very same moment can stand in each other's way, or somebody holds a row locked: nothing is taken. */
const orWhenBusy =
  <T>({ errors }: Dialect, nothing: T) =>
  (error: unknown): T => {
    if (errors.isBusy(error)) return nothing;
    throw error;
  };

type Leases = Pick<RenewalStore, 'acquire' | 'takeOver' | 'extend' | 'release'>;

/** Who renews a configuration now. What many ask for in the same moment is done together. */
export function createLeases(db: Database): Leases {
  const lease = together((wanted: WantedLease[]) =>
    db.run('renewals.acquire', (knex, dialect) => acquireAll(knex, dialect, wanted)),
  );
  const extend = together((wanted: WantedLease[]) =>
    db.run('renewals.extend', (knex, dialect) => extendAll(knex, dialect, wanted)),
  );

  return {
    acquire: (configId, holder, ttlMs) => lease({ configId, holder, ttlMs }),

    takeOver: (configId, from, holder, ttlMs) =>
      db.run('renewals.take-over', (knex, dialect) =>
        takeOver(knex, dialect, from, { configId, holder, ttlMs }),
      ),

    extend: (configId, holder, ttlMs) => extend({ configId, holder, ttlMs }),

    release: (configId, holder, unsettled = false) =>
      db.run('renewals.release', async (knex) => {
        await knex(RENEWAL)
          .where({ token_config_id: configId, lease_holder: holder })
          .update({ lease_holder: unsettled ? holder : null, lease_until: 0 });
      }),
  };
}
