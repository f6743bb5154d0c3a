import type { Tables } from '../tables.js';
import { alterOnce, createOnce } from './create-once.js';
import { tokenParts } from './token-parts.js';

export const tables: Tables = {
  types: {
    word: (length) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`,
    fixedWord: (length) => `CHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`,
    tinyInteger: 'TINYINT',
    flag: (condition) => `TINYINT GENERATED ALWAYS AS (${condition}) STORED`,
    largeBinary: 'MEDIUMBLOB',
  },
  rollsBack: false,
  createOnce,
  alterOnce,
  async replaceIndex(knex, table, name, columns) {
    // One statement, after which there is either the old index or the new one.
    await knex.raw(`ALTER TABLE ?? DROP INDEX ??, ADD INDEX ?? (${columns.map(() => '??').join(', ')})`, [
      table,
      name,
      name,
      ...columns,
    ]);
  },
  async prepareLease(knex, name) {
    if (!(await knex.schema.hasTable(name)))
      await knex.raw(
        `CREATE TABLE IF NOT EXISTS ${name} (
           id INT NOT NULL PRIMARY KEY,
           holder CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
           lease_until BIGINT NOT NULL
         ) ENGINE=InnoDB`,
      );
    await knex.raw(`INSERT IGNORE INTO ${name} (id, holder, lease_until) VALUES (1, '', 0)`);
  },
  tokenParts,
};
