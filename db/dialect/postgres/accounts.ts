import { SidecarError } from '../../../plugin/errors.js';
import type { Accounts } from '../accounts.js';
import { completed, granted, grants } from './grants.js';
import { quoted } from './quoted.js';
import { exists, removal } from './removal.js';
import { scramVerifier } from './scram.js';
import { SESSION } from './session.js';

/** Schemas in which the server keeps its own tables. */
const SERVERS_OWN = /^(?:pg_.*|information_schema)$/;

/** Roles of the whole server; no host belongs to them (pg_hba.conf). */
export const accounts: Accounts = {
  async current(knex) {
    const { rows } = await knex.raw('SELECT current_user AS name');
    return { user: rows[0].name, host: '' };
  },

  async namespace(knex) {
    const { rows } = await knex.raw('SELECT pg_catalog.current_schema() AS schema');
    const schema: string | null = rows[0].schema;
    if (schema !== null && !SERVERS_OWN.test(schema)) return schema;
    throw new SidecarError('config-invalid', {
      detail: `The search_path of the helpdesk's database user begins with ${schema === null ? 'no schema that exists' : `"${schema}", which belongs to the server`}. Let it begin with the schema of the helpdesk's tables. Nothing was changed.`,
    });
  },

  async reaches(knex, schema, { user }) {
    const { rows } = await knex.raw(
      `SELECT pg_catalog.has_database_privilege(oid, pg_catalog.current_database(), 'CONNECT')
         AND pg_catalog.has_schema_privilege(oid, ?, 'USAGE') AS reaches
       FROM pg_catalog.pg_roles WHERE rolname = ?`,
      [schema, user],
    );
    return rows.length > 0 && rows[0].reaches;
  },

  async set(knex, schema, account, password) {
    const role = quoted(account.user);
    const { rows } = await knex.raw('SELECT pg_catalog.current_database() AS database');
    const [{ database }] = rows;
    const verb = (await exists(knex, account)) ? 'ALTER' : 'CREATE';
    await knex.transaction(async (own) => {
      await own.raw(`${verb} ROLE ${role} LOGIN PASSWORD '${scramVerifier(password)}'`);
      // A pooler between us and the server takes no settings of a connection.
      for (const setting of SESSION) {
        const [name, value] = setting.split('=');
        await own.raw(`ALTER ROLE ${role} SET ${name} = '${value}'`);
      }
      await own.raw(`GRANT CONNECT ON DATABASE ${quoted(database)} TO ${role}`);
      await own.raw(`GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${role}`);
    });
  },

  removal,
  granted,
  completed,
  grants,

  async may(knex, right, table, column) {
    // Also asks for the sequences from which an INSERT takes its IDs.
    const { rows } = await knex.raw(
      `SELECT (has_table_privilege(c.oid, :right) OR
           CASE WHEN :right = 'DELETE' THEN false ELSE has_any_column_privilege(c.oid, :right) END)
         AND NOT EXISTS (
           SELECT 1 FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
           WHERE :right = 'INSERT' AND d.refobjid = c.oid AND d.deptype = 'a'
             AND d.classid = 'pg_class'::regclass
             AND NOT CASE WHEN s.relkind = 'S' THEN has_sequence_privilege(s.oid, 'USAGE') ELSE true END) AS may,
         CASE WHEN EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = :column AND NOT a.attisdropped)
           THEN has_column_privilege(c.oid, :column, CASE WHEN :right = 'DELETE' THEN 'SELECT' ELSE :right END)
           ELSE false END AS reaches
       FROM pg_class c WHERE c.oid = to_regclass(:name)`,
      { right, column, name: quoted(table) },
    );
    return rows.length === 0 || (rows[0].may && (right === 'DELETE' || rows[0].reaches));
  },

  byHand: {
    account: ({ user }) => quoted(user),
    create: ({ user }) => `CREATE ROLE ${quoted(user)} LOGIN PASSWORD '…'`,
  },
};
