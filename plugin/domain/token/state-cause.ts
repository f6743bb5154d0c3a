import { type Explanation, explainFailure, type FailureWords } from '../provider/explain-provider-error.js';
import type { LostAnswer } from '../provider/lost-answer.js';
import type { RenewalReason } from './renewal.js';

/** States whose sentence tells what a failure of the provider means. */
const OF_A_FAILURE = ['consent-needed', 'client-rejected', 'request-refused', 'provider-unavailable'];

interface FailedState {
  kind: string;
  reason: RenewalReason;
  failure: Required<FailureWords> | null;
  lostAnswer: LostAnswer | null;
}

/** The cause of a state; null if it is not a failure of the provider, or a lost answer explains it. */
export function causeOfState({ kind, reason, failure, lostAnswer }: FailedState): Explanation | null {
  if (failure === null || lostAnswer !== null || !OF_A_FAILURE.includes(kind)) return null;
  if (reason === 'no_refresh_token' || reason === 'refresh_token_expired') return null;
  // Where there was never a token, the failure is that of a consent. Of the requests that are refused, only those of an
  // app itself can be refused for a reason that usually concerns a person.
  const step = reason === 'never_fetched' ? 'consent' : kind === 'request-refused' ? 'app' : 'renewal';
  return explainFailure(failure, step);
}
