import { inner, type Phrase, phrase } from '../../lib/phrase.js';
import type { PasswordEnd, PasswordStage } from './password-ends.js';

/**
 * Until when a provider accepts passwords, and what else to know.
 * @param date writes a day, given as its midnight UTC
 */
export function passwordSentence(
  { service, day, note }: PasswordEnd,
  stage: PasswordStage,
  date: (day: Date) => string,
): Phrase {
  const until = day === null ? '' : date(new Date(`${day}T00:00:00Z`));
  const sentences: Readonly<Record<PasswordStage, Phrase>> = {
    ahead: phrase('%s accepts passwords until %s.', service, until),
    over: phrase('%s has not accepted passwords since %s.', service, until),
    'app-password': phrase('%s has not accepted account passwords since %s.', service, until),
    unknown: phrase('%s: it is not known when passwords will stop working.', service),
  };
  const isOver = stage === 'over' && note !== undefined;
  return note && !isOver ? phrase('%s %s', inner(sentences[stage]), inner(note)) : sentences[stage];
}
