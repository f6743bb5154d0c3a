import type { Knex } from 'knex';
import { mysqlCode } from '../mysql-errors.js';
import { RENEWAL } from './renewal-row.js';

export interface WantedLease {
  configId: number;
  holder: string;
  ttlMs: number;
}

type Lease = 'taken' | 'left-behind' | null;

/** Milliseconds by the server's clock; without an argument, which would bring the session's time zone into it. */
const SERVER_NOW = 'UNIX_TIMESTAMP() * 1000';

/**
 * By one conditional UPDATE, which works on Galera too: there the loser of two nodes gets a deadlock error. The time is
 * the server's: by the clock of a host that is a little behind, a lease given a moment ago would end too late to be
 * true. Only one that ends later than two can was given by a clock that was wrong (another node after a failover).
 */
const take = (knex: Knex, ids: number[], { holder, ttlMs }: WantedLease, left: boolean): Promise<number> =>
  knex(RENEWAL)
    .whereIn('token_config_id', ids)
    .whereRaw(`(lease_until <= ${SERVER_NOW} OR lease_until > ${SERVER_NOW} + 2 * ?)`, [ttlMs])
    .whereRaw(`lease_holder IS ${left ? 'NOT ' : ''}NULL`)
    .update({ lease_holder: holder, lease_until: knex.raw(`${SERVER_NOW} + ?`, [ttlMs]) })
    .catch(lost);

async function acquire(knex: Knex, wanted: WantedLease): Promise<Lease> {
  const ids = [wanted.configId];
  if ((await take(knex, ids, wanted, false)) > 0) return 'taken';
  // Its holder never gave it back: it died, perhaps with an answer on its way.
  if ((await take(knex, ids, wanted, true)) > 0) return 'left-behind';
  await knex(RENEWAL).insert({ token_config_id: wanted.configId }).onConflict('token_config_id').ignore();
  return (await take(knex, ids, wanted, false)) > 0 ? 'taken' : null;
}

/**
 * Leases for one holder, nearly all of which are free: one statement takes them. What bore no name a moment before and
 * bears ours now was taken by that very statement, because nobody else takes leases in our name meanwhile.
 * @returns those that were taken
 */
async function takeFree(knex: Knex, wanted: WantedLease[]): Promise<Set<number>> {
  const [first] = wanted;
  if (!first) return new Set();
  const named = (ids: number[], holder: string | null): Promise<number[]> =>
    knex(RENEWAL).whereIn('token_config_id', ids).where({ lease_holder: holder }).pluck('token_config_id');
  const free = await named(
    wanted.map(({ configId }) => configId),
    null,
  );
  if (free.length === 0) return new Set();
  const taken = await take(knex, free, first, false);
  return new Set(taken === free.length ? free : await named(free, first.holder));
}

/** One after the other for those that are not simply free. Never two calls at a time for one holder. */
export async function acquireAll(knex: Knex, wanted: WantedLease[]): Promise<Lease[]> {
  const [first] = wanted;
  const alike = wanted.filter(({ holder, ttlMs }) => holder === first?.holder && ttlMs === first?.ttlMs);
  const taken = wanted.length > 1 ? await takeFree(knex, alike) : new Set<number>();
  const leases: Lease[] = [];
  for (const one of wanted) {
    // The second of two for the same configuration has to ask.
    const isOurs = alike.includes(one) && taken.delete(one.configId);
    leases.push(isOurs ? 'taken' : await acquire(knex, one));
  }
  return leases;
}

/** Two at the very same moment can stand in each other's way; the server picks one, and this is the other. */
function lost(error: unknown): 0 {
  if (mysqlCode(error) === 'ER_LOCK_DEADLOCK') return 0;
  throw error;
}
