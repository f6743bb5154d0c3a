import type { Knex } from 'knex';
import { phrase } from '../../../plugin/lib/phrase.js';
import type { Catalog, Column } from '../catalog.js';
import { identity } from './identity.js';

const ANY = 0x10ffff;
/**
 * Highest code point that a character set can hold; the server's strict mode decides for sets that are not
 * listed.
 */
const HIGHEST: Record<string, number> = {
  ascii: 0x7f,
  latin1: 0xff,
  utf8: 0xffff,
  utf8mb3: 0xffff,
  ucs2: 0xffff,
  utf8mb4: ANY,
  utf16: ANY,
  utf16le: ANY,
  utf32: ANY,
};
/** Every set contains this. */
const ASCII = 0x7f;

async function one(knex: Knex, expression: string): Promise<string> {
  const [[row]] = await knex.raw(`SELECT ${expression} AS value`);
  return String(row.value);
}

export const catalog: Catalog = {
  async columns(knex, database, tables) {
    const rows = await knex
      .select({
        table: 'TABLE_NAME',
        name: 'COLUMN_NAME',
        maxCharacters: 'CHARACTER_MAXIMUM_LENGTH',
        maxBytes: 'CHARACTER_OCTET_LENGTH',
        charset: 'CHARACTER_SET_NAME',
      })
      .from('information_schema.COLUMNS')
      .where({ TABLE_SCHEMA: database })
      .whereIn('TABLE_NAME', tables);
    const columns = new Map<string, Map<string, Column>>();
    for (const { table, name, maxCharacters, maxBytes, charset } of rows) {
      const own = columns.get(table) ?? new Map<string, Column>();
      own.set(name, {
        maxCharacters: maxCharacters === null ? null : Number(maxCharacters),
        maxBytes: maxBytes === null ? null : Number(maxBytes),
        ...(charset === null || charset in HIGHEST
          ? { highest: HIGHEST[charset ?? ''] ?? ANY }
          : { highest: ANY, certain: ASCII }),
      });
      columns.set(table, own);
    }
    return columns;
  },

  async columnNames(knex, database, tables) {
    const query = knex
      .select({ table: 'TABLE_NAME', name: 'COLUMN_NAME' })
      .from('information_schema.COLUMNS')
      .where({ TABLE_SCHEMA: database })
      .orderBy(['TABLE_NAME', 'ORDINAL_POSITION']);
    if (tables) query.whereIn('TABLE_NAME', tables);
    const rows: { table: string; name: string }[] = await query;
    const columns = new Map<string, string[]>();
    for (const { table, name } of rows) columns.set(table, [...(columns.get(table) ?? []), name]);
    return columns;
  },

  tablesNamed: (knex, database, prefix) =>
    knex('information_schema.TABLES')
      .where({ TABLE_SCHEMA: database })
      .where('TABLE_NAME', 'like', `${prefix.replace(/[\\%_]/g, '\\$&')}%`)
      .orderBy('TABLE_NAME')
      .pluck('TABLE_NAME'),

  version: (knex) => one(knex, 'VERSION()'),

  oldVersion(version) {
    const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat);
    const isOld = /mariadb/i.test(version) ? major < 10 || (major === 10 && minor < 2) : major < 8;
    return isOld ? phrase('The oldest tested versions are MariaDB 10.2 and MySQL 8.') : null;
  },

  now: async (knex) => new Date(`${(await one(knex, 'UTC_TIMESTAMP(3)')).replace(' ', 'T')}Z`),

  identity,

  serverName: (knex) => one(knex, 'CONCAT(@@hostname, ":", @@port, " ", @@datadir)'),
};
