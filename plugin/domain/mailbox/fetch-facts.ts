import { type FetchCauseCode, isOfOneMail, readFetchCause, saidOf } from './fetch-cause.js';
import type { MailProtocol } from './mailbox.js';

/** A cause of failed fetches since the last success. */
export interface KeptCause {
  cause: FetchCauseCode;
  lasts: 'passing' | 'permanent';
  /** What the log said the last time. */
  said: string;
  first: Date;
  last: Date;
  count: number;
}

/** What the helpdesk's fetches of one mail account have reported. */
export interface FetchFacts {
  /** The newest row of the log that counts. */
  logId: number;
  /** Last success. */
  fetchedAt: Date | null;
  failedAt: Date | null;
  /** The first failure since the last success; null: none. */
  failingSince: Date | null;
  /** Failures since the last success. */
  failures: number;
  /** A fetch that has not ended: its row of the log, and the last sign of life. */
  open: { id: number; since: Date } | null;
  /** The causes of these failures. A passing one does not replace a permanent one. */
  causes: readonly KeptCause[];
}

export const NO_FETCHES: FetchFacts = {
  logId: 0,
  fetchedAt: null,
  failedAt: null,
  failingSince: null,
  failures: 0,
  open: null,
  causes: [],
};

/** One fetch, as the helpdesk's log has it. */
export interface FetchEvent {
  logId: number;
  accountId: number;
  at: Date;
  result: 'succeeded' | 'failed' | 'open';
  /** Why it failed; '' if the log does not say. */
  said: string;
  /** When it last took in a mail; null or missing: not yet, or unknown. */
  aliveAt?: Date | null;
}

/** More would only repeat themselves. */
const MOST_CAUSES = 6;

function withCause(causes: readonly KeptCause[], { at, said: text }: FetchEvent, protocol: MailProtocol) {
  const said = saidOf(text);
  const { cause, lasts } = readFetchCause(said, protocol);
  const known = causes.find((one) => one.cause === cause);
  const kept: KeptCause = {
    cause,
    lasts,
    said,
    first: known?.first ?? at,
    last: at,
    count: (known?.count ?? 0) + 1,
  };
  const others = causes.filter((one) => one.cause !== cause);
  const rank = (one: KeptCause) => (one.lasts === 'permanent' ? 0 : 1);
  return [kept, ...others].sort((a, b) => rank(a) - rank(b)).slice(0, MOST_CAUSES);
}

/**
 * Adds a fetch to what is known. A row of the log that counted before changes nothing, so rows may be read twice.
 * Pure.
 */
export function addFetch(facts: FetchFacts, event: FetchEvent, protocol: MailProtocol): FetchFacts {
  const { logId, at } = event;
  if (logId <= facts.logId) return facts;
  if (event.result === 'open') {
    // One that hung before and was killed never ends in the log: the mailbox has been hanging since then.
    const begun = facts.open ? facts.open.since : at;
    const since = event.aliveAt && event.aliveAt > begun ? event.aliveAt : begun;
    return { ...facts, open: { id: logId, since } };
  }
  const ended = { ...facts, logId, open: facts.open && facts.open.id > logId ? facts.open : null };
  if (event.result === 'succeeded')
    return { ...ended, fetchedAt: at, failures: 0, failingSince: null, causes: [] };
  return {
    ...ended,
    failedAt: at,
    failures: facts.failures + 1,
    failingSince: facts.failingSince ?? at,
    causes: withCause(facts.causes, event, protocol),
  };
}

/** Outbound mail that could not be sent at once: table `mail_queue`. */
export interface QueueFacts {
  /** Mails that were tried at least once. */
  waiting: number;
  /** The oldest of them; null: none waits. */
  since: Date | null;
  /** The most attempts that one of them has had. */
  attempts: number;
  /** The server's last words. */
  said: string;
}

/**
 * Adds what waits to be sent to what is known of outbound mail. Where another mail was sent since, the fault is that of
 * the mail that waits. Pure.
 */
export function withQueue(facts: FetchFacts, { waiting, since, attempts, said }: QueueFacts): FetchFacts {
  if (waiting === 0 || since === null || isOfOneMail(said)) return facts;
  if (facts.fetchedAt && facts.fetchedAt > since) return facts;
  const { cause, lasts } = readFetchCause(said, 'smtp');
  const kept: KeptCause = { cause, lasts, said, first: since, last: since, count: attempts };
  return {
    ...facts,
    failures: Math.max(facts.failures, attempts),
    failingSince: facts.failingSince && facts.failingSince < since ? facts.failingSince : since,
    causes: [kept, ...facts.causes.filter((one) => one.cause !== cause)],
  };
}

/** The cause that counts: one that time does not cure, or else the newest. */
export const mainCause = ({ causes }: Pick<FetchFacts, 'causes'>): KeptCause | null =>
  causes.reduce<KeptCause | null>((best, one) => {
    if (best === null) return one;
    if (best.lasts !== one.lasts) return best.lasts === 'permanent' ? best : one;
    return one.last > best.last ? one : best;
  }, null);
