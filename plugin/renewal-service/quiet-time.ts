/**
 * How long no refresh token is sent after the database was lost. It may have lost its last transactions, and
 * the answers that were in them are in the journals of other sidecars, each of which looks every five seconds
 * and stores them again. Milliseconds.
 */
const QUIET = 15_000;
/**
 * A connection that is lost so soon after the last quiet time, by each slow query for instance, begins none;
 * a new server always does.
 */
const LEAST_APART = 4 * QUIET;
/** How long a server must have run at the first look. Milliseconds. */
const NEW_SERVER = 30_000;
/** The uptime is in whole seconds, and its answer takes a moment. Milliseconds. */
const TOLERANCE = 1500;

/** The time after a loss of the database in which nobody sends a refresh token. */
export interface QuietTime {
  /**
   * Asks the server how long it has run. Call it before the due list is read.
   * @throws SidecarError database-unavailable: the quiet time goes on until a look succeeds
   */
  look(): Promise<void>;
  /** Also while it is not known yet what a lost connection means, until the next look. */
  isOn(): boolean;
}

export interface QuietTimeDeps {
  /** Milliseconds by a monotonic clock. */
  elapsed(): number;
  /** How many times the database was lost so far. */
  losses(): number;
  /** Seconds since the server started. */
  uptime(): Promise<number>;
}

/**
 * Returns the quiet time of a process. It begins when the server is back, not when it goes away: however long
 * that takes, others need time for their look after it. A server that has run for less time than has passed
 * since the last look is new. One that has not may be another one that took over, hence the losses count.
 */
export function createQuietTime({ elapsed, losses, uptime }: QuietTimeDeps): QuietTime {
  let began = Number.NEGATIVE_INFINITY;
  let lookedAt = elapsed() - NEW_SERVER;
  let known = losses();
  return {
    async look() {
      const lost = losses();
      const age = (await uptime()) * 1000;
      const now = elapsed();
      const isNew = age <= now - lookedAt + TOLERANCE;
      if (isNew || (lost !== known && now - began >= LEAST_APART)) began = now;
      lookedAt = now;
      known = lost;
    },
    isOn: () => losses() !== known || elapsed() - began < QUIET,
  };
}
