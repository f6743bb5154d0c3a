import { inner, type Phrase, phrase } from '../../lib/phrase.js';
import { explainFailure, type FailureWords } from './explain-provider-error.js';
import type { Provider } from './provider.js';

/**
 * How an answer to a renewal was lost, or may have been. The provider may have used up the refresh token
 * nevertheless. restored: the answer was stored, and then the database was restored from an older backup.
 */
export type LostAnswer = 'timeout' | 'cut' | 'incomplete' | 'gateway' | 'stopped' | 'restored';

const REASONS: Record<LostAnswer, Phrase> = {
  timeout: phrase('it did not arrive in time'),
  cut: phrase('the connection was closed'),
  incomplete: phrase('it arrived incomplete'),
  gateway: phrase('a gateway responded in its place'),
  stopped: phrase('the sidecar was stopped before it arrived'),
  restored: phrase('the database was restored from an older backup'),
};

const PREFIX = 'answer_lost_';

/** The code in the history, next to the provider's own text: `answer_lost_timeout`. */
export const lostAnswerCode = (lost: LostAnswer): string => PREFIX + lost;

/**
 * Reads the code of an event. An event of an earlier version has no code and means that the sidecar was
 * stopped.
 */
export function lostAnswerIn(code: string): LostAnswer {
  const word = new RegExp(`${PREFIX}(\\w+)`).exec(code)?.[1] ?? '';
  return Object.hasOwn(REASONS, word) ? (word as LostAnswer) : 'stopped';
}

/** Reads the value of a column; ignores words of a later version. */
export const toLostAnswer = (word: string | null): LostAnswer | null =>
  word !== null && Object.hasOwn(REASONS, word) ? (word as LostAnswer) : null;

/** Causes that say no more than that the refresh token is not accepted. */
const NO_CAUSE = ['grant', 'grant-refused', 'grant-expired', 'malformed', 'unknown'];

/**
 * Can a lost answer be the reason why a refresh token is no longer accepted? Not at Google, where it can be
 * used many times, and not if the provider names another cause.
 */
export const explainsRefusal = (provider: Provider, failure: FailureWords): boolean =>
  provider !== 'google' && NO_CAUSE.includes(explainFailure(failure).id);

/** What happened and what to do. */
export const lostAnswerSentence = (lost: LostAnswer): Phrase =>
  phrase(
    'A response from the provider was lost (%s), and the provider accepts each refresh token only once. Request a new token.',
    inner(REASONS[lost]),
  );
