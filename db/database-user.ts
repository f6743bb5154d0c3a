import type { Database } from './database.js';
import { type Granted, grantStatements } from './grants.js';

/** An account of the database server. */
export interface Account {
  user: string;
  /** From where it may come: `localhost`, `127.0.0.1`, `%` … */
  host: string;
}

/** Which account we are. The host is the pattern that the server has matched, so another user from here needs the same. */
export async function currentAccount(db: Database): Promise<Account> {
  const [rows] = await db.run('database-user.current', (knex) =>
    knex.raw('SELECT CURRENT_USER() AS account'),
  );
  const account = String(rows[0].account);
  const at = account.lastIndexOf('@');
  return { user: account.slice(0, at), host: account.slice(at + 1) };
}

/** Two connections may lead to different servers; their names and ports tell. */
export async function serverName(db: Database): Promise<string> {
  const [rows] = await db.run('database-user.server', (knex) =>
    knex.raw('SELECT CONCAT(@@hostname, ":", @@port, " ", @@datadir) AS name'),
  );
  return String(rows[0].name);
}

/** Table -> its columns, for every table that is there. */
export async function tableColumns(db: Database): Promise<Map<string, string[]>> {
  const rows: { table: string; name: string }[] = await db.run('database-user.columns', (knex) =>
    knex
      .select({ table: 'TABLE_NAME', name: 'COLUMN_NAME' })
      .from('information_schema.COLUMNS')
      .where({ TABLE_SCHEMA: db.name })
      .orderBy(['TABLE_NAME', 'ORDINAL_POSITION']),
  );
  const columns = new Map<string, string[]>();
  for (const { table, name } of rows) columns.set(table, [...(columns.get(table) ?? []), name]);
  return columns;
}

/** Is there such an account? Needs the right to read the server's own tables. */
export async function accountExists(admin: Database, { user, host }: Account): Promise<boolean> {
  const [rows] = await admin.run('database-user.exists', (knex) =>
    knex.raw('SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?', [user, host]),
  );
  return rows.length > 0;
}

interface PrivilegeRow {
  name: string;
  column: string | null;
  privilege: string;
}

/** What an account may do with the tables of this database. */
export async function grantedTo(admin: Database, { user, host }: Account): Promise<Granted> {
  const grantee = `'${user}'@'${host}'`;
  const [rows]: PrivilegeRow[][] = await admin.run('database-user.granted', (knex) =>
    knex.raw(
      `SELECT TABLE_NAME AS name, NULL AS \`column\`, PRIVILEGE_TYPE AS privilege
       FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = :grantee AND TABLE_SCHEMA = :schema
       UNION ALL
       SELECT TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE
       FROM information_schema.COLUMN_PRIVILEGES WHERE GRANTEE = :grantee AND TABLE_SCHEMA = :schema`,
      { grantee, schema: admin.name },
    ),
  );
  const granted: Granted = new Map();
  for (const { name, column, privilege } of rows ?? []) {
    if (privilege === 'USAGE') continue;
    const rights = granted.get(name) ?? new Map();
    granted.set(name, rights);
    if (column === null) rights.set(privilege, null);
    else if (rights.get(privilege) !== null)
      rights.set(privilege, new Set([...(rights.get(privilege) ?? []), column]));
  }
  return granted;
}

/** Creates the account, or gives it this password where it is there already. */
export async function setAccount(admin: Database, { user, host }: Account, password: string): Promise<void> {
  await admin.run('database-user.create', async (knex) => {
    await knex.raw('CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?', [user, host, password]);
    await knex.raw('ALTER USER ?@? IDENTIFIED BY ?', [user, host, password]);
  });
}

/** Grants what is missing and takes what is too much. @returns the statements that were run */
export async function setGrants(admin: Database, account: Account, wanted: Granted): Promise<string[]> {
  const statements = grantStatements(admin.name, await grantedTo(admin, account), wanted);
  for (const statement of statements)
    await admin.run('database-user.grant', (knex) => knex.raw(statement, [account.user, account.host]));
  return statements;
}

/** Removes the account with everything it was granted. */
export async function dropAccount(admin: Database, { user, host }: Account): Promise<void> {
  await admin.run('database-user.drop', (knex) => knex.raw('DROP USER IF EXISTS ?@?', [user, host]));
}
