import type { Accounts } from '../accounts.js';
import { isStillUsed } from './errors.js';
import { completed, granted, grants } from './grants.js';
import { quoted } from './quoted.js';
import { scramVerifier } from './scram.js';
import { SESSION } from './session.js';

/** Roles of the whole server; no host belongs to them (pg_hba.conf). */
export const accounts: Accounts = {
  async current(knex) {
    const { rows } = await knex.raw('SELECT current_user AS name');
    return { user: rows[0].name, host: '' };
  },

  async exists(knex, { user }) {
    const { rows } = await knex.raw('SELECT 1 FROM pg_roles WHERE rolname = ?', [user]);
    return rows.length > 0;
  },

  async set(knex, account, password) {
    const role = quoted(account.user);
    const { rows } = await knex.raw('SELECT current_database() AS database, current_schema() AS schema');
    const [{ database, schema }] = rows;
    const verb = (await accounts.exists(knex, account)) ? 'ALTER' : 'CREATE';
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

  async drop(knex, account) {
    if (!(await accounts.exists(knex, account))) return;
    // It owns nothing; this revokes its rights, without which the server keeps it.
    await knex.raw(`DROP OWNED BY ${quoted(account.user)}`);
    await knex.raw(`DROP ROLE ${quoted(account.user)}`).catch((error: unknown) => {
      // It has rights in another database, too.
      if (!isStillUsed(error)) throw error;
    });
  },

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
         has_column_privilege(c.oid, :column, CASE WHEN :right = 'DELETE' THEN 'SELECT' ELSE :right END) AS reaches
       FROM pg_class c WHERE c.oid = to_regclass(:name)`,
      { right, column, name: quoted(table) },
    );
    return rows.length === 0 || (rows[0].may && (right === 'DELETE' || rows[0].reaches));
  },

  byHand: {
    account: ({ user }) => quoted(user),
    create: ({ user }) => `CREATE ROLE ${quoted(user)} LOGIN PASSWORD '…'`,
    drop: ({ user }) => `DROP OWNED BY ${quoted(user)}; DROP ROLE ${quoted(user)}`,
  },
};
