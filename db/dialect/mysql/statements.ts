import type { Knex } from 'knex';
import { listOf } from '../list.js';
import type { Statements } from '../statements.js';

export const statements: Statements = {
  async rows(knex, sql, bindings = []) {
    const [rows] = await knex.raw(sql, bindings as Knex.RawBinding[]);
    return rows;
  },
  async change(knex, sql, bindings = []) {
    const [{ affectedRows }] = await knex.raw(sql, bindings as Knex.RawBinding[]);
    return affectedRows;
  },
  joinedUpdate(knex, { table, alias, key, ids, from, on, set, where = 'TRUE', bindings }) {
    const assignments = Object.entries(set).map(([column, value]) => `${alias}.${column} = ${value}`);
    const these = listOf(ids);
    return statements.change(
      knex,
      `UPDATE ${table} ${alias} JOIN (${from}) ON ${on} SET ${assignments.join(', ')}
       WHERE ${alias}.${key} IN ${these.sql} AND (${where})`,
      [...bindings.set, ...these.bindings, ...(bindings.where ?? [])],
    );
  },
  async insertMissing(knex, table, rows, key) {
    await knex(table).insert(rows).onConflict(key).ignore();
  },
  async upsert(knex, table, rows, key) {
    // Deleting first would lock the gap, and two transactions would wait for each other.
    await knex(table).insert(rows).onConflict(key).merge();
  },
  async insertNew(knex, table, row) {
    const [id] = await knex(table).insert(row);
    return id as number;
  },
  atMost: (query, count) => query.limit(count),
  // InnoDB sets UPDATE_TIME by a clock that may lag some milliseconds behind NOW(), and MariaDB by the time
  // at which the transaction began. So a second counts as over only after another one has passed.
  async lastWrite(knex, database, tables) {
    const names = listOf(tables.map(({ name }) => name));
    const [[row]] = await knex.raw(
      `SELECT MAX(UPDATE_TIME) AS at, MAX(UPDATE_TIME) < NOW() - INTERVAL 1 SECOND AS is_over
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN ${names.sql}`,
      [database, ...names.bindings],
    );
    return { at: row.at, over: row.at === null || Number(row.is_over) === 1 };
  },
  async uptime(knex) {
    const [[row]] = await knex.raw("SHOW GLOBAL STATUS LIKE 'Uptime'");
    return { seconds: Number(row.Value), server: '' };
  },
};
