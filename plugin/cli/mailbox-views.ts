import { fetchingSentence, troubleSentence } from '../domain/mailbox/mailbox-sentence.js';
import { troubleOf } from '../domain/mailbox/mailbox-state.js';
import { stateSentence } from '../domain/token/state-sentence.js';
import { inEnglish } from '../lib/phrase.js';
import type { JudgedMailbox } from '../usecases/mailbox-states.js';
import { localTime } from './output.js';

const show = { time: localTime, date: (day: Date) => day.toISOString().slice(0, 10) };

/** One sentence about the mailbox; '' if nothing is wrong. */
export function mailboxSentence({ mailbox, state, token }: JudgedMailbox, now: Date): string {
  const { accountId, login } = mailbox;
  if (state.kind === 'token' && token) return inEnglish(stateSentence(token, show, now));
  const trouble = troubleOf(state, { accountId, mailbox: login }, now);
  return trouble ? inEnglish(troubleSentence(trouble, localTime)) : '';
}

/** Mail has stopped, or probably has. */
export const needsAttention = ({ state: { severity } }: JudgedMailbox): boolean =>
  severity === 'error' || severity === 'warning';

export const fetchingText = (state: Parameters<typeof fetchingSentence>[0]): string => {
  const sentence = fetchingSentence(state, localTime);
  return sentence === null ? '' : inEnglish(sentence);
};
