import type { Actor } from '../domain/actor.js';
import { actorOf } from '../domain/mailbox/fetch-cause.js';
import { fetchingSentence, troubleSentence } from '../domain/mailbox/mailbox-sentence.js';
import { troubleOf } from '../domain/mailbox/mailbox-state.js';
import { stateSentence } from '../domain/token/state-sentence.js';
import { inEnglish } from '../lib/phrase.js';
import type { JudgedMailbox } from '../usecases/mailbox-states.js';
import { localTime } from './output.js';

const show = { time: localTime, date: (day: Date) => day.toISOString().slice(0, 10) };

/** Until when the mailbox is muted; null: it is not. */
export const mutedUntil = (mailbox: JudgedMailbox['mailbox'], now: Date): Date | null =>
  mailbox.mutedUntil !== null && mailbox.mutedUntil > now ? mailbox.mutedUntil : null;

/** One sentence about the mailbox; '' if nothing is wrong. */
export function mailboxSentence({ mailbox, state, token }: JudgedMailbox, now: Date): string {
  const { accountId, login } = mailbox;
  const until = mutedUntil(mailbox, now);
  const muted = until === null ? '' : `Muted until ${localTime(until)}. `;
  if (state.kind === 'token' && token) return muted + inEnglish(stateSentence(token, show, now));
  const trouble = troubleOf(state, { accountId, mailbox: login }, now);
  return `${muted}${trouble ? inEnglish(troubleSentence(trouble, localTime)) : ''}`.trim();
}

/** Who must act on the mailbox; `nobody` if nothing is wrong. */
export const mailboxActor = ({ state: { kind, severity, cause }, token }: JudgedMailbox): Actor =>
  severity === 'ok' || severity === 'note'
    ? 'nobody'
    : kind === 'token' && token
      ? token.actor
      : actorOf(cause);

/** Mail has stopped, or probably has, and nobody has muted the mailbox. */
export const needsAttention = ({ mailbox, state: { severity } }: JudgedMailbox, now: Date): boolean =>
  (severity === 'error' || severity === 'warning') && mutedUntil(mailbox, now) === null;

export const fetchingText = (state: Parameters<typeof fetchingSentence>[0]): string => {
  const sentence = fetchingSentence(state, localTime);
  return sentence === null ? '' : inEnglish(sentence);
};
