import type { Instance } from './instance.js';
import * as mariadb from './mariadb.js';
import * as postgres from './postgres.js';
import { stopServer } from './servers.js';

/** The instance's database server, of either family. */
const isPostgres = (of: Instance): boolean => of.database.family === 'postgres';
const MARIADB = {
  sql: mariadb.sql,
  dump: mariadb.dump,
  references: mariadb.references,
  createDatabase: mariadb.createDatabase,
  dropDatabase: mariadb.dropDatabase,
};
const POSTGRES: typeof MARIADB = {
  sql: postgres.sql,
  dump: postgres.dump,
  references: postgres.references,
  createDatabase: postgres.createDatabase,
  dropDatabase: postgres.dropDatabase,
};
const serverOf = (of: Instance) => (isPostgres(of) ? POSTGRES : MARIADB);

/** The name under which the lab starts and stops it; its data are in the folder of this name. */
export const databaseServer = (of: Instance): string => (isPostgres(of) ? 'postgres' : 'mariadb');

/** @param more further options of the server */
export const startDatabase = (of: Instance, more: string[] = []): Promise<void> =>
  isPostgres(of) ? postgres.startPostgres(of, more) : mariadb.startMariadb(of, more);

/** Ends it without waiting for its clients, for which PostgreSQL would wait at SIGTERM. */
export const stopDatabase = (of: Instance, signal?: NodeJS.Signals): Promise<void> =>
  stopServer(of, databaseServer(of), signal ?? (isPostgres(of) ? 'SIGINT' : 'SIGTERM'));

/** Runs SQL as the server's superuser. @returns tab-separated rows without a head */
export const sql = (of: Instance, statements: string | Buffer, database?: string): Promise<string> =>
  serverOf(of).sql(of, statements, database);

/** Its name and version, as the server itself says: `MariaDB 10.11.6`, `MySQL 9.1.0`, `PostgreSQL 15.10`. */
export async function databaseVersion(of: Instance): Promise<string> {
  const [text = ''] = (await sql(of, 'SELECT VERSION()')).trim().split('\n');
  if (isPostgres(of)) return text.split(' (')[0]?.split(' on ')[0] ?? text;
  return /MariaDB/.test(text) ? `MariaDB ${text.split('-')[0]}` : `MySQL ${text}`;
}

/** Creates an empty database for the helpdesk's user. */
export const createDatabase = (of: Instance, name: string): Promise<void> =>
  serverOf(of).createDatabase(of, name);

export const dropDatabase = (of: Instance, name: string): Promise<void> =>
  serverOf(of).dropDatabase(of, name);

/** The database as SQL. @param tables all if none are given */
export const dump = (of: Instance, name: string, tables?: string[]): Promise<string> =>
  serverOf(of).dump(of, name, tables);

/** These tables as far as the database has them, and all that they refer to. */
export async function withReferences(of: Instance, name: string, tables: string[]): Promise<string[]> {
  const pairs = (await serverOf(of).references(of, name)).split('\n').map((line) => line.split('\t'));
  const found = new Set(tables.filter((table) => pairs.some(([from]) => from === table)));
  for (const table of found)
    for (const [from, to] of pairs) if (from === table && to && to !== 'NULL') found.add(to);
  return [...found];
}

/** The connection of the server's superuser. */
export const superuser = (of: Instance) =>
  isPostgres(of)
    ? { socket: postgres.socketFolder(of), user: 'postgres', password: '' }
    : { socket: mariadb.socketOf(of), user: 'root', password: '' };
