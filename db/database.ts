import net from 'node:net';
import knexFactory, { type Knex } from 'knex';
import { SidecarError } from '../plugin/errors.js';
import { guardPassword } from './guard-password.js';
import { fromMysqlError } from './mysql-errors.js';
import { createTimeLimit, type LimitedConnection } from './time-limit.js';

/** As plugin/config reads them from Kernel/Config.pm. A socket wins over host and port. */
export interface DatabaseAddress {
  host: string;
  port: number;
  socket: string | null;
  database: string;
  user: string;
  password: string;
  /** Absent or null: without TLS, as the helpdesk's own connection is then. */
  tls?: DatabaseTls | null;
}

/** TLS to the database server; without it being offered there is no connection. Texts in PEM. */
interface DatabaseTls {
  /** Who may have signed the server's certificate; null: those that Node.js trusts. */
  ca: string | null;
  cert: string | null;
  key: string | null;
  /** OpenSSL's names. */
  ciphers: string | null;
  /** Is the server's certificate checked at all? */
  checksCertificate: boolean;
  /** Does it have to be made out to the server's name or address? */
  checksName: boolean;
}

/** The only way to the helpdesk's database. Every failure is a SidecarError without values in it. */
export interface Database {
  /** The database's name; information_schema needs it. */
  readonly name: string;
  /** For migrations and tests. */
  readonly knex: Knex;
  /**
   * Runs queries outside of a transaction, or inside the one that this Database stands for.
   * @param what names the query in the log
   * @throws SidecarError database-unavailable, database-busy, schema-unknown, value-too-long, internal
   */
  run<T>(what: string, work: (knex: Knex) => Promise<T>): Promise<T>;
  /** One transaction; inside of one it joins that. What `work` throws rolls it back. */
  transaction<T>(what: string, work: (database: Database) => Promise<T>): Promise<T>;
  /** How often the server was lost so far: each may have cost its last transactions. */
  losses(): number;
  close(): Promise<void>;
}

export interface PoolOptions {
  /** Most connections at once. Default 8: a helpdesk shares its server with many Apache children. */
  max?: number;
  /** How long to wait for a connection, in milliseconds. Default 5000. */
  timeoutMs?: number;
  /** How long one statement may take before its connection is given up, in milliseconds. Default 20,000. */
  queryMs?: number;
}

/** After so much silence the system asks whether the other side is still there. Milliseconds. */
const KEEP_ALIVE = 10_000;

/**
 * Opens a pool; the first connection is made by the first query.
 * @param address credentials, from Kernel/Config.pm
 */
export function openDatabase(
  address: DatabaseAddress,
  { max = 8, timeoutMs = 5000, queryMs = 20_000 }: PoolOptions = {},
): Database {
  const { limit, isTrusted } = createTimeLimit(queryMs);
  const count = { losses: 0 };
  const where =
    address.socket === null ? { host: address.host, port: address.port } : { socketPath: address.socket };
  const { tls = null } = address;
  const { plugins, noteServer } = guardPassword(
    // Where the socket is gone, because the server is down, the port is tried in its place (database-credentials.ts).
    [address.socket, `${address.host}:${address.port}`]
      .flatMap((at) => at ?? [])
      .map((at) => `${address.user}@${at}`),
  );
  const knex = knexFactory({
    client: 'mysql2',
    connection: {
      ...where,
      ...(tls ? { ssl: sslOptions(tls) } : {}),
      ...(tls?.checksName && address.socket === null && net.isIP(address.host) !== 0
        ? { stream: () => addressedSocket(address) }
        : {}),
      user: address.user,
      password: address.password,
      database: address.database,
      // Wider than the helpdesk's own utf8mb3 connection: what its columns cannot hold is refused before (columns.ts).
      charset: 'utf8mb4',
      // Dates are in the helpdesk's zone, which the driver cannot know: they stay text.
      dateStrings: true,
      connectTimeout: timeoutMs,
      enableKeepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE,
      // Debian lets its root in by who runs the client: the server asks for nothing.
      authPlugins: {
        unix_socket: nothingToSay,
        auth_socket: nothingToSay,
        // A server that has proved who it is may ask for the password.
        ...(tls?.checksCertificate && tls.checksName && address.socket === null ? {} : plugins),
      },
      supportBigNumbers: true,
    },
    pool: {
      min: 0,
      max,
      idleTimeoutMillis: 30_000,
      createTimeoutMillis: 2 * timeoutMs,
      afterCreate(connection: LimitedConnection, done: (error: unknown, connection: unknown) => void) {
        limit(connection);
        noteServer(connection);
        connection.on('error', () => count.losses++);
        prepareSession(connection, done);
      },
      validate: isTrusted,
    },
    acquireConnectionTimeout: timeoutMs,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
  return asDatabase(knex, address.database, count, false);
}

const sslOptions = ({ ca, cert, key, ciphers, checksCertificate, checksName }: DatabaseTls) => ({
  ...Object.fromEntries(Object.entries({ ca, cert, key, ciphers }).filter(([, value]) => value !== null)),
  rejectUnauthorized: checksCertificate,
  verifyIdentity: checksName,
});

/**
 * Node compares a certificate with the name that a socket was opened for, which an address is not, and takes `localhost` then.
 * The socket's own note of it makes it compare with the address (tls.connect(), `options.socket._host`).
 */
function addressedSocket({ host, port }: DatabaseAddress): net.Socket {
  const socket = net.connect({ host, port, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE });
  return Object.assign(socket, { _host: host });
}

const nothingToSay = () => () => Buffer.alloc(0);

/** MariaDB skips comments of these versions. */
const SESSION = `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 3,
  SESSION wait_timeout = 60
  /*!80002 , SESSION information_schema_stats_expiry = 0 */`;

/**
 * Strict mode, whatever the server's default is: nothing is ever cut to fit. Setting the whole mode also makes sure that
 * NO_BACKSLASH_ESCAPES and ANSI_QUOTES are off, which the driver's quoting of values relies on. MySQL 8 would tell when a table
 * was last written to as it was up to a day ago (last-write.ts). A row that somebody holds locked is waited for a few seconds, not
 * the usual 50: renewals that are written together wait for it together (repositories/token-saves.ts). A connection that has
 * fallen silent in the middle of a transaction would keep its rows locked for the server's usual eight hours: the server ends
 * it after a minute, twice as long as the pool keeps one that nobody uses.
 *
 * On a Galera cluster every statement waits until its node has what the others have committed: without that a consent begun
 * on one node is unknown on the next one for a moment. Other servers do not know the variable, or take no notice of it.
 */
function prepareSession(
  connection: LimitedConnection,
  done: (error: unknown, connection: unknown) => void,
): void {
  connection.query(SESSION, (error: unknown) =>
    error
      ? done(error, connection)
      : connection.query('SET SESSION wsrep_sync_wait = 7', () => done(null, connection)),
  );
}

function asDatabase(knex: Knex, name: string, count: { losses: number }, joined: boolean): Database {
  const run = async <T>(what: string, work: (knex: Knex) => Promise<T>): Promise<T> => {
    try {
      return await work(knex);
    } catch (error) {
      const fault = fromMysqlError(error, what);
      if (fault instanceof SidecarError && fault.code === 'database-unavailable') count.losses++;
      throw fault;
    }
  };
  return {
    name,
    knex,
    run,
    transaction: (what, work) =>
      joined
        ? work(asDatabase(knex, name, count, true))
        : run(what, () => knex.transaction((trx) => work(asDatabase(trx, name, count, true)))),
    losses: () => count.losses,
    close: () => knex.destroy(),
  };
}
