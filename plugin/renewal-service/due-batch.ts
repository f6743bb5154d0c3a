import type { Clock } from '../domain/clock.js';
import { renewalUrl } from '../domain/configuration/auth-flow.js';
import { tokenUrl } from '../domain/provider/provider.js';
import { dueTime } from '../domain/token/due-time.js';
import { HELD_OFF, helpdeskMayRefresh } from '../domain/token/helpdesk-refresh.js';
import { decide, type RenewalPolicy } from '../domain/token/renewal.js';
import type { RenewalRow, RenewalStore } from '../domain/token/renewal-store.js';
import { markOf } from '../domain/token/state-mark.js';
import { tokenState } from '../domain/token/token-state.js';
import { hostOf } from '../lib/host-of.js';

/** If this process dies, a renewal that waits in its queue is due again after this time. Milliseconds. */
const TURN = 60_000;

/** The provider of a row's renewal: host and port; '' if there is none. */
export function renewalHost({ config }: RenewalRow): string {
  const url = renewalUrl(config.document);
  return URL.canParse(url) ? new URL(url).host : '';
}

/** The provider as stored with the state, without the port: its configurations fail and recover together. */
export const providerHost = ({ config }: RenewalRow): string => hostOf(tokenUrl(config.document));

/** The most tokens to remember. */
const MOST_WAITED = 10_000;

export interface DueBatchDeps {
  renewals: Pick<RenewalStore, 'due' | 'schedule' | 'noteTimes' | 'holdOff'>;
  clock: Clock;
  /** How many rows of the due list one query takes. */
  batch: number;
  /**
   * How long to wait for a refresh that the helpdesk has started with an expired token, in milliseconds.
   * Default 0.
   */
  helpdeskRefresh?: number;
  /**
   * Receives each row to be renewed.
   * @param since when its wait began
   */
  renew(row: RenewalRow, since: Date): void;
}

/** Takes due rows off the list: sets the next time of each and passes on those to be renewed. */
export function createDueBatch({ renewals, clock, batch, helpdeskRefresh = 0, renew }: DueBatchDeps) {
  /**
   * By configuration: the expiry of the access token for which a renewal waited for the helpdesk. No
   * token waits twice.
   */
  const waited = new Map<number, number>();

  function waitsForHelpdesk(row: RenewalRow, now: Date): boolean {
    const { id } = row.config;
    const end = row.token.accessTokenExpiresAt?.getTime() ?? 0;
    if (helpdeskRefresh === 0 || !helpdeskMayRefresh(row, now) || waited.get(id) === end) return false;
    if (waited.size >= MOST_WAITED) waited.clear();
    waited.set(id, end);
    return true;
  }

  async function take(policy: RenewalPolicy): Promise<number[]> {
    const now = clock();
    const rows = await renewals.due(now, batch);
    const entries = rows.map((row) => {
      const decision = decide(row, now, policy);
      const state = tokenState(row, now, policy);
      const { renew: isDue, reason } = decision;
      // A row is also due when its state changes, so that its stored state stays true.
      const waits = isDue && waitsForHelpdesk(row, now);
      const at = isDue
        ? new Date(now.getTime() + (waits ? helpdeskRefresh : TURN))
        : dueTime(row, decision, state, now);
      return {
        row,
        isDue: isDue && !waits,
        waits,
        reason,
        at,
        configId: row.config.id,
        configMark: row.configMark,
        mark: markOf(state, row.config.document),
      };
    });
    const unnoted = rows.filter((row) => row.unnoted !== undefined);
    if (unnoted.length > 0) await renewals.noteTimes(unnoted);
    await renewals.schedule(entries, now);
    for (const { row, isDue } of entries) if (isDue) renew(row, now);
    // Not earlier: another process that reads the rows meanwhile finds them not due, or expired as we did.
    const heldOff = entries.filter(({ waits }) => waits).map(({ configId }) => configId);
    if (heldOff.length > 0) await renewals.holdOff(heldOff, now, new Date(now.getTime() + HELD_OFF));
    return entries.map(({ configId }) => configId);
  }

  return {
    /** @returns whether more may be due */
    one: async (policy: RenewalPolicy): Promise<boolean> => (await take(policy)).length === batch,
    /** Continues until nothing is due. Locked rows stay due and are not taken over and over. */
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
