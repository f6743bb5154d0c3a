import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createDatabase, stopDatabase } from '../lab/database-server.js';
import { exec } from '../lab/exec.js';
import { schemaFile } from '../lab/golden.js';
import type { Instance } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { PROGRAMS, socketFolder, sql, startPostgres } from '../lab/postgres.js';
import { prepareSidecarUser, SIDECAR_USER } from '../lab/sidecar-user.js';
import { lab } from './instance.js';
import { ownPostgres } from './own-postgres.js';
import { startPgbouncer } from './pgbouncer.js';

const HBA = ['local replication postgres trust', 'host all all 127.0.0.1/32 scram-sha-256'];

/**
 * A PostgreSQL with the helpdesk's and the sidecar's tables, its hot standby, and a PgBouncer in transaction mode that
 * leads to the primary. The standby lags by what happens after `holdBack`.
 */
export async function postgresPair(name: string) {
  // What is committed is not lost unless it has not reached the standby.
  const primary = await ownPostgres(name, HBA, () => ({ synchronous_commit: 'on' }));
  const { database } = lab.database;
  await createDatabase(primary.of, database);
  await sql(primary.of, readFileSync(schemaFile(lab)), database);
  await prepareSidecarUser(primary.of);

  const port = await freePort();
  const dir = path.join(primary.dir, 'standby');
  const standby: Instance = {
    ...primary.of,
    dir,
    ports: { ...primary.of.ports, mariadb: port },
    database: { ...primary.of.database, port },
  };
  await exec(
    `${PROGRAMS}/pg_basebackup`,
    [
      ...[`--host=${socketFolder(primary.of)}`, `--port=${primary.port}`, '--username=postgres'],
      ...[
        `--pgdata=${path.join(dir, 'postgres')}`,
        '--write-recovery-conf',
        '--checkpoint=fast',
        '--no-sync',
      ],
    ],
    { asLabUser: true },
  );
  await startPostgres(standby, [
    `--hba_file=${path.join(primary.dir, 'pg_hba.conf')}`,
    '--synchronous_commit=on',
  ]);
  const { user, password } = primary.of.database;
  const pooler = await startPgbouncer(
    primary.port,
    { [user]: password, [SIDECAR_USER.user]: SIDECAR_USER.password },
    4,
  );

  const position = async (): Promise<string> => (await sql(primary.of, 'SELECT pg_current_wal_lsn()')).trim();
  return {
    primary: primary.of,
    standby,
    pooler,
    /** Waits until the standby has everything that the primary has committed by now. */
    async caughtUp(): Promise<void> {
      const wanted = await position();
      const query = `SELECT pg_last_wal_replay_lsn() >= '${wanted}'`;
      await until('the standby', async () => (await sql(standby, query)).trim() === 't');
    },
    /** From now on, the standby receives nothing. */
    async holdBack(): Promise<void> {
      await sql(standby, "ALTER SYSTEM SET primary_conninfo = ''");
      await sql(standby, 'SELECT pg_reload_conf()');
      const receivers = 'SELECT COUNT(*) FROM pg_stat_wal_receiver';
      await until('the end of the replication', async () => (await sql(standby, receivers)).trim() === '0');
    },
    /** The primary ends as by a power cut. */
    kill: (): Promise<void> => stopDatabase(primary.of, 'SIGQUIT'),
    async promote(): Promise<void> {
      await sql(standby, 'SELECT pg_promote()');
    },
    async remove(): Promise<void> {
      await pooler.stop();
      for (const server of [standby, primary.of]) await stopDatabase(server);
      await primary.remove();
    },
  };
}
