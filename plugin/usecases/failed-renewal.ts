import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../domain/clock.js';
import { explainsRefusal, lostAnswerSentence } from '../domain/provider/lost-answer.js';
import { providerOf, tokenUrl } from '../domain/provider/provider.js';
import { isKeyFault, isPassing, ProviderError } from '../domain/provider/provider-error.js';
import type { RenewalRow, RenewalStore } from '../domain/token/renewal-store.js';
import type { StoredToken } from '../domain/token/token.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { SidecarError } from '../errors.js';
import { inEnglish } from '../lib/phrase.js';
import { type AttemptFacts, causeAfter, failed, succeeded } from './attempts.js';
import { errorFields } from './request-token.js';

export interface FailedRenewalDeps {
  tokens: TokenStore;
  renewals: Pick<RenewalStore, 'note'>;
  clock: Clock;
  /** Waits; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
}

/** How long another program's answer may take to reach the row after ours was refused. Milliseconds. */
const GRACE = 2000;

/** Compares the tokens exactly. */
export const isSameToken = (a: StoredToken, b: StoredToken) =>
  a.accessToken === b.accessToken && a.refreshToken === b.refreshToken;

/** A renewal under its lease. */
export interface Renewal {
  row: RenewalRow;
  /** The user that the helpdesk's row names as its last editor. */
  userId: number;
  facts: AttemptFacts;
  /** The lease's previous holder never released it. */
  leftBehind: boolean;
  /** The request tries other credentials: a refusal says nothing about the stored ones. */
  isTrial?: boolean;
}

/**
 * Adds a lost answer to the failure if it explains it: a provider that accepts each refresh token once
 * refuses the stored one if the answer with its successor was lost. Otherwise the usual causes of a dead
 * grant apply.
 */
function explained(error: ProviderError, { row, leftBehind }: Renewal): ProviderError {
  const { lost: _unknown, ...failure } = error.failure;
  const lost = row.renewal.lostAnswer ?? (leftBehind ? 'stopped' : null);
  if (failure.outcome !== 'grant-dead' || error.failure.lost === 'restored') return error;
  const explains = explainsRefusal(providerOf(tokenUrl(row.config.document)), failure);
  return new ProviderError(lost && explains ? { ...failure, lost } : failure, { cause: error });
}

/**
 * What the provider would answer to a refresh token that it has exchanged for another one; it is not sent, because some
 * providers then end the whole grant.
 */
export const usedRefreshToken = (): ProviderError =>
  new ProviderError({
    outcome: 'grant-dead',
    error: 'invalid_grant',
    lost: 'restored',
  });

/** Does the stored access token still work, as far as its expiry says? */
const stillWorks = ({ accessToken, accessTokenExpiresAt: end }: StoredToken, now: Date): boolean =>
  Boolean(accessToken && (!end || end > now));

/** After this time another sidecar, which may have the key, tries. Milliseconds. */
const OTHERS_TURN = 60_000;

/**
 * Is the failure one of this machine alone? A key that is missing here may be on the machine of another sidecar, so it
 * becomes no state of the configuration while the token works. After that it does, so that somebody learns of it if no
 * sidecar has the key. A person's command may run without the service's credentials, and records none.
 */
const isOfThisMachine = ({ failure }: ProviderError, { row, facts }: Renewal, now: Date): boolean =>
  isKeyFault(failure) && (facts.actor !== null || stillWorks(row.token, now));

/**
 * Stores the failure where the helpdesk shows it. A passing failure must hide neither a token that still works nor a
 * cause that somebody must correct.
 */
async function keepFailure(
  deps: FailedRenewalDeps,
  { row, userId, facts, leftBehind }: Renewal,
  error: ProviderError,
) {
  const { token } = row;
  const now = deps.clock();
  const attempt = failed(row, error, { ...facts, interrupted: leftBehind }, now);
  if (isKeyFault(error.failure)) {
    const retryAt = new Date(now.getTime() + OTHERS_TURN);
    Object.assign(attempt.state, { retryAt, dueAt: retryAt });
  }
  const works = stillWorks(token, now);
  const { lasts } = causeAfter(row.renewal, error.failure, now);
  if (lasts || (works && isPassing(error.failure.outcome)))
    return deps.renewals.note(token.configId, attempt);
  const fields = errorFields(error);
  const { outcome, lost } = error.failure;
  if (outcome === 'grant-dead' && lost)
    fields.errorDescription = [fields.errorDescription, inEnglish(lostAnswerSentence(lost))]
      .filter(Boolean)
      .join(' ');
  return deps.tokens.saveError(token.configId, fields, userId, attempt);
}

/**
 * Has another program exchanged the refresh token that we used? The helpdesk's Perl takes no lease: with
 * rotation its request may win, ours is refused, and its answer reaches the row a moment later. So the row
 * gets that time before the grant counts as dead.
 */
async function replacedMeanwhile(deps: FailedRenewalDeps, token: StoredToken, error: ProviderError) {
  if (!isSameToken(await deps.tokens.get(token.configId), token)) return true;
  // A refresh token from an older backup was not sent, so no other program's request can have been faster.
  if (error.failure.outcome !== 'grant-dead' || error.failure.lost === 'restored') return false;
  await (deps.pause ?? pause)(GRACE);
  return !isSameToken(await deps.tokens.get(token.configId), token);
}

/**
 * Handles a renewal that the provider refused or did not answer.
 * @returns renewed-elsewhere: another program has stored a newer token in the meantime
 * @throws the failure itself, after recording it; not recorded are the refusal of a trial, and a fault of this machine
 */
export async function handleFailure(deps: FailedRenewalDeps, renewal: Renewal, thrown: ProviderError) {
  const { token } = renewal.row;
  const error = explained(thrown, renewal);
  if (await replacedMeanwhile(deps, token, error)) return { outcome: 'renewed-elsewhere' } as const;
  if (renewal.isTrial && !isPassing(error.failure.outcome)) throw error;
  if (isOfThisMachine(error, renewal, deps.clock())) throw error;
  await keepFailure(deps, renewal, error);
  // Written between our read and our error: a good token must not carry the failure of its predecessor.
  const current = await deps.tokens.get(token.configId);
  if (isSameToken(current, token)) throw error;
  const attempt = succeeded({ ...renewal.row, token: current }, {}, renewal.facts, deps.clock());
  await deps.tokens.save(current, {}, renewal.userId, { ...attempt, event: null });
  return { outcome: 'renewed-elsewhere' } as const;
}

/**
 * Records an answer whose token does not fit into this helpdesk's column. Another request would return the
 * same, so it is retried slowly. The answer itself stays in the journal. Any other fault is ours and says
 * nothing about the configuration, so it changes neither its state nor its due time.
 */
export async function noteUnstored(deps: FailedRenewalDeps, { row, facts }: Renewal, fault: unknown) {
  if (!(fault instanceof SidecarError) || fault.code !== 'value-too-long') return;
  const failure = new ProviderError({ outcome: 'refused', error: fault.code });
  // The lease stays: while the answer is in this journal, no other sidecar may send the refresh token that
  // was used for it.
  await deps.renewals.note(row.config.id, { ...failed(row, failure, facts, deps.clock()), holder: null });
}
