import { TimeOut } from '../../../plugin/lib/in-time.js';

/** What is used of a connection of mysql2. */
export interface LimitedConnection {
  stream: { destroy(error?: Error): unknown };
  query(...given: unknown[]): unknown;
  on(event: 'error', heard: (error: unknown) => void): unknown;
  /** By a clock that never jumps, in milliseconds. */
  openedAt?: number;
}

/** A change of a large table takes as long as it takes; a lost connection is found by TCP keep-alive meanwhile. */
const CHANGES_TABLES = /^\s*(alter|create|drop|rename|truncate)\s/i;
/** The last part of the wait, in which what has arrived while the process stood still is read. Milliseconds. */
const LAST_LOOK = 500;

/**
 * A firewall may drop open connections without a word: whoever asks then waits for ever. So a query has a time limit, at
 * whose end its connection is destroyed; what was opened before may be as dead, and is thrown away unused.
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
    /** Every query of this connection has the time limit from now on. */
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
    /** For the pool: a connection that is older than the last time-out is destroyed instead of used. */
    isTrusted(connection: LimitedConnection): boolean {
      if ((connection.openedAt ?? 0) > trustedSince) return true;
      connection.stream.destroy();
      return false;
    },
  };
}
