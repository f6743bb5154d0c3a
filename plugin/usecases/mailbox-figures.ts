import type { Clock } from '../domain/clock.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { mailThresholds } from '../domain/mailbox/mail-thresholds.js';
import type { MailWatchStore } from '../domain/mailbox/mail-watch.js';
import type { MailboxFigures } from '../domain/mailbox/mailbox-figures.js';
import { mailboxState } from '../domain/mailbox/mailbox-state.js';
import { outboundOf } from './list-mailboxes.js';
import { fetchingOf } from './watch-mail.js';

export interface MailboxFiguresDeps {
  mailWatch: Pick<MailWatchStore, 'look' | 'mailboxes'>;
  settings: SettingsReader;
  clock: Clock;
}

/** The state of every mailbox, by stored facts alone: a fixed number of queries. */
export async function mailboxFigures({
  mailWatch,
  settings: reader,
  clock,
}: MailboxFiguresDeps): Promise<MailboxFigures> {
  const now = clock();
  const settings = await reader.current();
  const look = await mailWatch.look(now);
  const mailboxes = await mailWatch.mailboxes({ outbound: outboundOf(settings) });
  const fetching = fetchingOf(look, settings, new Date(0), now);
  const thresholds = mailThresholds(settings);
  return {
    fetching,
    mailboxes: mailboxes.map(({ accountId, login, isValid, fetches, mutedUntil, token }) => {
      const known = token && { ...token, failingSince: null, endsAt: null };
      const context = { thresholds, fetching, ...(known ? { token: known } : {}) };
      const { kind, severity } = mailboxState({ isWatched: isValid, fetches }, context, now);
      return {
        account: accountId ?? 'smtp',
        mailbox: login,
        state: kind,
        severity,
        isMuted: mutedUntil !== null && mutedUntil > now,
        succeededAt: fetches.fetchedAt,
        failures: fetches.failures,
      };
    }),
  };
}
