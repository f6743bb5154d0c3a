import type { Knex } from 'knex';
import type { Statements } from '../statements.js';
import { isForeignKey } from './errors.js';
import { lastWrite } from './last-write.js';

/** An error ends a whole transaction here, so a statement that may fail gets a savepoint. */
const apart = <T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T> =>
  knex.isTransaction ? knex.transaction((savepoint) => work(savepoint)) : work(knex);

export const statements: Statements = {
  async rows(knex, sql, bindings = []) {
    const { rows } = await knex.raw(sql, bindings as Knex.RawBinding[]);
    return rows;
  },
  async change(knex, sql, bindings = []) {
    const { rowCount } = await knex.raw(sql, bindings as Knex.RawBinding[]);
    return rowCount;
  },
  joinedUpdate({ table, alias, from, on, set, where }) {
    const assignments = Object.entries(set).map(([column, value]) => `${column} = ${value}`);
    return `UPDATE ${table} ${alias} SET ${assignments.join(', ')} FROM (${from}) WHERE ${on} AND (${where})`;
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
      'SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) AS seconds',
    );
    return Math.max(0, Math.floor(Number(rows[0].seconds)));
  },
};
