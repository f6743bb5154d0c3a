import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import { decide, type RenewalPolicy } from '../domain/token/renewal.js';
import type { RenewalStore } from '../domain/token/renewal-store.js';
import { markOf } from '../domain/token/state-mark.js';
import { tokenState } from '../domain/token/token-state.js';
import { findForgotten } from '../usecases/find-forgotten.js';

/** IDs in a log line. */
const MOST_NAMED = 20;

export interface ForgottenDeps {
  renewals: Pick<RenewalStore, 'unscheduled' | 'schedule'>;
  clock: Clock;
  log: Log;
}

export type Forgotten = ReturnType<typeof createForgotten>;

/**
 * Makes renewable configurations due at once that have no due time. This should never happen, so it is logged
 * as an error, but our mistake must not stop a mailbox.
 */
export function createForgotten({ renewals, clock, log }: ForgottenDeps) {
  let total = 0;
  return {
    async check(policy: RenewalPolicy): Promise<void> {
      const now = clock();
      const rows = await findForgotten(renewals, now);
      if (rows.length === 0) return;
      await renewals.schedule(
        rows.map((row) => ({
          configId: row.config.id,
          at: now,
          reason: decide(row, now, policy).reason,
          mark: markOf(tokenState(row, now, policy), row.config.document),
        })),
      );
      total += rows.length;
      log.error(
        { number: rows.length, configIds: rows.slice(0, MOST_NAMED).map(({ config }) => config.id) },
        'configurations without a due time are due now',
      );
    },
    /** How many were found since this process started. */
    total: () => total,
  };
}
