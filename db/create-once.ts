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
  await addIndexes(knex, indexes);
}

/**
 * Adds columns and their indexes to a table of ours, as far as it has not been done already.
 * @param probe the first of the columns: one ALTER TABLE adds all of them or none
 */
export async function alterOnce(
  knex: Knex,
  name: string,
  probe: string,
  columns: (table: Knex.AlterTableBuilder) => void,
): Promise<void> {
  const [alter, ...indexes] = knex.schema.alterTable(name, columns).toSQL();
  if (alter && !(await knex.schema.hasColumn(name, probe))) await knex.raw(alter.sql);
  await addIndexes(knex, indexes);
}

async function addIndexes(knex: Knex, indexes: { sql: string }[]): Promise<void> {
  for (const { sql } of indexes) {
    await knex.raw(sql).catch((error: unknown) => {
      if (mysqlCode(error) !== 'ER_DUP_KEYNAME') throw error;
    });
  }
}
