import { isClientCredentials } from '../configuration/auth-flow.js';
import type { TokenConfigDocument } from '../configuration/token-config.js';
import { explainFailure, type FailureWords } from './explain-provider-error.js';
import type { LostAnswer } from './lost-answer.js';
import type { ProviderOutcome } from './provider-outcome.js';

export type { ProviderOutcome } from './provider-outcome.js';

/** Does the failure pass without help? For all others, somebody must act. */
export const isPassing = (outcome: ProviderOutcome): boolean =>
  outcome === 'transient' || outcome === 'invalid-answer';

export interface ProviderFailure {
  outcome: ProviderOutcome;
  /** `error` of RFC 6749 §5.2, or our own word such as `timeout`, `network`, `http_503`. */
  error: string;
  /** `error_description`, shortened and without values that we sent. */
  description: string;
  /** HTTP status; null if there was no answer. */
  status: number | null;
  /** From Retry-After, in seconds; null if there was none. */
  retryAfter: number | null;
  /** Numbers of `error_codes` (Microsoft) and the word of `error_subtype` (Google), joined. */
  codes: string;
  /**
   * Set if the provider may have answered nevertheless. For a dead grant: the lost answer that explains it.
   */
  lost?: LostAnswer;
}

/** The rest of a failure without an answer of the provider. */
const NO_ANSWER = { description: '', status: null, retryAfter: null, codes: '' };

/** A token request that returned no token. Its texts contain no secret. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly failure: ProviderFailure;

  /** @param failure what is left out is as in a failure without an answer */
  constructor(
    failure: Pick<ProviderFailure, 'outcome' | 'error'> & Partial<ProviderFailure>,
    options?: { cause?: unknown },
  ) {
    super(`${failure.outcome}: ${failure.error}`, options);
    this.failure = { ...NO_ANSWER, ...failure };
  }
}

/** A token request that was abandoned before any of it was sent: nothing has happened. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
}

/** Of a key that this machine cannot use, although another one may. */
const KEY_ERRORS = [
  'certificate_missing',
  'certificate_unsafe',
  'service_account_key_missing',
  'service_account_key_unsafe',
];

/**
 * Is a private key of this machine missing or not safe to use? Then nothing was sent, and the failure says nothing about
 * the configuration: another sidecar may have the key.
 */
export const isKeyFault = ({ outcome, error, status }: ProviderFailure): boolean =>
  outcome === 'client-rejected' && status === null && KEY_ERRORS.includes(error);

const GRANT_DEAD = ['invalid_grant', 'interaction_required', 'login_required', 'consent_required'];
const CLIENT_REJECTED = ['invalid_client', 'unauthorized_client'];
const TRANSIENT = ['temporarily_unavailable', 'server_error', 'slow_down'];
const TRANSIENT_STATUS = [408, 425, 429];

/**
 * Decides by the few numbers and codes that say more than `error` does, then by `error`, then by the status.
 * @param words further words of the answer, which may contain such a number
 */
export function classify(
  error: string,
  status: number,
  words: Omit<FailureWords, 'error'> = {},
): ProviderOutcome {
  if (status >= 500 || TRANSIENT_STATUS.includes(status)) {
    if (!GRANT_DEAD.includes(error) && !CLIENT_REJECTED.includes(error)) return 'transient';
  }
  const { outcome } = explainFailure({ error, ...words });
  if (outcome) return outcome;
  if (GRANT_DEAD.includes(error)) return 'grant-dead';
  if (CLIENT_REJECTED.includes(error)) return 'client-rejected';
  if (TRANSIENT.includes(error) || TRANSIENT_STATUS.includes(status) || status >= 500) return 'transient';
  return error === '' ? 'invalid-answer' : 'refused';
}

/** With client credentials there is no consent that could end: an admin must correct the request. */
export const withoutGrant = (outcome: ProviderOutcome, document: TokenConfigDocument): ProviderOutcome =>
  outcome === 'grant-dead' && isClientCredentials(document) ? 'refused' : outcome;
