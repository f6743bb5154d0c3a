import type { Clock } from '../domain/clock.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import type { FetchingState } from '../domain/mailbox/fetching-state.js';
import { mailThresholds } from '../domain/mailbox/mail-thresholds.js';
import type { MailTrouble } from '../domain/mailbox/mail-use.js';
import type { MailWatchStore } from '../domain/mailbox/mail-watch.js';
import { type MailboxState, mailboxState, troubleOf } from '../domain/mailbox/mailbox-state.js';

/** The state of a valid mail account that signs in with a token. */
export interface AccountState {
  accountId: number;
  configId: number;
  login: string;
  state: MailboxState;
  /** What somebody must act on; null: nothing, or its token is at fault. */
  trouble: MailTrouble | null;
  /** null: it is not muted. */
  mutedUntil: Date | null;
  fetchedAt: Date | null;
  failedAt: Date | null;
}

/** The helpdesk's page lists all accounts at once; nobody reads more than these. */
const MOST = 1000;

/** Judges mail accounts for the helpdesk's own page of them, those in trouble first: two queries for any number. */
export async function accountStates(
  {
    mailWatch,
    fetching: fetchingNow,
    clock,
  }: { mailWatch: Pick<MailWatchStore, 'mailboxes'>; fetching(): FetchingState | null; clock: Clock },
  settings: Settings,
): Promise<AccountState[]> {
  const now = clock();
  const mailboxes = await mailWatch.mailboxes({ outbound: null, most: MOST });
  const fetching = fetchingNow() ?? { isStopped: false, lastAt: null };
  const thresholds = mailThresholds(settings);
  return mailboxes.flatMap((mailbox): AccountState[] => {
    const { accountId, configId, login, isValid, fetches, mutedUntil } = mailbox;
    if (accountId === null || !isValid) return [];
    const token = mailbox.token && { ...mailbox.token, failingSince: null, endsAt: null };
    const context = { thresholds, fetching, ...(token ? { token } : {}) };
    const state = mailboxState({ isWatched: true, fetches }, context, now);
    return [
      {
        accountId,
        configId,
        login,
        state,
        trouble: troubleOf(state, { accountId, mailbox: login }, now),
        mutedUntil: mutedUntil !== null && mutedUntil > now ? mutedUntil : null,
        fetchedAt: fetches.fetchedAt,
        failedAt: fetches.failedAt,
      },
    ];
  });
}
