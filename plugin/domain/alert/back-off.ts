const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits before the next attempt, after the first failure, the second … (Standard Webhooks, "Retries"). */
const WAITS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR] as const;

/** A message that could not be delivered for this long is given up: a reminder says what still lasts. */
export const GIVE_UP_AFTER = 24 * HOUR;

/** A channel that fails is not tried more often than this, whatever waits for it. */
const LONGEST_PAUSE = 5 * MINUTE;

/** @param failures how many attempts of a message have failed, at least 1 */
export const messageWait = (failures: number): number =>
  WAITS[Math.min(failures, WAITS.length) - 1] ?? WAITS[0];

/** @param failures how many attempts of a channel have failed in a row, at least 1 */
export const channelPause = (failures: number): number => Math.min(LONGEST_PAUSE, messageWait(failures));
