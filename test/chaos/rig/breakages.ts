import { SIDECAR_USER } from '../../lab/sidecar-user.js';
import { IS_POSTGRES } from '../../support/database.js';
import type { ChaosDatabase } from './database.js';
import type { Session } from './sessions.js';
import type { Sidecar } from './sidecars.js';

type Database = Pick<ChaosDatabase, 'query' | 'rows' | 'server'>;

/** Why a server may refuse to write a token, by the number or the code of its error. */
export type Refusal = 'the table is full' | 'the node is not in step' | 'the storage engine reports an error';
const REFUSALS: Record<Refusal, { errno: number; code: string }> = {
  'the table is full': { errno: 1114, code: '53100' },
  'the node is not in step': { errno: 1047, code: '57P03' },
  'the storage engine reports an error': { errno: 1030, code: '58030' },
};

/** What breaks a database server, in the words of its family. */
interface Breakages {
  /** At most this many connections; null: as before. */
  limitConnections({ query, server }: Database, most: number | null): Promise<unknown>;
  /** From now on, a kill of the server loses what it has committed last. */
  loseCommits({ query }: Database, sidecars: readonly Sidecar[]): Promise<unknown>;
  /** Commits survive again, after a restart of the server. */
  keepCommits({ query }: Database): Promise<unknown>;
  lockTable(session: Session, table: string): Promise<unknown>;
  /** Nothing can be written, as on a replica. */
  readOnly({ query }: Database, on: boolean): Promise<unknown>;
  /** Every change of a token fails with this error; null: no longer. */
  refuseTokens({ query }: Database, refusal: Refusal | null): Promise<unknown>;
  /** The sidecar's user loses the right to change tokens. */
  revokeTokens(database: Database): Promise<unknown>;
  /** @returns a table with the numbers from 1 to `last` in its column `seq` */
  numbersTo(last: number): string;
}

const MARIADB: Breakages = {
  limitConnections: ({ query }, most) => query(`SET GLOBAL max_connections = ${most ?? 60}`),
  // Nothing reaches the disk any more.
  loseCommits: ({ query }) =>
    query('SET GLOBAL innodb_flush_log_at_timeout = 2000; SET GLOBAL innodb_flush_log_at_trx_commit = 0'),
  keepCommits: async () => undefined,
  lockTable: (session, table) => session.query(`LOCK TABLES ${table} WRITE`),
  readOnly: ({ query }, on) => query(`SET GLOBAL read_only = ${on ? 1 : 0}`),
  refuseTokens: ({ query }, refusal) =>
    query(
      refusal === null
        ? 'DROP TRIGGER chaos'
        : `CREATE TRIGGER chaos BEFORE UPDATE ON oauth2_token FOR EACH ROW
           SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${REFUSALS[refusal].errno}, MESSAGE_TEXT = 'chaos'`,
    ),
  async revokeTokens({ query, rows, server }) {
    const account = `'${SIDECAR_USER.user}'@'${server.database.host}'`;
    const [[columns = ''] = []] = await rows(
      `SELECT GROUP_CONCAT(column_name) FROM information_schema.column_privileges
       WHERE grantee = "${account}" AND table_name = 'oauth2_token' AND privilege_type = 'UPDATE'
         AND table_schema = '${server.database.database}'`,
    );
    const what = columns === '' || columns === 'NULL' ? 'UPDATE' : `UPDATE (${columns})`;
    await query(`REVOKE ${what} ON oauth2_token FROM ${account}`);
  },
  numbersTo: (last) => `seq_1_to_${last}`,
};

const POSTGRES: Breakages = {
  limitConnections: ({ query, server }, most) =>
    query(`ALTER DATABASE "${server.database.database}" CONNECTION LIMIT ${most ?? -1}`),
  async loseCommits({ query }, sidecars) {
    await query(`ALTER SYSTEM SET wal_writer_delay = '10s'; ALTER SYSTEM SET wal_writer_flush_after = '1GB';
      SELECT pg_reload_conf(); ALTER ROLE "${SIDECAR_USER.user}" SET synchronous_commit = off`);
    // Settings of a user apply to new connections.
    for (const { proxy } of sidecars) proxy.cut();
  },
  keepCommits: ({ query }) =>
    query(`ALTER SYSTEM RESET ALL; SELECT pg_reload_conf(); ALTER ROLE "${SIDECAR_USER.user}" RESET ALL`),
  async lockTable(session, table) {
    await session.query('BEGIN');
    await session.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  },
  readOnly: ({ query }, on) =>
    query(`ALTER SYSTEM SET default_transaction_read_only = ${on ? 'on' : 'off'}; SELECT pg_reload_conf()`),
  refuseTokens: ({ query }, refusal) =>
    query(
      refusal === null
        ? 'DROP TRIGGER chaos ON oauth2_token'
        : `CREATE OR REPLACE FUNCTION chaos() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'chaos' USING ERRCODE = '${REFUSALS[refusal].code}'; END $$;
           CREATE TRIGGER chaos BEFORE UPDATE ON oauth2_token FOR EACH ROW EXECUTE FUNCTION chaos()`,
    ),
  revokeTokens: ({ query }) => query(`REVOKE UPDATE ON oauth2_token FROM "${SIDECAR_USER.user}"`),
  numbersTo: (last) => `generate_series(1, ${last}) AS numbers (seq)`,
};

export const BREAKAGES: Breakages = IS_POSTGRES ? POSTGRES : MARIADB;
