import type { Knex } from 'knex';
import type { Statements } from '../statements.js';

/** The server, and which transactions are visible. Both are equal exactly if nobody has committed anything since. */
const START = 'CAST(pg_postmaster_start_time() AS TEXT)';
const SNAPSHOT = 'CAST(pg_current_snapshot() AS TEXT)';
/** Row heads have 32 of the 64 bits of a transaction's number, so they only order numbers that are close together. */
const CLOSE = 2 ** 30;

interface Look {
  start: string;
  snapshot: string;
  /** Number of the oldest transaction that was running when the rows became known. */
  base: string;
  /** How many transactions have begun since, at most. */
  distance: string;
  /** What `digestOf` returns for each table; null: the snapshot is the same. */
  digests: string | null;
}

interface Known extends Omit<Look, 'distance'> {
  tables: string;
  at: string;
}

/** The last answer for each pool. */
const known = new WeakMap<object, Known>();
/** Never the same twice in a process, so that two simultaneous looks cannot give two changes the same text. */
let changes = 0;

/**
 * How many rows a table has, and a checksum over place and transaction of the rows that a transaction with the number of
 * the base or a later one has written. Whoever inserts or updates a row after the base has such a number; whoever deletes
 * one changes the count. To compare a number takes a fraction of the time of a checksum, and few rows need one.
 */
const digestOf = (base: string): string => `(SELECT CONCAT_WS(' ', COUNT(*),
  SUM(hashtextextended(CONCAT_WS(' ', ctid, xmin), 0)) FILTER (WHERE age(xmin) <= (SELECT age(${base})))) FROM ??)`;

/** @param before what to compare with; without it, the base is the oldest transaction that is running now */
async function look(knex: Knex, tables: readonly string[], before?: Known): Promise<Look> {
  const base = 'CAST(CAST((SELECT base FROM look) AS xid8) AS xid)';
  const { rows } = await knex.raw(
    `WITH look AS MATERIALIZED (SELECT ${START} AS start, ${SNAPSHOT} AS snapshot,
       COALESCE(CAST(? AS TEXT), CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT)) AS base)
     SELECT start, snapshot, base,
       CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS NUMERIC) - CAST(base AS NUMERIC) AS distance,
       CASE WHEN start = ? AND snapshot = ? THEN NULL
         ELSE CONCAT_WS('/', ${tables.map(() => digestOf(base)).join(', ')}) END AS digests
     FROM look`,
    [before?.base ?? null, before?.start ?? '', before?.snapshot ?? '', ...tables],
  );
  return rows[0];
}

/**
 * The server records no time of the last write. Its counters (pg_stat_user_tables) lag up to a minute behind, and
 * triggers on the helpdesk's tables are out of the question. But it stores, in the head of each row, which transaction
 * has written it: the heads of all rows together differ after every change, and no column is read. Even that is
 * needed only if anybody has committed anything on this server since: otherwise its snapshot is the same.
 *
 * A transaction becomes visible as a whole when it leaves the list of running ones, so one that was running, or prepared,
 * when the base was taken has the number of the base or a later one, as do its subtransactions. A program that rewrites
 * a table (VACUUM FULL) moves rows: at worst that counts as a change.
 */
export const lastWrite: Statements['lastWrite'] = async (knex, _database, tables) => {
  const names = tables.join(' ');
  const pool: object = knex.client.pool ?? knex.client;
  const last = known.get(pool);
  const before = last?.tables === names ? last : undefined;
  const now = await look(knex, tables, before);
  if (before && now.start === before.start && Number(now.distance) < CLOSE) {
    if (now.digests === null || now.digests === before.digests) {
      known.set(pool, { ...before, snapshot: now.snapshot });
      return { at: before.at, over: true };
    }
  }
  // The new base makes the rows that have just changed old ones. Whoever asked reads the rows after this.
  const { distance: _none, ...current } = before ? await look(knex, tables) : now;
  const at = `change ${++changes}`;
  known.set(pool, { ...current, tables: names, at });
  return { at, over: true };
};
