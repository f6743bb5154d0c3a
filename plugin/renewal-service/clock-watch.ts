import type { Clock } from '../domain/clock.js';

/** A clock that is set back by less changes nothing that matters. Milliseconds. */
const LEAST = 60_000;

/**
 * Notices that somebody set the clock back (time synchronisation after a start with a wrong one, a person).
 * @param elapsed milliseconds that really pass, whatever is done to the clock; while a machine sleeps it may stand still
 */
export function createClockWatch(clock: Clock, elapsed: () => number) {
  const difference = () => clock().getTime() - elapsed();
  let before = difference();
  return {
    /**
     * Does the work if the clock was set back since it was last done.
     * @param work gets by how many milliseconds; where it throws it is asked for again
     */
    async whenSetBack(work: (by: number) => Promise<void>): Promise<void> {
      const now = difference();
      if (before - now >= LEAST) await work(before - now);
      before = now;
    },
  };
}
