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

/** The longest duration of a lease, in milliseconds. */
export const LONGEST_LEASE = 120_000;

/**
 * No process holds the lease now. A lease that expires later than two full durations from now was given by a
 * wrong clock (a failover) and counts as free.
 */
export const isFree = (knex: Knex, { expressions: { secondNow } }: Dialect, ttlMs: number) =>
  knex.raw(`(lease_until <= ${secondNow} OR lease_until > ${secondNow} + 2 * ?)`, [ttlMs]);

/** The expiry of a lease that begins now. */
const endOf = (knex: Knex, { expressions: { secondNow } }: Dialect, ttlMs: number) =>
  knex.raw(`${secondNow} + ?`, [ttlMs]);

/**
 * Takes leases with one conditional UPDATE, which also works on Galera: there the loser of two nodes gets a
 * deadlock error. The time is the server's: by a slow host's clock, a new lease would seem to expire
 * implausibly late.
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

/** @returns false: the lease no longer belongs to that holder, or is no longer abandoned */
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

/**
 * @returns for each lease whether its holder still has it; an expired one that nobody has taken is extended
 *   again
 */
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
 * Acquires leases for one holder: a query shows which are held, and one statement takes the free ones. A row
 * without a holder in the query that has ours now was taken by that statement, because no other call takes
 * leases in our name at the same time.
 * @returns the settled leases; an abandoned one, or one without a row, is not among them
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
  // A single locked row blocks them all: they are then acquired one by one.
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

/**
 * Acquires the few that are neither free nor held one after another. Never runs twice at a time for one
 * holder.
 */
async function acquireAll(knex: Knex, dialect: Dialect, wanted: WantedLease[]): Promise<Lease[]> {
  const [first] = wanted;
  if (!first) return [];
  const alike = wanted.filter(({ holder, ttlMs }) => holder === first.holder && ttlMs === first.ttlMs);
  const settled =
    wanted.length > 1 ? await acquireFree(knex, dialect, alike, first) : new Map<number, Lease>();
  const leases: Lease[] = [];
  for (const one of wanted) {
    const lease = alike.includes(one) ? settled.get(one.configId) : undefined;
    // The second of two requests for the same configuration must acquire it itself.
    if (lease === 'taken') settled.delete(one.configId);
    // A locked row counts as held, so that it does not cost the others their leases; it is requested again
    // later.
    leases.push(
      lease === undefined ? await acquire(knex, dialect, one).catch(orWhenBusy(dialect, null)) : lease,
    );
  }
  return leases;
}

/** Two statements at the same moment can block each other, or a row is locked: then nothing is taken. */
const orWhenBusy =
  <T>({ errors }: Dialect, nothing: T) =>
  (error: unknown): T => {
    if (errors.isBusy(error)) return nothing;
    throw error;
  };

type Leases = Pick<RenewalStore, 'acquire' | 'takeOver' | 'extend' | 'release'>;

/** Stores which process renews a configuration. Batches concurrent requests. */
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
