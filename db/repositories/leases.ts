import type { Knex } from 'knex';
import { isBusy } from '../mysql-errors.js';
import { RENEWAL } from './renewal-row.js';

export interface WantedLease {
  configId: number;
  holder: string;
  ttlMs: number;
}

type Lease = 'taken' | 'left-behind' | null;

/** Milliseconds by the server's clock; without an argument, which would bring the session's time zone into it. */
const SERVER_NOW = 'UNIX_TIMESTAMP() * 1000';

/** No lease is given for longer, in milliseconds. */
export const LONGEST_LEASE = 120_000;

/** Nobody holds it now. Only one that ends later than two can was given by a clock that was wrong (a failover). */
export const isFree = (knex: Knex, ttlMs: number) =>
  knex.raw(`(lease_until <= ${SERVER_NOW} OR lease_until > ${SERVER_NOW} + 2 * ?)`, [ttlMs]);

/**
 * By one conditional UPDATE, which works on Galera too: there the loser of two nodes gets a deadlock error. The time is
 * the server's: by the clock of a host that is a little behind, a lease given a moment ago would end too late to be true.
 */
const take = (knex: Knex, ids: number[], { holder, ttlMs }: WantedLease, left: boolean): Promise<number> =>
  knex(RENEWAL)
    .whereIn('token_config_id', ids)
    .where(isFree(knex, ttlMs))
    .whereRaw(`lease_holder IS ${left ? 'NOT ' : ''}NULL`)
    .update({ lease_holder: holder, lease_until: knex.raw(`${SERVER_NOW} + ?`, [ttlMs]) });

async function acquire(knex: Knex, wanted: WantedLease): Promise<Lease> {
  const ids = [wanted.configId];
  if ((await take(knex, ids, wanted, false)) > 0) return 'taken';
  // Its holder never gave it back: it died, perhaps with an answer on its way.
  if ((await take(knex, ids, wanted, true)) > 0) return 'left-behind';
  await knex(RENEWAL).insert({ token_config_id: wanted.configId }).onConflict('token_config_id').ignore();
  return (await take(knex, ids, wanted, false)) > 0 ? 'taken' : null;
}

/**
 * Leases for one holder: a look tells those that somebody holds, and one statement takes those that are free. What bore no
 * name at the look and bears ours now was taken by that very statement, because nobody else takes leases in our name
 * meanwhile.
 * @returns of those that are settled by that; one that was left behind, or has no row yet, is not
 */
async function acquireFree(
  knex: Knex,
  wanted: WantedLease[],
  first: WantedLease,
): Promise<Map<number, Lease>> {
  const rows: { id: number; holder: string | null; free: number }[] = await knex(RENEWAL)
    .whereIn(
      'token_config_id',
      wanted.map(({ configId }) => configId),
    )
    .select({ id: 'token_config_id', holder: 'lease_holder', free: isFree(knex, first.ttlMs) });
  const leases = new Map<number, Lease>(
    rows.filter(({ free }) => Number(free) === 0).map(({ id }) => [id, null]),
  );
  const free = rows.filter((row) => Number(row.free) === 1 && row.holder === null).map(({ id }) => id);
  if (free.length === 0) return leases;
  // One that is locked keeps them all: those that follow are asked for one by one.
  const taken = await take(knex, free, first, false).catch(lost);
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
export async function acquireAll(knex: Knex, wanted: WantedLease[]): Promise<Lease[]> {
  const [first] = wanted;
  if (!first) return [];
  const alike = wanted.filter(({ holder, ttlMs }) => holder === first.holder && ttlMs === first.ttlMs);
  const settled = wanted.length > 1 ? await acquireFree(knex, alike, first) : new Map<number, Lease>();
  const leases: Lease[] = [];
  for (const one of wanted) {
    const lease = alike.includes(one) ? settled.get(one.configId) : undefined;
    // The second of two for the same configuration has to ask.
    if (lease === 'taken') settled.delete(one.configId);
    leases.push(lease === undefined ? await acquire(knex, one).catch(nobody) : lease);
  }
  return leases;
}

/** Two at the very same moment can stand in each other's way, or somebody holds a row locked: nothing is taken. */
function lost(error: unknown): 0 {
  if (isBusy(error)) return 0;
  throw error;
}

/** Whose row is locked counts as held, so that it costs nobody else the lease; it is asked for again. */
function nobody(error: unknown): null {
  if (isBusy(error)) return null;
  throw error;
}
