import type { Clock } from '../clock.js';

/** This many failures have no consequence: people mistype, and settings are saved too early. */
const FREE = 3;
/** Milliseconds. */
const LONGEST_DELAY = 30_000;
const FORGOTTEN_AFTER = 15 * 60_000;
/** More keys than this are never remembered; the oldest goes first. */
const MOST_KEYS = 10_000;

/** Remembers failed sign-ins by key, such as an address or a user name, in bounded memory. */
export interface FailedSignIns {
  /** How long a sign-in with these keys waits before it is examined, in milliseconds: 0, 1 s, 2 s … 30 s. */
  delay(keys: readonly string[]): number;
  note(keys: readonly string[]): void;
  forget(keys: readonly string[]): void;
}

export function createFailedSignIns(clock: Clock): FailedSignIns {
  const failures = new Map<string, { count: number; at: number }>();

  function countOf(key: string): number {
    const known = failures.get(key);
    if (!known) return 0;
    if (clock().getTime() - known.at < FORGOTTEN_AFTER) return known.count;
    failures.delete(key);
    return 0;
  }

  return {
    delay(keys) {
      const most = Math.max(0, ...keys.map(countOf));
      return most < FREE ? 0 : Math.min(LONGEST_DELAY, 1000 * 2 ** Math.min(most - FREE, 10));
    },
    note(keys) {
      for (const key of keys) {
        const count = countOf(key) + 1;
        // Removed first, so that the map stays in the order of the last failure.
        failures.delete(key);
        failures.set(key, { count, at: clock().getTime() });
      }
      for (const key of failures.keys()) {
        if (failures.size <= MOST_KEYS) break;
        failures.delete(key);
      }
    },
    forget(keys) {
      for (const key of keys) failures.delete(key);
    },
  };
}
