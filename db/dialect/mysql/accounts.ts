import type { Accounts } from '../accounts.js';
import { granted, grants } from './grants.js';
import { shown } from './shown-account.js';

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

  async set(knex, { user, host }, password) {
    await knex.raw('CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?', [user, host, password]);
    await knex.raw('ALTER USER ?@? IDENTIFIED BY ?', [user, host, password]);
  },

  async drop(knex, { user, host }) {
    await knex.raw('DROP USER IF EXISTS ?@?', [user, host]);
  },

  granted,
  grants,

  byHand: {
    account: shown,
    create: (account) => `CREATE USER ${shown(account)} IDENTIFIED BY '…'`,
    drop: (account) => `DROP USER ${shown(account)}`,
  },
};
