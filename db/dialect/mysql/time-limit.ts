import { TimeOut } from '../../../plugin/lib/in-time.js';

/** The used part of a mysql2 connection. */
export interface LimitedConnection {
  stream: { destroy(error?: Error): unknown };
  query(...given: unknown[]): unknown;
  on(event: 'error', heard: (error: unknown) => void): unknown;
  /** By a monotonic clock, in milliseconds. */
  openedAt?: number;
}

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
 */
export function createTimeLimit(ms: number) {
  let trustedSince = Number.NEGATIVE_INFINITY;

  /** Destroys the connection, which rejects everything that waits for it. */
  function giveUp(connection: LimitedConnection): void {
    trustedSince = performance.now();
    connection.stream.destroy(Object.assign(new TimeOut('no answer in time'), { code: 'ETIMEDOUT' }));
  }

  return {
    /** Applies the time limit to every query of this connection. */
    limit(connection: LimitedConnection): void {
      connection.openedAt = performance.now();
      const query = connection.query.bind(connection);
      connection.query = (...given: unknown[]) => {
        const done = given.at(-1);
        const [first] = given;
        const sql = typeof first === 'string' ? first : (first as { sql?: string } | null)?.sql;
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
    isTrusted(connection: LimitedConnection): boolean {
      if ((connection.openedAt ?? 0) > trustedSince) return true;
      connection.stream.destroy();
      return false;
    },
  };
}
