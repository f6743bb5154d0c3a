import type { Clock } from '../domain/clock.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { mailThresholds } from '../domain/mailbox/mail-thresholds.js';
import type { MailWatchStore, WatchedMailbox } from '../domain/mailbox/mail-watch.js';
import { type MailboxState, mailboxState } from '../domain/mailbox/mailbox-state.js';
import type { OverviewStore } from '../domain/token/overview.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalRow } from '../domain/token/renewal-store.js';
import { type TokenState, tokenState } from '../domain/token/token-state.js';
import { outboundOf } from './list-mailboxes.js';
import { fetchingOf } from './watch-mail.js';

export interface MailboxStatesDeps {
  mailWatch: Pick<MailWatchStore, 'look' | 'mailboxes'>;
  overview: Pick<OverviewStore, 'list'>;
  settings: SettingsReader;
  clock: Clock;
}

/** A mailbox with its state now. */
export interface JudgedMailbox {
  mailbox: WatchedMailbox;
  state: MailboxState;
  /** State of its token. */
  token: TokenState | null;
}

/** More than any helpdesk has: one page. */
const ALL = { page: 1, pageSize: 1_000_000 };

/**
 * The states of all mailboxes, and whether fetching as a whole runs; a fixed number of queries.
 * @param known all configurations, where they have been read already
 */
export async function mailboxStates(
  { mailWatch, overview, settings: reader, clock }: MailboxStatesDeps,
  known?: readonly RenewalRow[],
) {
  const now = clock();
  const settings = await reader.current();
  const [look, mailboxes, rows] = await Promise.all([
    mailWatch.look(now),
    mailWatch.mailboxes({ outbound: outboundOf(settings) }),
    known ?? overview.list(ALL).then((page) => page.rows),
  ]);
  // A command has not watched before: what it finds counts from the beginning.
  const fetching = fetchingOf(look, settings, new Date(0), now);
  const policy = policyOf(settings);
  const tokens = new Map(rows.map((row) => [row.config.id, tokenState({ ...row, used: true }, now, policy)]));
  const thresholds = mailThresholds(settings);
  const judged = mailboxes.map((mailbox): JudgedMailbox => {
    const token = tokens.get(mailbox.configId) ?? null;
    const facts = { isWatched: mailbox.isValid, fetches: mailbox.fetches };
    const state = mailboxState(facts, { thresholds, fetching, ...(token ? { token } : {}) }, now);
    return { mailbox, state, token };
  });
  return { judged, fetching };
}
