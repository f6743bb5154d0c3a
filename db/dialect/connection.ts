import type { Knex } from 'knex';
import type {
  DatabaseCredentials,
  DatabaseFamily,
  DatabaseTls,
} from '../../plugin/domain/helpdesk/database-credentials.js';

/** How to reach the server, and what is known about it. */
export interface DatabaseAddress extends Omit<DatabaseCredentials, 'family' | 'tls'> {
  /** Missing: the family that most helpdesks use. */
  family?: DatabaseFamily;
  /** Missing or null: without TLS, like the helpdesk's own connection. */
  tls?: DatabaseTls | null;
  /** Missing: nothing is known about the server. */
  server?: KnownServer;
  /**
   * The ID of the system user who opens the connections to a Unix socket, because the server may sign in that user
   * without a password. Only root may be another user. Missing: the user of this process.
   */
  systemUser?: number;
}

/**
 * How to recognise a server that may receive the password itself: fingerprints (`SHA256:…`) of its keys, a
 * word for a server that never asks for the password, or `any`. Empty: nothing is known.
 */
export type KnownServer = readonly string[];

export interface PoolOptions {
  /** The most connections at a time. Default 8: a helpdesk shares its server with many Apache processes. */
  max?: number;
  /** How long to wait for a connection, in milliseconds. Default 5000. */
  timeoutMs?: number;
  /** How long one statement may take before its connection is destroyed, in milliseconds. Default 20,000. */
  queryMs?: number;
  /**
   * For a user with more rights than the helpdesk's, who may create functions, operators and tables in the database: an
   * unqualified name means what the server itself provides, and nothing else. Default false.
   */
  catalogOnly?: boolean;
}

/**
 * Opens a pool; the first query opens the first connection. Every connection
 * - sends and receives every character of Unicode, whatever the tables can hold;
 * - returns dates as the texts `YYYY-MM-DD hh:mm:ss` that the helpdesk stores, because they are in the
 *   helpdesk's time zone, which the driver does not know;
 * - rejects a value that a column cannot hold, whatever the server's default is: nothing is truncated;
 * - waits about 3 s for a locked row, then fails with an error that is `isBusy`;
 * - is closed by the server about a minute after it falls silent, so that a lost process keeps no row locked;
 * - sees, on a cluster, what any node has committed;
 * - is destroyed when a statement takes longer than `queryMs`, except for one that changes tables;
 * - sends the password in readable form only to a server that has authenticated.
 *
 * Raw statements, including `LIMIT`, may have placeholders: `?` for a value, `??` for a name.
 * @param onLoss called for each connection that breaks
 */
export type Connect = (address: DatabaseAddress, options: PoolOptions, onLoss: () => void) => Knex;
