import type { Clock } from '../domain/clock.js';

/**
 * How long no refresh token is sent after the database was lost. It may have lost its last transactions, and
 * the answers that were in them are in the journals of other sidecars, each of which looks every five seconds
 * and stores them again. Milliseconds.
 */
const QUIET = 10_000;
/** A loss soon after another one, such as one that is repeated by each query, delays nothing further. */
const LEAST_APART = 3 * QUIET;

/** The time after a loss of the database in which the renewal service sends no request. */
export interface QuietTime {
  begin(): void;
  /** Begins it by itself when the database was lost since the last call. */
  isOn(): boolean;
}

/**
 * Returns the quiet time of a process.
 * @param losses how many times the database was lost so far
 */
export function createQuietTime(clock: Clock, losses: () => number): QuietTime {
  const now = () => clock().getTime();
  let began = Number.NEGATIVE_INFINITY;
  let lost = losses();
  // A beginning in the future comes from a clock that has jumped.
  const isSince = (ms: number) => Math.abs(now() - began) < ms;
  return {
    begin() {
      began = now();
    },
    isOn() {
      const before = lost;
      lost = losses();
      if (lost !== before && !isSince(LEAST_APART)) began = now();
      return isSince(QUIET);
    },
  };
}
