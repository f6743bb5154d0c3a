import type { Log } from '../domain/log.js';
import { FETCH_LIMIT, type FetchEnd, type MailFetcher } from '../domain/mailbox/mail-fetcher.js';
import { scrub } from '../lib/scrub.js';
import { FETCH_PROGRAM } from './fetch-program.js';
import type { HelpdeskPerl } from './perl.js';

const LONGEST_TEXT = 500;

/** A log entry may have megabytes. Far more than is shown, so that no part of a secret is cut off from its rest. */
const LONGEST_READ = 20_000;

const shortened = (text: unknown): string =>
  scrub(String(text ?? '').slice(0, LONGEST_READ))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_TEXT);

/** What the program writes. */
interface Answer {
  kind?: string;
  mails?: number;
  failed?: number;
  said?: string;
  tickets?: { id?: number; number?: string; title?: string }[];
}

function endOf(line: string): FetchEnd | null {
  let answer: Answer;
  try {
    answer = JSON.parse(line) as Answer;
  } catch {
    return null;
  }
  if (answer.kind === 'locked' || answer.kind === 'timeout') return { kind: answer.kind };
  if (answer.kind === 'failed') return { kind: 'failed', said: shortened(answer.said) };
  if (answer.kind !== 'fetched') return null;
  const tickets = (answer.tickets ?? []).map(({ id, number, title }) => ({
    id: Number(id),
    number: shortened(number),
    title: shortened(title),
  }));
  return { kind: 'fetched', mails: Number(answer.mails), failed: Number(answer.failed), tickets };
}

/**
 * Runs the helpdesk's own fetcher with its Perl, as its user and without a shell. One fetch at a time: the
 * helpdesk refuses a second one anyway. The program is killed only if it does not end by itself.
 * @param limit in seconds
 */
export function createMailFetcher(perl: HelpdeskPerl, log: Log, limit = FETCH_LIMIT): MailFetcher {
  let isBusy = false;
  return {
    async fetch(accountId, userId) {
      if (isBusy) return { kind: 'locked' };
      isBusy = true;
      try {
        const args = [accountId, userId, limit].map(String);
        const { answer, stopped } = await perl(FETCH_PROGRAM, { args, limitMs: (limit + 50) * 1000 });
        const end = endOf(answer) ?? { kind: stopped === 'time' ? 'timeout' : 'unavailable' };
        log.info({ accountId, userId, end: end.kind, stopped }, 'mail fetched on request');
        return end;
      } finally {
        isBusy = false;
      }
    },
  };
}
