import type { Severity } from '../severity.js';
import { type FetchFacts, mainCause } from './fetch-facts.js';
import type { FetchingState } from './fetching-state.js';
import type { MailThresholds } from './mail-thresholds.js';
import type { MailTrouble } from './mail-use.js';

/** The states of a mailbox, most urgent first. */
const MAILBOX_KINDS = [
  'token',
  'hanging',
  'failing',
  'left-out',
  'never-fetched',
  'fetched',
  'not-watched',
] as const;
type MailboxKind = (typeof MAILBOX_KINDS)[number];

/**
 * error: mail does not arrive. warning: it probably does not. note: one fetch failed, which happens. ok: there is
 * nothing to do.
 */
const MAIL_SEVERITIES = ['error', 'warning', 'note', 'ok'] as const;
type MailSeverity = (typeof MAIL_SEVERITIES)[number];

export interface MailboxFacts {
  /** Account and configuration are valid, and the account signs in with a token. */
  isWatched: boolean;
  fetches: FetchFacts;
}

export interface MailboxState {
  kind: MailboxKind;
  severity: MailSeverity;
  /** Code of fetch-cause.ts, or the kind of the token's state; null: nothing is wrong. */
  cause: string | null;
  /** The mail server's or the helpdesk's own words. */
  said: string;
  /** Since when the cause has been there. */
  since: Date | null;
  /** How often it was seen. */
  count: number;
  /** When time alone may change this; null: never. */
  changesAt: Date | null;
}

/** What else decides on a mailbox. */
export interface MailboxContext {
  thresholds: MailThresholds;
  /** Whether fetching as a whole runs: if it has stopped, no single mailbox is blamed for that. */
  fetching: Pick<FetchingState, 'isStopped' | 'lastAt'>;
  /** State of the token, where it is at hand. */
  token?: {
    kind: string;
    severity: Severity;
    works: boolean;
    failingSince: Date | null;
    endsAt: Date | null;
  };
}

const plus = (date: Date, ms: number) => new Date(date.getTime() + ms);
const latest = (...dates: (Date | null)[]): Date | null =>
  dates.reduce((best, date) => (date && (!best || date > best) ? date : best), null);

/** One failed fetch is a note; time, repetition, or a cause that time does not cure make it more. */
function severityOf(
  facts: FetchFacts,
  { warningFailures, warning, error }: MailThresholds,
  now: Date,
): MailSeverity {
  const since = facts.failingSince ?? now;
  const lasting = now.getTime() - since.getTime();
  if (facts.failures < 2) return 'note';
  if (mainCause(facts)?.lasts === 'permanent' || lasting >= error) return 'error';
  return facts.failures >= warningFailures || lasting >= warning ? 'warning' : 'note';
}

/**
 * Determines a mailbox's state, its cause and how long the result is true. Overview, bar, history, metrics, command
 * line and doctor have no other source; mailbox-sentence.ts puts it into words. Pure.
 */
export function mailboxState(
  { isWatched, fetches }: MailboxFacts,
  { thresholds, fetching, token }: MailboxContext,
  now: Date,
): MailboxState {
  const nothing = { cause: null, said: '', since: null, count: 0, changesAt: null };
  if (!isWatched) return { ...nothing, kind: 'not-watched', severity: 'ok' };
  if (token && token.severity === 'error' && !token.works)
    return {
      ...nothing,
      kind: 'token',
      severity: 'error',
      cause: token.kind,
      since: token.failingSince ?? token.endsAt,
    };
  const { open, failures, failingSince } = fetches;
  const hangsAt = open && plus(open.since, thresholds.hang);
  if (open && hangsAt && hangsAt <= now)
    return { ...nothing, kind: 'hanging', severity: 'error', cause: 'hanging', since: open.since, count: 1 };
  if (failures > 0) {
    const cause = mainCause(fetches);
    const turns = [thresholds.warning, thresholds.error].map((after) => plus(failingSince ?? now, after));
    return {
      kind: 'failing',
      severity: severityOf(fetches, thresholds, now),
      cause: cause?.cause ?? 'other',
      said: cause?.said ?? '',
      since: cause?.first ?? failingSince,
      count: cause?.count ?? failures,
      changesAt:
        [hangsAt, ...turns].filter((at): at is Date => at !== null && at > now).sort((a, b) => +a - +b)[0] ??
        null,
    };
  }
  const last = latest(fetches.fetchedAt, fetches.failedAt);
  if (last === null) return { ...nothing, kind: 'never-fetched', severity: 'ok', changesAt: hangsAt };
  const missedAt = plus(last, thresholds.error);
  const others = fetching.lastAt !== null && fetching.lastAt >= missedAt;
  if (missedAt <= now && !fetching.isStopped && others)
    return { ...nothing, kind: 'left-out', severity: 'warning', cause: 'left-out', since: last, count: 1 };
  return {
    ...nothing,
    kind: 'fetched',
    severity: 'ok',
    changesAt: hangsAt ?? (missedAt > now ? missedAt : null),
  };
}

/** A mailbox for which somebody must act, as its configuration's state has it; null: nobody must. */
export function troubleOf(
  state: MailboxState,
  { accountId, mailbox }: Pick<MailTrouble, 'accountId' | 'mailbox'>,
  now: Date,
): MailTrouble | null {
  const { kind, severity, cause, said, since, count } = state;
  if (severity !== 'error' && severity !== 'warning') return null;
  if (kind !== 'failing' && kind !== 'hanging' && kind !== 'left-out') return null;
  const what = accountId === null ? 'outbound' : kind;
  return { what, severity, accountId, mailbox, cause, said, since: since ?? now, count };
}
