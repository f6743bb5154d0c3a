import type { Right } from '../../grants.js';
import type { Accounts } from '../accounts.js';
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

export const accounts: Accounts = {
  async current(knex) {
    const [[row]] = await knex.raw('SELECT CURRENT_USER() AS account');
    const account = String(row.account);
    const at = account.lastIndexOf('@');
    return { user: account.slice(0, at), host: account.slice(at + 1) };
  },

  async exists(knex, { user, host }) {
    const [rows] = await knex.raw('SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?', [user, host]);
    return rows.length > 0;
  },

  namespace: async (_knex, database) => database,

  async set(knex, _namespace, { user, host }, password) {
    await knex.raw('CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?', [user, host, password]);
    await knex.raw('ALTER USER ?@? IDENTIFIED BY ?', [user, host, password]);
  },

  async drop(knex, { user, host }) {
    await knex.raw('DROP USER IF EXISTS ?@?', [user, host]);
  },

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
    drop: (account) => `DROP USER ${shown(account)}`,
  },
};
