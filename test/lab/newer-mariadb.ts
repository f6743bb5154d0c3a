import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { programOf, unpackedWhole } from './debian-packages.js';
import { exec } from './exec.js';
import { type Instance, withOtherServer } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { startMariadb, WITHOUT_SYNC } from './mariadb.js';

/** The newest MariaDB of any Debian, 11.8, whose servers compare and sort by other rules (uca1400) by default. */
const SUITE = 'trixie';

/** The same instance with that server in place of its MariaDB. */
export const newerMariadbOf = (of: Instance): Instance => withOtherServer(of, 'newer-mariadb');

/** Downloads it once. @throws Error where the mirror of this machine has none */
export const ensureNewerMariadb = (of: Instance): Promise<string> =>
  unpackedWhole(of.cache, 'newer-mariadb', { suite: SUITE, name: 'mariadb-server-core' });

/** What mariadb-install-db passes to the server, which that script would start without its own C library. */
const FIRST_TABLES = [
  'mariadb_system_tables.sql',
  'mariadb_performance_tables.sql',
  'mariadb_system_tables_data.sql',
  'maria_add_gis_sp_bootstrap.sql',
  'mariadb_sys_schema.sql',
];

/** @param of from newerMariadbOf() */
export async function startNewerMariadb(of: Instance): Promise<void> {
  const root = await ensureNewerMariadb(of);
  const shared = path.join(root, 'usr/share/mariadb');
  const command = [
    ...programOf(root, 'usr/sbin/mariadbd'),
    '--no-defaults',
    `--lc-messages-dir=${shared}`,
    `--character-sets-dir=${shared}/charsets`,
  ];
  const [program = '', ...options] = command;
  if (existsSync(of.dir)) rmSync(of.dir, { recursive: true });
  mkdirSync(of.dir, { recursive: true });
  giveToLabUser(of.dir);
  await startMariadb(of, [], {
    command,
    install: (where) =>
      exec(program, [...options, ...where, '--bootstrap', '--skip-grant-tables', '--log-warnings=0'], {
        asLabUser: true,
        env: WITHOUT_SYNC,
        // One statement a line.
        input: [
          ...['CREATE DATABASE IF NOT EXISTS mysql;', 'USE mysql;', 'SET @auth_root_socket = NULL;'],
          ...FIRST_TABLES.map((file) => readFileSync(path.join(shared, file), 'utf8')),
        ].join('\n'),
      }),
  });
}
