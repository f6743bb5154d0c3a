import type { Knex } from 'knex';
import type { Right } from '../../grants.js';
import type { Account, Accounts } from '../accounts.js';
import { errors } from './errors.js';
import { granted, grants } from './grants.js';
import { shown } from './shown-account.js';

/** Statements whose rights the server checks although they change no row, with the names that they need. */
const HARMLESS: Record<Right, (table: string, column: string) => [sql: string, names: string[]]> = {
  SELECT: (table, column) => ['SELECT ?? FROM ?? LIMIT 0', [column, table]],
  INSERT: (table) => ['INSERT INTO ?? SELECT * FROM ?? WHERE 1 = 0', [table, table]],
  UPDATE: (table, column) => ['UPDATE ?? SET ?? = ?? WHERE 1 = 0', [table, column, column]],
  DELETE: (table) => ['DELETE FROM ?? WHERE 1 = 0', [table]],
};

async function exists(knex: Knex, { user, host }: Account): Promise<boolean> {
  const [rows] = await knex.raw('SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?', [user, host]);
  return rows.length > 0;
}

export const accounts: Accounts = {
  async current(knex) {
    const [[row]] = await knex.raw('SELECT CURRENT_USER() AS account');
    const account = String(row.account);
    const at = account.lastIndexOf('@');
    return { user: account.slice(0, at), host: account.slice(at + 1) };
  },

  reaches: (knex, _namespace, account) => exists(knex, account),

  namespace: async (_knex, database) => database,

  async set(knex, _namespace, { user, host }, password) {
    await knex.raw('CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?', [user, host, password]);
    await knex.raw('ALTER USER ?@? IDENTIFIED BY ?', [user, host, password]);
  },

  // The account's name contains that of the database, so no other database uses it.
  removal: async (knex, account) => ({
    statements: (await exists(knex, account)) ? [`DROP USER ${shown(account)}`] : [],
    staysElsewhere: false,
  }),

  granted,
  grants,
  completed: async (_knex, _namespace, wanted) => wanted,

  async may(knex, right, table, column) {
    const [sql, names] = HARMLESS[right](table, column);
    try {
      await knex.raw(sql, names);
      return true;
    } catch (error) {
      if (errors.isDenied(error)) return false;
      throw error;
    }
  },

  byHand: {
    account: shown,
    create: (account) => `CREATE USER ${shown(account)} IDENTIFIED BY '…'`,
  },
};
