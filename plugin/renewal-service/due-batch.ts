import type { Clock } from '../domain/clock.js';
import { isClientCredentials, renewalUrl } from '../domain/configuration/auth-flow.js';
import { hostOf as providerName, tokenUrl } from '../domain/provider/provider.js';
import { dueTime } from '../domain/token/due-time.js';
import { decide, type RenewalPolicy, type RenewalReason } from '../domain/token/renewal.js';
import type { RenewalRow, RenewalStore } from '../domain/token/renewal-store.js';
import { markOf, tokenState } from '../domain/token/token-state.js';

/** What waits for its turn comes back to the due list after this, should this process die. Milliseconds. */
const TURN = 60_000;

/** The provider that a row's renewal asks: host and port; '' where there is none. */
export function hostOf({ config }: RenewalRow): string {
  const url = renewalUrl(config.document);
  return URL.canParse(url) ? new URL(url).host : '';
}

/** The same as it is stored with the state, without the port: what fails and recovers together. */
export const providerHost = ({ config }: RenewalRow): string => providerName(tokenUrl(config.document));

/**
 * The helpdesk refreshes a token that has ended by itself, and takes no lease: both would use the same refresh token, which
 * kills the grant at a provider that rotates. So its rows say for a moment that the token still works, which keeps it from
 * beginning, and what it has begun by then gets this time to come to the row. Milliseconds.
 */
export const THEIR_TURN = 2500;
/** After this the helpdesk may try by itself, if we could not. Milliseconds. */
const HELD_OFF = 60_000;

/** So many are remembered at once. */
const MOST_WAITED = 10_000;

/** A refresh token that the helpdesk itself may be about to use. After a failure of ours it may as well try. */
const mayBeTheirs = ({ config, token, renewal }: RenewalRow, reason: RenewalReason) =>
  reason === 'expired' &&
  renewal.failures === 0 &&
  Boolean(token.accessToken && token.refreshToken) &&
  !isClientCredentials(config.document);

export interface DueBatchDeps {
  renewals: Pick<RenewalStore, 'due' | 'schedule' | 'noteTimes' | 'holdOff'>;
  clock: Clock;
  /** How many of the due list one query takes. */
  batch: number;
  /** How long the helpdesk gets for what it has begun with a token that has ended, in milliseconds. Default 0. */
  theirTurn?: number;
  /** Gets each row that is to be renewed. @param since when its waiting began */
  renew(row: RenewalRow, since: Date): void;
}

/** Takes what is due off the list: each row gets its next time, and those to be renewed are handed on. */
export function createDueBatch({ renewals, clock, batch, theirTurn = 0, renew }: DueBatchDeps) {
  /** For whom the helpdesk was given its turn: the end of the access token then. Nobody waits twice for one token. */
  const waited = new Map<number, number>();

  function givesTurn(row: RenewalRow, reason: RenewalReason): boolean {
    const { id } = row.config;
    const end = row.token.accessTokenExpiresAt?.getTime() ?? 0;
    if (theirTurn === 0 || !mayBeTheirs(row, reason) || waited.get(id) === end) return false;
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
      // Its stored state is to be true, so a row is due when its state changes, too.
      const waits = isDue && givesTurn(row, reason);
      const at = isDue
        ? new Date(now.getTime() + (waits ? theirTurn : TURN))
        : dueTime(row, decision, state, now);
      return {
        row,
        isDue: isDue && !waits,
        waits,
        reason,
        at,
        configId: row.config.id,
        mark: markOf(state, row.config.document),
      };
    });
    const unnoted = rows.filter((row) => row.unnoted !== undefined);
    if (unnoted.length > 0) await renewals.noteTimes(unnoted);
    await renewals.schedule(entries, now);
    for (const { row, isDue } of entries) if (isDue) renew(row, now);
    // Only now: whoever looks meanwhile finds them either not due, or ended as we did.
    const theirs = entries.filter(({ waits }) => waits).map(({ configId }) => configId);
    if (theirs.length > 0) await renewals.holdOff(theirs, now, new Date(now.getTime() + HELD_OFF));
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
