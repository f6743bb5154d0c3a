import type { Socket } from 'node:net';
import knexFactory from 'knex';
import type { Client, ClientConfig, CustomTypesConfig } from 'pg';
import type { DatabaseTls } from '../../../plugin/domain/helpdesk/database-credentials.js';
import type { Connect, DatabaseAddress, PoolOptions } from '../connection.js';
import { createTimeLimit, type LimitedConnection } from '../time-limit.js';
import { OtherServer } from '../wrong-server.js';
import { isOtherProtocol, NO_ENCRYPTION } from './errors.js';
import { mayReceivePassword, UnprovenServer } from './guard-password.js';
import { requireCatalogOnly, sessionOptions } from './session.js';
import { socketFolder } from './socket-folder.js';

/** How long a connection may be silent before the system checks whether the other side still exists. Milliseconds. */
const KEEP_ALIVE = 10_000;

/** The driver's client, with what its types leave out. */
type PostgresClient = Omit<Client, 'query'> &
  LimitedConnection & {
    connectionParameters: { options?: string };
    connection: { stream: Socket; emit(event: 'error', error: Error): void };
    /** Knex uses a connection no more once this is set. */
    __knex__disposed?: unknown;
  };

/** How a connection is opened. */
interface Way {
  encrypted: boolean;
  /** With the settings of SESSION. */
  withSession: boolean;
}

interface Driver {
  Client: new (config: ClientConfig) => PostgresClient;
  types: { getTypeParser: CustomTypesConfig['getTypeParser'] };
}

export const connect: Connect = (address, options, onLoss) => {
  const { max = 8, timeoutMs = 5000, queryMs = 20_000, catalogOnly = false } = options;
  const { limit, isTrusted } = createTimeLimit<PostgresClient>(queryMs, ({ connection }, error) =>
    connection.stream.destroy(error),
  );
  const knex = knexFactory({
    client: 'pg',
    // Without it Knex asks each server.
    version: '13.0',
    connection: {},
    pool: {
      min: 0,
      max,
      idleTimeoutMillis: 30_000,
      createTimeoutMillis: 2 * timeoutMs,
      afterCreate(connection: PostgresClient, done: (error: unknown, connection: unknown) => void) {
        limit(connection);
        connection.on('error', onLoss);
        done(null, connection);
      },
      validate: isTrusted,
    },
    acquireConnectionTimeout: timeoutMs,
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
  const client = knex.client as { driver: Driver; _acquireOnlyConnection(): Promise<PostgresClient> };
  client._acquireOnlyConnection = createOpener(client.driver, address, { timeoutMs, catalogOnly });
  return knex;
};

/** SQLSTATE where no rule of pg_hba.conf allows the connection, such as an encrypted one. */
const INVALID_AUTHORIZATION = '28000';

/**
 * Opens one connection after the other. Each begins encrypted where the server may offer it: a server that has refused
 * once, such as while its rules were being changed, does not receive plain connections from then on.
 */
function createOpener(
  driver: Driver,
  address: DatabaseAddress,
  { timeoutMs, catalogOnly }: Required<Pick<PoolOptions, 'timeoutMs' | 'catalogOnly'>>,
) {
  const encrypted = Boolean(address.tls) && address.socket === null;
  let withSession = true;

  async function attempt(how: Way): Promise<PostgresClient> {
    const connection = new (guarded(driver, address))(settingsOf(driver, address, timeoutMs, how));
    // Afterwards, because the driver replaces an empty one by what it finds in the environment.
    connection.connectionParameters.options = how.withSession ? sessionOptions(catalogOnly) : '';
    connection.on('error', (error) => {
      connection.__knex__disposed = error;
    });
    connection.on('end', () => {
      connection.__knex__disposed ??= 'Connection ended unexpectedly';
    });
    try {
      await asUser(address.systemUser, () => connection.connect());
      if (catalogOnly) await requireCatalogOnly(connection);
    } catch (error) {
      // The server may wait for an answer on it for a minute.
      connection.connection.stream.destroy();
      throw isOtherProtocol(error) ? new OtherServer('PostgreSQL') : error;
    }
    return connection;
  }

  /** @returns another way than `failed` that makes sense; null: none */
  function otherWay(error: unknown, failed: Way): Way | null {
    const { code, message } = error as Error & { code?: string };
    const refusesEncryption = NO_ENCRYPTION.test(message) || code === INVALID_AUTHORIZATION;
    if (failed.encrypted && address.tls?.isOptional && refusesEncryption)
      return { ...failed, encrypted: false };
    if (!failed.withSession || catalogOnly || !/unsupported startup parameter/.test(message)) return null;
    // A pooler that gives the same connection to several clients refuses settings of one of them.
    withSession = false;
    return { ...failed, withSession };
  }

  return async (): Promise<PostgresClient> => {
    for (let how: Way = { encrypted, withSession }; ; ) {
      try {
        return await attempt(how);
      } catch (error) {
        const other = otherWay(error, how);
        if (!other) throw error;
        how = other;
      }
    }
  };
}

/**
 * Opens a connection as another system user. The system notes that user at the moment of connect(2), which the driver
 * calls before it returns.
 */
function asUser<T>(id: number | undefined, open: () => T): T {
  if (id === undefined || process.geteuid?.() !== 0) return open();
  process.seteuid?.(id);
  try {
    return open();
  } finally {
    process.seteuid?.(0);
  }
}

/**
 * A client that sends no character that the server would refuse in any text, and does not send the password itself to a
 * server that has not authenticated.
 */
function guarded({ Client }: Driver, address: DatabaseAddress): Driver['Client'] {
  class Storing extends Client {
    override query(...given: unknown[]): unknown {
      const [first] = given as [{ values?: unknown[] } | string];
      if (typeof first === 'object' && first.values) first.values = first.values.map(withoutNull);
      return super.query(...given);
    }
  }
  if (mayReceivePassword(address)) return Storing;
  return class extends Storing {
    /** The driver calls this when the server asks for the password itself. */
    protected _handleAuthCleartextPassword(): void {
      this.connection.emit('error', new UnprovenServer());
    }
  };
}

/** U+0000 is in no text of the server, so nothing equals it; what must be kept is checked before (columns.ts). */
const withoutNull = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;

function settingsOf({ types }: Driver, address: DatabaseAddress, timeoutMs: number, way: Way): ClientConfig {
  return {
    host: socketFolder(address) ?? address.host,
    port: address.port,
    user: address.user,
    // As a function, or the driver replaces an empty one by what it finds in the environment.
    password: () => address.password,
    database: address.database,
    ssl: way.encrypted && address.tls ? sslOptions(address.tls) : false,
    // Earlier than the pool, so that its error says why.
    connectionTimeoutMillis: 0.9 * timeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE,
    types: { getTypeParser: parserOf(types.getTypeParser) },
  };
}

const sslOptions = ({ ca, cert, key, ciphers, checksCertificate, checksName }: DatabaseTls) => ({
  ...Object.fromEntries(Object.entries({ ca, cert, key, ciphers }).filter(([, value]) => value !== null)),
  rejectUnauthorized: checksCertificate,
  ...(checksName ? {} : { checkServerIdentity: () => undefined }),
});

/** Object identifiers of types in pg_type. */
const BIGINT = 20;
const NUMERIC = 1700;
const DATES = [1082, 1114, 1184];

/**
 * Large numbers are numbers as long as JavaScript can keep them. Dates are in the helpdesk's zone, which the driver
 * does not know, so they stay text.
 */
const parserOf =
  (otherwise: CustomTypesConfig['getTypeParser']): CustomTypesConfig['getTypeParser'] =>
  (oid, format) => {
    if (oid === BIGINT || oid === NUMERIC) return safeNumber;
    return DATES.includes(oid) ? asText : otherwise(oid, format as 'text');
  };

const asText = (text: string): string => text;
function safeNumber(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) || text.includes('.') ? number : text;
}
