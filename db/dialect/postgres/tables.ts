import type { Knex } from 'knex';
import type { Tables } from '../tables.js';
import { isCreatedMeanwhile } from './errors.js';
import { tokenParts } from './token-parts.js';

/** All of it or nothing: the server can roll back a change of a table. */
const wholly = (knex: Knex, work: (knex: Knex) => Promise<unknown>): Promise<unknown> =>
  knex.transaction((transaction) => work(transaction));

export const tables: Tables = {
  types: {
    word: (length) => `VARCHAR(${length}) COLLATE "C"`,
    fixedWord: (length) => `VARCHAR(${length}) COLLATE "C"`,
    tinyInteger: 'SMALLINT',
    flag: (condition) => `SMALLINT GENERATED ALWAYS AS (CASE WHEN ${condition} THEN 1 ELSE 0 END) STORED`,
    largeBinary: 'BYTEA',
  },
  rollsBack: true,
  async createOnce(knex, name, columns) {
    if (await knex.schema.hasTable(name)) return;
    await wholly(knex, async (own) => own.schema.createTable(name, columns));
  },
  async alterOnce(knex, name, probe, columns) {
    if (await knex.schema.hasColumn(name, probe)) return;
    await wholly(knex, async (own) => own.schema.alterTable(name, columns));
  },
  async replaceIndex(knex, table, name, columns) {
    await wholly(knex, async (own) => {
      await own.raw('DROP INDEX IF EXISTS ??', [name]);
      await own.schema.alterTable(table, (altered) => altered.index([...columns], name));
    });
  },
  async prepareLease(knex, name) {
    if (!(await knex.schema.hasTable(name)))
      await knex
        .raw(
          `CREATE TABLE IF NOT EXISTS ${name} (
             id INTEGER NOT NULL PRIMARY KEY,
             holder VARCHAR(36) COLLATE "C" NOT NULL,
             lease_until BIGINT NOT NULL
           )`,
        )
        // Even IF NOT EXISTS fails where another process creates it at the same moment.
        .catch((error: unknown) => {
          if (!isCreatedMeanwhile(error)) throw error;
        });
    await knex.raw(`INSERT INTO ${name} (id, holder, lease_until) VALUES (1, '', 0) ON CONFLICT DO NOTHING`);
  },
  tokenParts,
};
