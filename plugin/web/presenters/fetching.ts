import type { FetchingState } from '../../domain/mailbox/fetching-state.js';
import { fetchingSentence } from '../../domain/mailbox/mailbox-sentence.js';
import { showFor } from '../locale.js';
import type { Reader } from '../reader.js';
import { SEVERITY_MARKS } from './token-config-row.js';

/** That the helpdesk does not fetch mailboxes, and why; null: it does, or nobody has looked yet. */
export function presentFetching(state: FetchingState | null, now: Date, reader: Reader) {
  const sentence = state && fetchingSentence(state, showFor(reader, now).time);
  if (!sentence) return null;
  const { word, icon } = SEVERITY_MARKS.error;
  return { icon, severityWord: reader.t(word), sentence: reader.t(sentence) };
}
