import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { programOf, unpackedWhole } from './debian-packages.js';
import { exec } from './exec.js';
import { type Instance, socketFile, withOtherServer } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { sql, temporaryFolder, WITHOUT_SYNC } from './mariadb.js';
import { startServer } from './servers.js';

/** Debian has MySQL in this suite only. Unpacked with its own C library, it runs on any Debian. */
const SUITE = 'sid';

/** The same instance with a MySQL in place of its MariaDB, to test what we send to a database. */
export function mysqlOf(of: Instance): Instance {
  const other = withOtherServer(of, 'mysql');
  // Its caches are cold, and no helpdesk's Perl warms them.
  return { ...other, database: { ...other.database, server: ['any'] } };
}

const unpacked = (of: Instance): string => path.join(of.cache, 'mysql');

/** Downloads MySQL once. @throws Error where the mirror of this machine has none */
export async function ensureMysql(of: Instance): Promise<void> {
  await unpackedWhole(of.cache, path.basename(unpacked(of)), { suite: SUITE, name: 'mysql-server-core' });
}

/** @param of from mysqlOf() */
export async function startMysql(of: Instance): Promise<void> {
  const root = unpacked(of);
  const data = path.join(of.dir, 'data');
  const shared = path.join(root, 'usr/share/mysql');
  const [command = '', ...program] = [
    ...programOf(root, 'usr/sbin/mysqld'),
    ...[
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${path.join(of.dir, 'tmp')}`,
      `--basedir=${root}/usr`,
      `--lc-messages-dir=${shared}`,
    ],
    ...[`--character-sets-dir=${shared}/charsets`, '--secure-file-priv=', '--skip-log-bin'],
    ...[
      '--performance-schema=OFF',
      '--innodb-doublewrite=OFF',
      '--innodb-file-per-table=OFF',
      '--innodb-flush-log-at-trx-commit=0',
    ],
  ];
  rmSync(of.dir, { recursive: true, force: true });
  for (const folder of [of.dir, data]) {
    mkdirSync(folder, { recursive: true });
    giveToLabUser(folder);
  }
  temporaryFolder(of);
  await exec(command, [...program, '--initialize-insecure'], { asLabUser: true, env: WITHOUT_SYNC });
  await startServer(of, 'mysql', {
    port: of.ports.mariadb,
    command,
    env: WITHOUT_SYNC,
    args: [
      ...program,
      `--socket=${socketFile(of, 'mariadb')}`,
      `--port=${of.ports.mariadb}`,
      '--bind-address=127.0.0.1',
      '--mysqlx=OFF',
      '--skip-name-resolve',
      `--pid-file=${path.join(of.dir, 'mysql.pid')}`,
    ],
    ready: async () => (await sql(of, 'SELECT 1').catch(() => '')) !== '',
  });
}
