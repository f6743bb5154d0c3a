import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { exec } from './exec.js';
import { type Instance, socketFile } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { startServer } from './servers.js';

export const socketOf = (of: Instance): string => socketFile(of, 'mariadb');

const dataDir = (of: Instance): string => path.join(of.dir, 'mariadb');

/** A separate folder: when a server starts, it removes what looks like temporary tables, even those of another server. */
export function temporaryFolder(of: Instance): string {
  const folder = path.join(of.dir, 'tmp');
  mkdirSync(folder, { recursive: true });
  giveToLabUser(folder);
  return folder;
}

/**
 * The environment of a database server whose data need not survive a power cut: nothing in it waits for the disk
 * (libeatmydata). Definitions of tables do so otherwise, whatever the server's own settings say, about twenty times each.
 */
export const WITHOUT_SYNC = { LD_PRELOAD: 'libeatmydata.so' };

/** A MariaDB that can be started. */
export interface MariadbProgram {
  /** The words of its command, with options that it always needs. */
  command: string[];
  /** Makes the tables of a new server. @param options where its data are */
  install(options: string[]): Promise<unknown>;
}

/** The one that is installed on this machine. */
const INSTALLED: MariadbProgram = {
  command: ['/usr/sbin/mariadbd', '--no-defaults'],
  install: (options) =>
    exec(
      'mariadb-install-db',
      ['--no-defaults', ...options, '--auth-root-authentication-method=normal', '--skip-test-db'],
      { asLabUser: true, env: WITHOUT_SYNC },
    ),
};

/**
 * Creates the instance's private database folder where there is none, and starts its server.
 * @param more further options of the server
 */
export async function startMariadb(
  of: Instance,
  more: string[] = [],
  { command, install }: MariadbProgram = INSTALLED,
): Promise<void> {
  const data = dataDir(of);
  const temporary = temporaryFolder(of);
  if (!existsSync(path.join(data, 'mysql'))) {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    giveToLabUser(data);
    await install([`--datadir=${data}`, `--tmpdir=${temporary}`]);
  }
  const [program = '', ...options] = command;
  await startServer(of, 'mariadb', {
    port: of.ports.mariadb,
    command: program,
    env: WITHOUT_SYNC,
    args: [
      ...options,
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      `--socket=${socketFile(of, 'mariadb')}`,
      '--bind-address=127.0.0.1',
      `--port=${of.ports.mariadb}`,
      '--skip-name-resolve',
      '--max-allowed-packet=64M',
      '--innodb-log-file-size=256M',
      '--character-set-server=utf8mb3',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-flush-method=nosync',
      '--skip-log-bin',
      ...more,
    ],
    ready: async () => (await sql(of, 'SELECT 1').catch(() => '')) !== '',
  });
}

export const clientOptions = (of: Instance): string[] => [
  '--no-defaults',
  // Otherwise the locale decides.
  '--default-character-set=utf8mb4',
  `--socket=${socketFile(of, 'mariadb')}`,
  '--user=root',
];

/** Runs SQL as the server's root. @returns tab-separated rows without a head */
export function sql(of: Instance, statements: string | Buffer, database?: string): Promise<string> {
  return exec(
    'mariadb',
    [...clientOptions(of), '--batch', '--skip-column-names', ...(database ? [database] : [])],
    {
      input: statements,
    },
  );
}

/** Creates an empty database with the helpdesk's character set and grants the helpdesk's user access. */
export async function createDatabase(of: Instance, name: string): Promise<void> {
  const { user, password } = of.database;
  await sql(
    of,
    `DROP DATABASE IF EXISTS \`${name}\`;
     CREATE DATABASE \`${name}\` CHARACTER SET utf8mb3;
     CREATE USER IF NOT EXISTS '${user}'@'localhost' IDENTIFIED BY '${password}';
     CREATE USER IF NOT EXISTS '${user}'@'127.0.0.1' IDENTIFIED BY '${password}';
     GRANT ALL ON \`${name}\`.* TO '${user}'@'localhost', '${user}'@'127.0.0.1';`,
  );
}

export async function dropDatabase(of: Instance, name: string): Promise<void> {
  await sql(
    of,
    `DROP DATABASE IF EXISTS \`${name}\`;
     REVOKE ALL ON \`${name}\`.* FROM '${of.database.user}'@'localhost', '${of.database.user}'@'127.0.0.1';
     DELETE FROM mysql.tables_priv WHERE Db = '${name}'; DELETE FROM mysql.columns_priv WHERE Db = '${name}';
     FLUSH PRIVILEGES;`,
  );
}

/** The database as SQL. @param tables all if none are given */
export function dump(of: Instance, name: string, tables: string[] = []): Promise<string> {
  const options = ['--single-transaction', '--skip-comments'];
  return exec('mariadb-dump', [...clientOptions(of), ...options, name, ...tables]);
}

/** Each table, and after a tab one that it refers to, if any; a line for each pair. */
export const references = (of: Instance, name: string): Promise<string> =>
  sql(
    of,
    `SELECT t.TABLE_NAME, r.REFERENCED_TABLE_NAME FROM information_schema.TABLES t
     LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS r
       ON r.CONSTRAINT_SCHEMA = t.TABLE_SCHEMA AND r.TABLE_NAME = t.TABLE_NAME
     WHERE t.TABLE_SCHEMA = '${name}'`,
  );
