import type { Knex } from 'knex';
import { listOf } from '../list.js';
import type { Statements } from '../statements.js';
import { isForeignKey } from './errors.js';
import { lastWrite } from './last-write.js';

/** An error ends a whole transaction here, so a statement that may fail gets a savepoint. */
const apart = <T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> =>
  knex.isTransaction ? knex.transaction((savepoint) => work(savepoint)) : work(knex);

/** Statements of one transaction: that of `knex`, or one of their own. */
const together = <T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> =>
  knex.isTransaction ? work(knex) : knex.transaction((transaction) => work(transaction));

export const statements: Statements = {
  async rows(knex, sql, bindings = []) {
    const { rows } = await knex.raw(sql, bindings as Knex.RawBinding[]);
    return rows;
  },
  async change(knex, sql, bindings = []) {
    const { rowCount } = await knex.raw(sql, bindings as Knex.RawBinding[]);
    return rowCount;
  },
  joinedUpdate(knex, { table, alias, key, ids, from, on, set, where = 'TRUE', bindings }) {
    const assignments = Object.entries(set).map(([column, value]) => `${column} = ${value}`);
    const these = listOf(ids);
    return together(knex, async (own) => {
      // An UPDATE that waits for a row sees the new row beside the other tables as they were before the wait. A statement
      // that begins after the wait sees all of them as they are.
      await own(table).select(key).whereIn(key, ids).orderBy(key).forUpdate();
      return statements.change(
        own,
        `UPDATE ${table} ${alias} SET ${assignments.join(', ')} FROM ${from}
         WHERE ${on} AND ${alias}.${key} IN ${these.sql} AND (${where})`,
        [...bindings.set, ...these.bindings, ...(bindings.where ?? [])],
      );
    });
  },
  async insertMissing(knex, table, rows, key) {
    const add = (some: typeof rows) =>
      apart(knex, async (own) => void (await own(table).insert(some).onConflict(key).ignore()));
    // ON CONFLICT skips only what a unique key refuses.
    const unlessParentMissing = (error: unknown): void => {
      if (!isForeignKey(error)) throw error;
    };
    const all = [rows].flat();
    await add(all).catch(async (error: unknown) => {
      unlessParentMissing(error);
      if (all.length > 1) for (const row of all) await add(row).catch(unlessParentMissing);
    });
  },
  async upsert(knex, table, row, key) {
    await knex(table).insert(row).onConflict(key).merge();
  },
  async insertNew(knex, table, row) {
    const [made] = await knex(table).insert(row).returning('id');
    return made.id;
  },
  // The condition stays beside the list, so that a row that another transaction has changed meanwhile is judged again.
  atMost(query, count, key) {
    const first = query.clone().select(key).limit(count).forUpdate().skipLocked();
    // As an array, the list is determined once; a plan for IN may determine it again for each row.
    return query.clearOrder().whereRaw('?? = ANY (ARRAY ?)', [key, first]);
  },
  lastWrite,
  async uptime(knex) {
    const { rows } = await knex.raw(
      `SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) AS seconds,
         (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint::text AS server`,
    );
    return { seconds: Math.floor(Number(rows[0].seconds)), server: rows[0].server };
  },
};
