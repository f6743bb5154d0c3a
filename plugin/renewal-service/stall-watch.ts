import type { Log } from '../domain/log.js';

/**
 * Milliseconds between two checks. A suspended process misses checks, so it raises no alarm when it
 * continues.
 */
const CHECK = 5000;
/** The number of checks without a completed pass after which something hangs: a minute. */
const STALLED = 12;

export type StallWatch = ReturnType<typeof createStallWatch>;

/**
 * Notices that no pass over the due list has completed for a minute, because the database does not answer or a step
 * hangs. Depends on neither, so that it can report both.
 */
export function createStallWatch(log: Log) {
  let checks = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    /** Call it when a pass has read the due list to its end. */
    ended(): void {
      if (checks >= STALLED)
        log.info({ seconds: (checks * CHECK) / 1000 }, 'passes over the due list complete again');
      checks = 0;
    },
    /** Called by its own timer; by hand in tests. */
    check(): void {
      checks++;
      if (checks % STALLED === 0)
        log.error(
          { code: 'renewals-stalled', seconds: (checks * CHECK) / 1000 },
          'no pass over the due list has completed',
        );
    },
    /** Seconds since a pass completed, to the nearest check. */
    seconds: (): number => (checks * CHECK) / 1000,
    isStalled: (): boolean => checks >= STALLED,
    start(): void {
      clearInterval(timer);
      checks = 0;
      timer = setInterval(() => this.check(), CHECK).unref();
    },
    stop(): void {
      clearInterval(timer);
      checks = 0;
    },
  };
}
