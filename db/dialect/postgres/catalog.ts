import type { Knex } from 'knex';
import { phrase } from '../../../plugin/lib/phrase.js';
import type { Catalog, Column } from '../catalog.js';

/** Tables that are found without naming their schema. The views show only what the user has a right on. */
const HERE = 'table_schema = ANY (current_schemas(false))';

async function one(knex: Knex, expression: string): Promise<string> {
  const { rows } = await knex.raw(`SELECT ${expression} AS value`);
  return String(rows[0].value);
}

/** Encodings of a database that take every character; SQL_ASCII takes any bytes. */
const WITHOUT_LIMIT = ['UTF8', 'SQL_ASCII'];

export const catalog: Catalog = {
  async columns(knex, _database, tables) {
    const encoding = await one(knex, "current_setting('server_encoding')");
    // The server decides about the rest; every encoding contains ASCII.
    const certain = WITHOUT_LIMIT.includes(encoding) ? {} : { certain: 0x7f };
    const rows: { table: string; name: string; characters: number | null; bytes: number | null }[] =
      await knex
        .select({
          table: 'table_name',
          name: 'column_name',
          characters: 'character_maximum_length',
          bytes: 'character_octet_length',
        })
        .from('information_schema.columns')
        .whereRaw(HERE)
        .whereIn('table_name', tables);
    const columns = new Map<string, Map<string, Column>>();
    for (const { table, name, characters, bytes } of rows) {
      const own = columns.get(table) ?? new Map<string, Column>();
      // No encoding has U+0000.
      own.set(name, { maxCharacters: characters, maxBytes: bytes, lowest: 1, highest: 0x10ffff, ...certain });
      columns.set(table, own);
    }
    return columns;
  },

  async columnNames(knex, _database, tables) {
    const query = knex
      .select({ table: 'table_name', name: 'column_name' })
      .from('information_schema.columns')
      .whereRaw(HERE)
      .orderBy(['table_name', 'ordinal_position']);
    if (tables) query.whereIn('table_name', tables);
    const rows: { table: string; name: string }[] = await query;
    const columns = new Map<string, string[]>();
    for (const { table, name } of rows) columns.set(table, [...(columns.get(table) ?? []), name]);
    return columns;
  },

  tablesNamed: (knex, _database, prefix) =>
    // The view of the standard would leave out tables of others that the user has no right on.
    knex('pg_catalog.pg_tables')
      .whereRaw('schemaname = ANY (current_schemas(false))')
      .where('tablename', 'like', `${prefix.replace(/[\\%_]/g, '\\$&')}%`)
      .orderBy('tablename')
      .pluck('tablename'),

  version: async (knex) => `PostgreSQL ${await one(knex, "current_setting('server_version')")}`,

  oldVersion: (version) =>
    Number.parseInt(version.replace(/^\D+/, ''), 10) < 13
      ? phrase('The oldest supported version is PostgreSQL 13.')
      : null,

  now: async (knex) =>
    new Date(Number(await one(knex, 'floor(extract(epoch FROM clock_timestamp()) * 1000)'))),

  // Its standbys have the same identifier, but started at another time; the number does not depend on the zone of the
  // session. The schema and the types leave no choice between this function and one that others have created.
  serverName: (knex) =>
    one(
      knex,
      `pg_catalog.concat_ws(' '::text,
         (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
         (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint::text)`,
    ),

  // It never receives the password itself unless its certificate is checked (guard-password.ts).
  identity: async () => [],
};
