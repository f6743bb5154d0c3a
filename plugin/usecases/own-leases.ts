import { setTimeout as sleep } from 'node:timers/promises';
import type { RenewalStore } from '../domain/token/renewal-store.js';

export interface OwnLeaseDeps {
  renewals: Pick<RenewalStore, 'release'>;
  /** Identifies this process in leases. */
  holder: string;
  /** Waits; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
}

/** Pauses between attempts to release a lease, in milliseconds; their sum is shorter than a lease. */
const PAUSES = [1000, 2000, 4000, 8000, 16_000, 16_000, 16_000, 16_000, 16_000];

/** The leases that this process uses or still has to release, by store: `holder configuration`. */
const held = new WeakMap<object, Set<string>>();

export interface OwnLease {
  /**
   * Releases the lease in the database, at once or when the database answers again. Otherwise nobody could
   * renew before it expires. Never rejects.
   */
  release(unsettled: boolean): Promise<void>;
  /**
   * Ends the attempt without a release: the lease was not acquired, a transaction has released it, or it is
   * kept for an answer.
   */
  leave(): void;
}

/**
 * Allows one attempt at a time for each configuration. All leases of this process have the same holder, so a
 * late release would end the lease of the next attempt.
 * @returns null if this process is still working on the configuration or has not released its lease yet
 */
export function beginOwnLease(deps: OwnLeaseDeps, configId: number): OwnLease | null {
  const all = held.get(deps.renewals) ?? new Set<string>();
  held.set(deps.renewals, all);
  const key = `${deps.holder} ${configId}`;
  if (all.has(key)) return null;
  all.add(key);
  const leave = () => void all.delete(key);
  const wait = deps.pause ?? ((ms: number) => sleep(ms, undefined, { ref: false }));

  async function releaseLater(once: () => Promise<boolean>): Promise<void> {
    for (const ms of PAUSES) {
      await wait(ms);
      if (await once()) break;
    }
    leave();
  }

  return {
    leave,
    async release(unsettled) {
      const once = async () => {
        try {
          await deps.renewals.release(configId, deps.holder, unsettled);
          return true;
        } catch {
          return false;
        }
      };
      if (await once()) leave();
      else void releaseLater(once);
    },
  };
}
