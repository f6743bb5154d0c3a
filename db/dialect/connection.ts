import type { Knex } from 'knex';
import type { DatabaseCredentials, DatabaseTls } from '../../plugin/domain/helpdesk/database-credentials.js';

/** How to reach the server, and what is known of it. */
export interface DatabaseAddress extends Omit<DatabaseCredentials, 'tls'> {
  /** Absent or null: without TLS, as the helpdesk's own connection is then. */
  tls?: DatabaseTls | null;
  /** Absent: nothing is known of the server. */
  server?: KnownServer;
}

/**
 * How the server is recognised that may be told the password itself: fingerprints (`SHA256:…`) of the keys that it shows, a word
 * for a server that never asks for it, or `any`. Empty: nothing is known.
 */
export type KnownServer = readonly string[];

export interface PoolOptions {
  /** Most connections at once. Default 8: a helpdesk shares its server with many Apache children. */
  max?: number;
  /** How long to wait for a connection, in milliseconds. Default 5000. */
  timeoutMs?: number;
  /** How long one statement may take before its connection is given up, in milliseconds. Default 20,000. */
  queryMs?: number;
}

/**
 * Opens a pool; the first query makes the first connection. Every connection of it
 * - sends and receives every character of Unicode, whatever the tables can hold;
 * - returns dates as the texts `YYYY-MM-DD hh:mm:ss` that the helpdesk stores: they are in the helpdesk's time zone, which the
 *   driver cannot know;
 * - refuses a value that a column cannot hold, whatever the server's default is: nothing is cut to fit;
 * - waits about 3 s for a row that somebody holds locked, then fails with an error that is `isBusy`;
 * - is ended by the server within about a minute once it falls silent, so that a lost process keeps no row locked;
 * - sees, on a cluster, what any node has committed;
 * - is destroyed when a statement takes longer than `queryMs`, except one that changes tables;
 * - gives the password in readable form to nobody but a server that has proved who it is.
 * Raw statements, `LIMIT` included, may have placeholders: `?` for a value, `??` for a name.
 * @param onLoss called for each connection that breaks
 */
export type Connect = (address: DatabaseAddress, options: PoolOptions, onLoss: () => void) => Knex;
