import { TimeOut } from '../../plugin/lib/in-time.js';

/** A driver's connection, as far as it is used here. */
export interface LimitedConnection {
  query(...given: unknown[]): unknown;
  on(event: 'error', heard: (error: unknown) => void): unknown;
  /** By a monotonic clock, in milliseconds. */
  openedAt?: number;
}

/** A query as one of the drivers takes it. */
type Query = string | { sql?: string; text?: string } | null;

/** Changing a large table may take any time; TCP keep-alive detects a lost connection meanwhile. */
const CHANGES_TABLES = /^\s*(alter|create|drop|rename|truncate)\s/i;
/**
 * The last part of the wait, in which answers that arrived while the process stood still are read.
 * Milliseconds.
 */
const LAST_LOOK = 500;

/**
 * A firewall may silently drop open connections, and a query on one would wait for ever. So each query has a
 * time limit, after which its connection is destroyed. Connections opened before that may be dead, too, and
 * are not used again.
 * @param ms for one statement
 * @param destroy ends the connection at once, which rejects everything that waits for it
 */
export function createTimeLimit<Connection extends LimitedConnection>(
  ms: number,
  destroy: (connection: Connection, error?: Error) => void,
) {
  let trustedSince = Number.NEGATIVE_INFINITY;

  function giveUp(connection: Connection): void {
    trustedSince = performance.now();
    destroy(connection, Object.assign(new TimeOut('no answer in time'), { code: 'ETIMEDOUT' }));
  }

  return {
    /** Applies the time limit to every query of this connection. */
    limit(connection: Connection): void {
      connection.openedAt = performance.now();
      const query = connection.query.bind(connection);
      connection.query = (...given: unknown[]) => {
        const done = given.at(-1);
        const first = given[0] as Query;
        const sql = typeof first === 'string' ? first : (first?.sql ?? first?.text);
        if (typeof done !== 'function' || CHANGES_TABLES.test(sql ?? '')) return query(...given);
        let timer = setTimeout(() => {
          timer = setTimeout(giveUp, LAST_LOOK, connection);
        }, ms);
        return query(...given.slice(0, -1), (...results: unknown[]) => {
          clearTimeout(timer);
          done(...results);
        });
      };
    },
    /** For the pool: destroys a connection that is older than the last time-out instead of using it. */
    isTrusted(connection: Connection): boolean {
      if ((connection.openedAt ?? 0) > trustedSince) return true;
      destroy(connection);
      return false;
    },
  };
}
