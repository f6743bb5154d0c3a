import type { Clock } from '../domain/clock.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { FetchingState } from '../domain/mailbox/fetching-state.js';
import { mailThresholds } from '../domain/mailbox/mail-thresholds.js';
import type { MailWatchStore } from '../domain/mailbox/mail-watch.js';
import type { MailFigures } from '../domain/mailbox/mailbox-figures.js';
import { type MailboxState, mailboxState } from '../domain/mailbox/mailbox-state.js';
import { outboundOf } from './list-mailboxes.js';
import { fetchingOf } from './watch-mail.js';

interface Deps<Queries extends keyof MailWatchStore> {
  mailWatch: Pick<MailWatchStore, Queries>;
  settings: SettingsReader;
  clock: Clock;
}

export interface JudgedMailboxes {
  /** As if somebody had always watched. */
  fetching: FetchingState;
  mailboxes: { login: string; severity: MailboxState['severity']; isMuted: boolean }[];
}

/** Judges every mailbox by what is stored, whether or not a sidecar runs: a fixed number of queries. */
export async function judgeMailboxes({
  mailWatch,
  settings: reader,
  clock,
}: Deps<'look' | 'mailboxes'>): Promise<JudgedMailboxes> {
  const now = clock();
  const settings = await reader.current();
  const look = await mailWatch.look(now);
  const mailboxes = await mailWatch.mailboxes({ outbound: outboundOf(settings) });
  const fetching = fetchingOf(look, settings, new Date(0), now);
  const thresholds = mailThresholds(settings);
  return {
    fetching,
    mailboxes: mailboxes.map(({ login, isValid, fetches, mutedUntil, token }) => {
      const known = token && { ...token, failingSince: null, endsAt: null };
      const context = { thresholds, fetching, ...(known ? { token: known } : {}) };
      const { severity } = mailboxState({ isWatched: isValid, fetches }, context, now);
      return { login, severity, isMuted: mutedUntil !== null && mutedUntil > now };
    }),
  };
}

/** Mailboxes with figures of their own, those in trouble first: each has a few, which take memory and time. */
const MOST = 1000;

/** Figures for metrics, as the mailboxes were judged last: reads no more than it shows. */
export async function mailFigures({
  mailWatch,
  settings: reader,
  clock,
}: Deps<'look' | 'figures'>): Promise<MailFigures> {
  const now = clock();
  const settings = await reader.current();
  const [look, figures] = await Promise.all([mailWatch.look(now), mailWatch.figures(MOST)]);
  return { ...figures, fetching: fetchingOf(look, settings, new Date(0), now) };
}
