import type { Statements } from '../statements.js';

/** The server and its snapshot: which transactions are visible. Equal exactly if nobody has committed anything since. */
const SNAPSHOT = "CONCAT_WS(' ', pg_postmaster_start_time(), pg_current_snapshot())";

interface Known {
  tables: string;
  snapshot: string;
  at: string;
}

/** The last answer for each pool. */
const known = new WeakMap<object, Known>();

/**
 * The server notes no time of the last write. Its counters (pg_stat_user_tables) lag up to a minute behind, and
 * triggers on the helpdesk's tables are out of the question. But it keeps, in the head of each row, which transaction
 * has written it: a digest over place and transaction of all rows differs after every change, and reads no column.
 * Even that is needed only if anybody has written anything on this server since: otherwise its snapshot is the same.
 */
export const lastWrite: Statements['lastWrite'] = async (knex, _database, tables) => {
  const names = tables.join(' ');
  const pool: object = knex.client.pool ?? knex.client;
  const before = known.get(pool);
  const earlier = before?.tables === names ? before.snapshot : '';
  const digests = tables.map(
    () => "(SELECT CONCAT_WS(' ', COUNT(*), SUM(hashtextextended(CONCAT_WS(' ', ctid, xmin), 0))) FROM ??)",
  );
  const { rows } = await knex.raw(
    `SELECT ${SNAPSHOT} AS snapshot,
       CASE WHEN ${SNAPSHOT} = ? THEN NULL ELSE CONCAT_WS('/', ${digests.join(', ')}) END AS at`,
    [earlier, ...tables],
  );
  const [{ snapshot, at }] = rows as { snapshot: string; at: string | null }[] as [Known];
  const current = { tables: names, snapshot, at: at ?? before?.at ?? '' };
  known.set(pool, current);
  return { at: current.at, over: true };
};
