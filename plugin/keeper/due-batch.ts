import { renewalUrl } from '../domain/auth-flow.js';
import { dueTime } from '../domain/due-time.js';
import type { Clock, RenewalRow, RenewalStore } from '../domain/ports.js';
import { hostOf as providerName, tokenUrl } from '../domain/provider.js';
import { decide, type RenewalPolicy } from '../domain/renewal.js';
import { markOf, tokenState } from '../domain/token-state.js';

/** What waits for its turn comes back to the due list after this, should this process die. Milliseconds. */
const TURN = 60_000;

/** The provider that a row's renewal asks: host and port; '' where there is none. */
export function hostOf({ config }: RenewalRow): string {
  const url = renewalUrl(config.document);
  return URL.canParse(url) ? new URL(url).host : '';
}

/** The same as it is stored with the state, without the port: what fails and recovers together. */
export const providerHost = ({ config }: RenewalRow): string => providerName(tokenUrl(config.document));

export interface DueBatchDeps {
  renewals: Pick<RenewalStore, 'due' | 'schedule' | 'noteTimes'>;
  clock: Clock;
  /** How many of the due list one query takes. */
  batch: number;
  /** Gets each row that is to be renewed. @param since when its waiting began */
  renew(row: RenewalRow, since: Date): void;
}

/** Takes what is due off the list: each row gets its next time, and those to be renewed are handed on. */
export function createDueBatch({ renewals, clock, batch, renew }: DueBatchDeps) {
  async function take(policy: RenewalPolicy): Promise<number[]> {
    const now = clock();
    const rows = await renewals.due(now, batch);
    const entries = rows.map((row) => {
      const decision = decide(row, now, policy);
      const state = tokenState(row, now, policy);
      const { renew: isDue, reason } = decision;
      // Its stored state is to be true, so a row is due when its state changes, too.
      const at = isDue ? new Date(now.getTime() + TURN) : dueTime(row, decision, state, now);
      return { row, isDue, reason, at, configId: row.config.id, mark: markOf(state, row.config.document) };
    });
    const unnoted = rows.filter((row) => row.unnoted !== undefined);
    if (unnoted.length > 0) await renewals.noteTimes(unnoted);
    await renewals.schedule(entries, now);
    for (const { row, isDue } of entries) if (isDue) renew(row, now);
    return entries.map(({ configId }) => configId);
  }

  return {
    /** @returns whether there may be more that is due */
    one: async (policy: RenewalPolicy): Promise<boolean> => (await take(policy)).length === batch,
    /** Until nothing is due any more. Rows that are locked stay due, and are not taken again and again. */
    async all(policy: RenewalPolicy, isStopped: () => boolean): Promise<void> {
      const taken = new Set<number>();
      while (!isStopped()) {
        const ids = await take(policy);
        if (ids.length < batch || ids.every((id) => taken.has(id))) return;
        for (const id of ids) taken.add(id);
      }
    },
  };
}
