import type { Database } from './database.js';
import type { Account, GrantStatement, Removal } from './dialect/accounts.js';
import type { Granted } from './grants.js';

export type { Account } from './dialect/accounts.js';

/**
 * The account of this connection. Its host is the pattern that the server matched, so another user from here
 * needs the same.
 */
export const currentAccount = (db: Database): Promise<Account> =>
  db.run('database-user.current', (knex, { accounts }) => accounts.current(knex));

/** The server's name, which shows whether two connections lead to the same server. */
export const serverName = (db: Database): Promise<string> =>
  db.run('database-user.server', (knex, { catalog }) => catalog.serverName(knex));

/** How later connections recognise the server; empty if the server shows no key. */
export const serverIdentity = (db: Database): Promise<readonly string[]> =>
  db.run('database-user.identity', (knex, { catalog }) => catalog.identity(knex));

/** Table -> its columns, for every existing table. */
export const tableColumns = (db: Database): Promise<Map<string, string[]>> =>
  db.run('database-user.columns', (knex, { catalog }) => catalog.columnNames(knex, db.name));

/**
 * Does the account exist, and does it reach the helpdesk's tables? Requires the right to read the server's own tables.
 * @param namespace see namespaceOf()
 */
export const accountReaches = (admin: Database, namespace: string, account: Account): Promise<boolean> =>
  admin.run('database-user.reaches', (knex, { accounts }) => accounts.reaches(knex, namespace, account));

/**
 * What qualifies the names of the helpdesk's tables for an administrator.
 * @throws SidecarError config-invalid if the names of the helpdesk's user lead to tables of the server
 */
export const namespaceOf = (helpdesk: Database): Promise<string> =>
  helpdesk.run('database-user.namespace', (knex, { accounts }) => accounts.namespace(knex, helpdesk.name));

/**
 * Creates the account, or sets its password if it exists.
 * @param namespace see namespaceOf()
 */
export const setAccount = (
  admin: Database,
  namespace: string,
  account: Account,
  password: string,
): Promise<void> =>
  admin.run('database-user.create', (knex, { accounts }) => accounts.set(knex, namespace, account, password));

/**
 * The statements that turn the account's rights into the wanted ones.
 * @param namespace see namespaceOf()
 */
export const missingGrants = (
  admin: Database,
  namespace: string,
  account: Account,
  wanted: Granted,
): Promise<GrantStatement[]> =>
  admin.run('database-user.granted', async (knex, { accounts }) =>
    accounts.grants(
      namespace,
      account,
      await accounts.granted(knex, namespace, account),
      await accounts.completed(knex, namespace, wanted),
    ),
  );

/**
 * Grants missing rights and revokes surplus ones.
 * @param namespace see namespaceOf()
 */
export async function setGrants(
  admin: Database,
  namespace: string,
  account: Account,
  wanted: Granted,
): Promise<void> {
  for (const { sql, bindings } of await missingGrants(admin, namespace, account, wanted))
    await admin.run('database-user.grant', (knex) => knex.raw(sql, bindings));
}

/** How to remove the account from this database. */
export const accountRemoval = (admin: Database, account: Account): Promise<Removal> =>
  admin.run('database-user.removal', (knex, { accounts }) => accounts.removal(knex, account));

/** Runs what `accountRemoval` has returned. */
export async function removeAccount(admin: Database, { statements }: Removal): Promise<void> {
  for (const statement of statements) await admin.run('database-user.remove', (knex) => knex.raw(statement));
}
