import type { Clock } from '../domain/clock.js';

/** Setting the clock back by less changes nothing that matters. Milliseconds. */
const LEAST = 60_000;

/**
 * Notices when the clock is set back (by time synchronisation after a start with a wrong clock, or by an
 * admin).
 * @param elapsed milliseconds that really pass, independent of the clock; may stand still while a machine
 *   sleeps
 */
export function createClockWatch(clock: Clock, elapsed: () => number) {
  const difference = () => clock().getTime() - elapsed();
  let before = difference();
  return {
    /**
     * Runs `work` if the clock was set back since the last call.
     * @param work receives by how many milliseconds; if it throws, the next call runs it again
     */
    async whenSetBack(work: (by: number) => Promise<void>): Promise<void> {
      const now = difference();
      if (before - now >= LEAST) await work(before - now);
      before = now;
    },
  };
}
