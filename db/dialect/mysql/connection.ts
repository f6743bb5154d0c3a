import net from 'node:net';
import knexFactory from 'knex';
import type { DatabaseTls } from '../../../plugin/domain/helpdesk/database-credentials.js';
import type { Connect, DatabaseAddress } from '../connection.js';
import { findSocket } from '../find-socket.js';
import { createTimeLimit, type LimitedConnection } from '../time-limit.js';
import { OtherServer } from '../wrong-server.js';
import { guardPassword, UnprovenServer } from './guard-password.js';

/**
 * How long a connection may be silent before the system checks whether the other side still exists.
 * Milliseconds.
 */
const KEEP_ALIVE = 10_000;

interface MysqlConnection extends LimitedConnection {
  stream: { destroy(error?: Error): unknown };
}

export const connect: Connect = (address, { max = 8, timeoutMs = 5000, queryMs = 20_000 }, onLoss) => {
  const { limit, isTrusted } = createTimeLimit<MysqlConnection>(queryMs, ({ stream }, error) =>
    stream.destroy(error),
  );
  const knex = knexFactory({
    client: 'mysql2',
    connection: () => {
      const socket = findSocket(address.socket);
      return {
        ...connectionOptions(address, socket),
        // Earlier than the pool, so that its error says why.
        connectTimeout: 0.9 * timeoutMs,
        // The server may have been started since, and has its socket now.
        expirationChecker: () => findSocket(address.socket) !== socket,
      };
    },
    pool: {
      min: 0,
      max,
      idleTimeoutMillis: 30_000,
      createTimeoutMillis: 2 * timeoutMs,
      afterCreate(connection: MysqlConnection, done: (error: unknown, connection: unknown) => void) {
        limit(connection);
        connection.on('error', onLoss);
        prepareSession(connection, done);
      },
      validate: isTrusted,
    },
    acquireConnectionTimeout: timeoutMs,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
  const client = knex.client as { acquireRawConnection(): Promise<MysqlConnection> };
  const open = client.acquireRawConnection.bind(client);
  client.acquireRawConnection = () =>
    open().catch((error: unknown) => {
      throw isOtherProtocol(error) ? new OtherServer('MySQL/MariaDB') : error;
    });
  return knex;
};

/** The driver could not read the first bytes; it gives every error of a server and of the network a code. */
const isOtherProtocol = (error: unknown): boolean =>
  error instanceof RangeError ||
  (error instanceof Error &&
    !(error instanceof UnprovenServer) &&
    (error as { code?: string }).code === undefined);

/** @param socket the Unix socket of this connection; null: host and port */
function connectionOptions(address: DatabaseAddress, socket: string | null) {
  const { host, port, user, password, database, tls = null, server = [] } = address;
  const checksServer = tls?.checksCertificate && tls.checksName && socket === null;
  return {
    ...(socket === null ? { host, port } : { socketPath: socket }),
    ...(tls ? { ssl: sslOptions(tls) } : {}),
    ...(tls?.checksName && socket === null && net.isIP(host) !== 0
      ? { stream: () => addressedSocket(address) }
      : {}),
    user,
    password,
    database,
    // Wider than the helpdesk's own utf8mb3 connection: what its columns cannot hold is rejected before
    // (columns.ts).
    charset: 'utf8mb4',
    // Dates are in the helpdesk's zone, which the driver does not know, so they stay text.
    dateStrings: true,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE,
    // Debian authenticates its root by the user who runs the client: the server asks for nothing.
    authPlugins: {
      unix_socket: nothingToSay,
      auth_socket: nothingToSay,
      // A server that has authenticated may ask for the password.
      ...(checksServer ? {} : guardPassword(socket, server)),
    },
    supportBigNumbers: true,
  };
}

const sslOptions = ({ ca, cert, key, ciphers, checksCertificate, checksName }: DatabaseTls) => ({
  ...Object.fromEntries(Object.entries({ ca, cert, key, ciphers }).filter(([, value]) => value !== null)),
  rejectUnauthorized: checksCertificate,
  verifyIdentity: checksName,
});

/**
 * Node compares a certificate with the name that a socket was opened for. For an address there is no name,
 * and Node uses `localhost`. The socket's own note of the host makes it compare with the address
 * (tls.connect(), `options.socket._host`).
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
 * Sets strict mode, whatever the server's default is, so that nothing is truncated. Setting the whole mode
 * also ensures that NO_BACKSLASH_ESCAPES and ANSI_QUOTES are off, which the driver's quoting of values
 * requires. MySQL 8 caches for up to a day when a table was last written to (statements.ts). The wait for a
 * locked row is a few seconds instead of the usual 50, because renewals that are written together wait for it
 * together (repositories/token-saves.ts). A connection that falls silent during a transaction would keep its
 * rows locked for the server's usual eight hours: the server closes it after a minute, twice as long as the
 * pool keeps an unused one.
 *
 * On a Galera cluster every statement waits until its node has what the others have committed. Otherwise a
 * consent started on one node is unknown on another for a moment. Other servers do not know the variable, or
 * ignore it.
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
