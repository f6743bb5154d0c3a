import type { Knex } from 'knex';
import type { Tables } from '../tables.js';
import { isIndexThere } from './errors.js';

/** The server cannot roll back a CREATE TABLE, and Knex adds indexes with separate statements. */
export const createOnce: Tables['createOnce'] = async (knex, name, columns) => {
  const [create, ...indexes] = knex.schema
    .createTable(name, (table) => {
      table.engine('InnoDB');
      table.charset('utf8mb4');
      columns(table);
    })
    .toSQL();
  if (create && !(await knex.schema.hasTable(name))) await knex.raw(create.sql);
  await addIndexes(knex, indexes);
};

/** One ALTER TABLE adds all of the columns or none. */
export const alterOnce: Tables['alterOnce'] = async (knex, name, probe, columns) => {
  const [alter, ...indexes] = knex.schema.alterTable(name, columns).toSQL();
  if (alter && !(await knex.schema.hasColumn(name, probe))) await knex.raw(alter.sql);
  await addIndexes(knex, indexes);
};

async function addIndexes(knex: Knex, indexes: { sql: string }[]): Promise<void> {
  for (const { sql } of indexes) {
    await knex.raw(sql).catch((error: unknown) => {
      if (!isIndexThere(error)) throw error;
    });
  }
}
