import type { Knex } from 'knex';
import type { Statements, WatchedTable } from '../statements.js';

/**
 * The server, and which transactions are visible. Both are equal exactly if nobody has committed anything since. A standby
 * leaves running transactions out of the text, so there the text says nothing.
 */
const START = 'CAST(pg_postmaster_start_time() AS TEXT)';
const SNAPSHOT = 'CAST(pg_current_snapshot() AS TEXT)';
/** The oldest transaction that is running, and the first that has not begun yet. */
const [OLDEST, NEXT] = ['xmin', 'xmax'].map(
  (end) => `CAST(pg_snapshot_${end}(pg_current_snapshot()) AS TEXT)`,
);
/** Row heads have 32 of the 64 bits of a transaction's number, so they only order numbers that are close together. */
const CLOSE = 2 ** 30;
/** The most keys to return: whoever needs more reads all rows faster. */
const MOST_KEYS = 1000;

interface Look {
  start: string;
  snapshot: string;
  /** Number of the oldest transaction that was running when the rows became known. */
  base: string;
  /** How many rows each table has, and a checksum of those that the base or a later transaction has written. */
  digest: string;
}

interface Known extends Look {
  tables: string;
  at: string;
}

/** The answer of a look. `digest`: as it is now for the new base; null, as all that follows: the snapshot is the same. */
interface Answer extends Omit<Look, 'digest'> {
  /** The former base; null if there is none, or if the server cannot compare with it. */
  before: string | null;
  /** For the former base, to be compared with the former digest. */
  now: string | null;
  digest: string | null;
  /** Keys of the rows written since the former base. */
  written: number[] | null;
}

/** The last answer for each pool. */
const known = new WeakMap<object, Known>();
/** Never the same twice in a process, so that two simultaneous looks cannot give two changes the same text. */
let changes = 0;

/** A condition: the row was written by the transaction with this number, or by one that began later. */
const since = (number: string): string =>
  `age(xmin) <= (SELECT age(CAST(CAST(${number} AS xid8) AS xid)) FROM look)`;

/**
 * Whoever inserts or updates a row after the base was taken has its number or a later one; whoever deletes one changes
 * the number of rows. To compare a number takes a fraction of the time of a checksum, and few rows need one. One
 * statement, so that all of it describes the same moment.
 *
 * Reading the heads is nearly all of the cost, so each table is read once: rows and young rows are counted together.
 * Only a table that has young rows is read again for them.
 */
async function look(knex: Knex, tables: readonly WatchedTable[], last?: Known): Promise<Answer> {
  const youngRow = since('COALESCE(before, base)');
  const counted = tables.map(
    (_table, number) =>
      `SELECT ${number} AS number, COUNT(*) AS rows, COUNT(*) FILTER (WHERE ${youngRow}) AS young FROM ??`,
  );
  const young = tables.map(
    ({ key }, number) =>
      `SELECT ${key === null ? 'NULL' : 'CAST(?? AS INTEGER)'} AS key, ${since('base')} AS is_new,
         hashtextextended(CONCAT_WS(' ', ${number}, ctid, xmin), 0) AS hash
       FROM ?? WHERE (SELECT young > 0 FROM counted WHERE number = ${number}) AND ${youngRow}`,
  );
  const rows = "(SELECT STRING_AGG(CAST(rows AS TEXT), '/' ORDER BY number) FROM counted)";
  const result = await knex.raw(
    `WITH last AS (SELECT CAST(? AS TEXT) AS start, CAST(? AS TEXT) AS snapshot, CAST(? AS TEXT) AS base),
     look AS MATERIALIZED (SELECT ${START} AS start, ${SNAPSHOT} AS snapshot, ${OLDEST} AS base,
       CASE WHEN start = ${START} AND CAST(${NEXT} AS NUMERIC) - CAST(base AS NUMERIC) < ${CLOSE} THEN base END AS before,
       COALESCE(start = ${START} AND snapshot = ${SNAPSHOT} AND NOT pg_is_in_recovery(), FALSE) AS same FROM last),
     counted AS MATERIALIZED (${counted.join(' UNION ALL ')}),
     young AS MATERIALIZED (${young.join(' UNION ALL ')})
     SELECT start, snapshot, base, before,
       CASE WHEN NOT same THEN CONCAT_WS(' ', ${rows}, (SELECT SUM(hash) FROM young)) END AS now,
       CASE WHEN NOT same THEN CONCAT_WS(' ', ${rows}, (SELECT SUM(hash) FROM young WHERE is_new)) END AS digest,
       CASE WHEN NOT same
         THEN ARRAY(SELECT DISTINCT key FROM young WHERE key IS NOT NULL LIMIT ${MOST_KEYS}) END AS written
     FROM look`,
    [
      ...[last?.start ?? null, last?.snapshot ?? null, last?.base ?? null],
      ...tables.map(({ name }) => name),
      ...tables.flatMap(({ name, key }) => (key === null ? [name] : [key, name])),
    ],
  );
  return result.rows[0];
}

/**
 * The server records no time of the last write. Its counters (pg_stat_user_tables) lag up to a minute behind, and
 * triggers on the helpdesk's tables are out of the question. But it stores, in the head of each row, which transaction
 * has written it: the heads of all rows together differ after every change, and no column but the key is read. Even that
 * is needed only if anybody has committed anything on this server since: otherwise its snapshot is the same.
 *
 * A transaction becomes visible as a whole when it leaves the list of running ones, so one that was running, or prepared,
 * when the base was taken has the number of the base or a later one, as do its subtransactions. A program that rewrites
 * a table (VACUUM FULL) moves rows: at worst that counts as a change.
 */
export const lastWrite: Statements['lastWrite'] = async (knex, _database, tables) => {
  const names = tables.map(({ name }) => name).join(' ');
  const pool: object = knex.client.pool ?? knex.client;
  const any = known.get(pool);
  const last = any?.tables === names ? any : undefined;
  const { start, snapshot, base, before, now, digest, written } = await look(knex, tables, last);
  if (last && (digest === null || (before !== null && now === last.digest))) {
    known.set(pool, { ...last, snapshot });
    return { at: last.at, over: true, written: [] };
  }
  // The new base makes the rows that have just changed old ones. Whoever asked reads the rows after this.
  const at = `change ${++changes}`;
  known.set(pool, { start, snapshot, base, digest: digest ?? '', tables: names, at });
  const isWhole = before !== null && written !== null && written.length < MOST_KEYS;
  return { at, over: true, written: isWhole ? written : undefined };
};
