import type { Instance } from './instance.js';
import * as mariadb from './mariadb.js';
import * as postgres from './postgres.js';

/** The instance's database server, of either family. */
const isPostgres = (of: Instance): boolean => of.database.family === 'postgres';
const MARIADB = {
  sql: mariadb.sql,
  dump: mariadb.dump,
  createDatabase: mariadb.createDatabase,
  dropDatabase: mariadb.dropDatabase,
};
const POSTGRES: typeof MARIADB = {
  sql: postgres.sql,
  dump: postgres.dump,
  createDatabase: postgres.createDatabase,
  dropDatabase: postgres.dropDatabase,
};
const serverOf = (of: Instance) => (isPostgres(of) ? POSTGRES : MARIADB);

/** The name under which the lab starts and stops it; its data are in the folder of this name. */
export const databaseServer = (of: Instance): string => (isPostgres(of) ? 'postgres' : 'mariadb');

export const startDatabase = (of: Instance): Promise<void> =>
  isPostgres(of) ? postgres.startPostgres(of) : mariadb.startMariadb(of);

/** Runs SQL as the server's superuser. @returns tab-separated rows without a head */
export const sql = (of: Instance, statements: string | Buffer, database?: string): Promise<string> =>
  serverOf(of).sql(of, statements, database);

/** Creates an empty database for the helpdesk's user. */
export const createDatabase = (of: Instance, name: string): Promise<void> =>
  serverOf(of).createDatabase(of, name);

export const dropDatabase = (of: Instance, name: string): Promise<void> =>
  serverOf(of).dropDatabase(of, name);

/** The whole database as SQL. */
export const dump = (of: Instance, name: string): Promise<string> => serverOf(of).dump(of, name);

/** The connection of the server's superuser. */
export const superuser = (of: Instance) =>
  isPostgres(of)
    ? { socket: postgres.socketFolder(of), user: 'postgres', password: '' }
    : { socket: mariadb.socketOf(of), user: 'root', password: '' };
