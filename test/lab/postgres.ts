import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { exec } from './exec.js';
import { type Instance, socketFile, withOtherServer } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { startServer, stopServer } from './servers.js';

/** Debian's packages of it; 12 has this version. */
export const POSTGRES_PACKAGES = ['postgresql-15', 'libdbd-pg-perl'];
/** LAB_POSTGRES is the folder of the programs of another version. */
export const PROGRAMS = process.env.LAB_POSTGRES || '/usr/lib/postgresql/15/bin';

/** The same instance with another server beside it: a newer or older version, whose data it could not read. */
export const otherPostgresOf = (of: Instance): Instance => withOtherServer(of, 'other-postgres');

/** Starts it anew. @param of from otherPostgresOf() */
export async function startOtherPostgres(of: Instance): Promise<void> {
  rmSync(of.dir, { recursive: true, force: true });
  mkdirSync(of.dir, { recursive: true });
  giveToLabUser(of.dir);
  await startPostgres(of);
}

const dataDir = (of: Instance): string => path.join(of.dir, 'postgres');

/** The folder of the server's Unix socket, where its superuser needs no password. */
export const socketFolder = (of: Instance): string => socketFile(of, 'pg').replace(/\.sock$/, '');

/**
 * Creates the instance's private database folder where there is none, and starts its server; one that runs already ends
 * first.
 * @param more further options of the server
 */
export async function startPostgres(of: Instance, more: string[] = []): Promise<void> {
  const data = dataDir(of);
  // Others may reach the socket: the server asks the system who they are.
  for (const [folder, mode] of [
    [data, 0o700],
    [socketFolder(of), 0o755],
  ] as const) {
    mkdirSync(folder, { recursive: true, mode });
    giveToLabUser(folder);
  }
  if (!existsSync(path.join(data, 'PG_VERSION')))
    await exec(
      `${PROGRAMS}/initdb`,
      [
        `--pgdata=${data}`,
        '--username=postgres',
        '--auth-local=trust',
        '--auth-host=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--no-sync',
      ],
      { asLabUser: true },
    );
  // Without its file, a running server would end as if it had crashed; at SIGTERM, it would wait for its clients.
  await stopServer(of, 'postgres', 'SIGINT');
  rmSync(path.join(data, 'postmaster.pid'), { force: true });
  const settings = {
    listen_addresses: '127.0.0.1',
    port: of.ports.mariadb,
    unix_socket_directories: socketFolder(of),
    max_connections: 200,
    // None by default; a test commits one later.
    max_prepared_transactions: 2,
    // Nothing here needs to survive a power cut, so nothing waits for the disk.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
  };
  await startServer(of, 'postgres', {
    port: of.ports.mariadb,
    command: `${PROGRAMS}/postgres`,
    args: [`-D${data}`, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`), ...more],
    ready: async () => (await sql(of, 'SELECT 1').catch(() => '')) !== '',
  });
}

const clientOptions = (of: Instance): string[] => [
  `--host=${socketFolder(of)}`,
  `--port=${of.ports.mariadb}`,
  '--username=postgres',
];

/** Runs SQL as the server's superuser. @returns tab-separated rows without a head */
export function sql(of: Instance, statements: string | Buffer, database = 'postgres'): Promise<string> {
  return exec(
    'psql',
    [
      ...clientOptions(of),
      ...['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--field-separator=\t'],
      ...['--pset=null=NULL', '--set=ON_ERROR_STOP=1', `--dbname=${database}`],
    ],
    { input: statements, env: { PGOPTIONS: '-c client_min_messages=warning' } },
  );
}

/** Creates an empty database that belongs to the helpdesk's user. */
export async function createDatabase(of: Instance, name: string): Promise<void> {
  const { user, password } = of.database;
  await sql(
    of,
    `DROP DATABASE IF EXISTS "${name}" WITH (FORCE);
     DO $$ BEGIN CREATE ROLE "${user}" LOGIN PASSWORD '${password}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
     CREATE DATABASE "${name}" OWNER "${user}" TEMPLATE template0;`,
  );
}

export async function dropDatabase(of: Instance, name: string): Promise<void> {
  await sql(of, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE);`);
}

/** @param options of pg_dump */
export const dumpWith = (of: Instance, name: string, options: string[]): Promise<string> =>
  exec('pg_dump', [...clientOptions(of), ...options, name]);

/** The database as SQL. @param tables all if none are given */
export const dump = (of: Instance, name: string, tables: string[] = []): Promise<string> =>
  dumpWith(
    of,
    name,
    tables.map((table) => `--table=public.${table}`),
  );

/** Each table, and after a tab one that it refers to, if any; a line for each pair. */
export const references = (of: Instance, name: string): Promise<string> =>
  sql(
    of,
    `SELECT t.oid::regclass, c.confrelid::regclass FROM pg_class t
     LEFT JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f'
     WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace`,
    name,
  );
