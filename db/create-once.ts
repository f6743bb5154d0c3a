import type { Knex } from 'knex';
import { mysqlCode } from './mysql-errors.js';

/**
 * Creates a table of ours as far as a run that was interrupted has not done so already: MySQL cannot take a CREATE TABLE
 * back, and Knex adds indexes by statements of their own, so every step of a migration must stand being run again.
 */
export async function createOnce(
  knex: Knex,
  name: string,
  columns: (table: Knex.CreateTableBuilder) => void,
): Promise<void> {
  const [create, ...indexes] = knex.schema
    .createTable(name, (table) => {
      table.engine('InnoDB');
      table.charset('utf8mb4');
      columns(table);
    })
    .toSQL();
  if (create && !(await knex.schema.hasTable(name))) await knex.raw(create.sql);
  for (const { sql } of indexes) {
    await knex.raw(sql).catch((error: unknown) => {
      if (mysqlCode(error) !== 'ER_DUP_KEYNAME') throw error;
    });
  }
}
