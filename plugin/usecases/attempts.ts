import { renewalUrl } from '../domain/configuration/auth-flow.js';
import type { Identity } from '../domain/consent/identity.js';
import { markedError } from '../domain/provider/explain-provider-error.js';
import { lostAnswerCode } from '../domain/provider/lost-answer.js';
import { isPassing, type ProviderError, type ProviderFailure } from '../domain/provider/provider-error.js';
import { dueTime } from '../domain/token/due-time.js';
import type { TokenEvent } from '../domain/token/event-store.js';
import {
  decide,
  LONGEST_RETRY,
  NEW_STATE,
  type Renewable,
  type RenewalPolicy,
  type RenewalState,
  refreshTokenDiesAt,
  retryAfterFailure,
  writtenAt,
} from '../domain/token/renewal.js';
import type { Attempt } from '../domain/token/renewal-store.js';
import { markOf } from '../domain/token/state-mark.js';
import type { StoredToken, TokenAnswer } from '../domain/token/token.js';
import { tokenState } from '../domain/token/token-state.js';

/** What all attempts have in common. */
export interface AttemptFacts {
  what: 'renewal' | 'consent';
  actor: number | null;
  startedAt: Date;
  /** Identifies this process in leases. */
  holder: string;
  policy: RenewalPolicy;
  /** For a consent: who consented, as far as the answer says. */
  identity?: Identity | null;
  /** The previous holder was stopped while an answer may have been on its way. */
  interrupted?: boolean;
}

/** A token is not renewed more often than this, however short its lifetime. Milliseconds. */
const LEAST_GAP = 5000;
/**
 * The same for a token that had expired before it was received: the next one would be no better.
 * Milliseconds.
 */
const STILLBORN_GAP = 60_000;

const eventOf = (facts: AttemptFacts, at: Date): Omit<TokenEvent, 'outcome' | 'code'> => ({
  at,
  actor: facts.actor,
  what: facts.what,
  // The clock may have been set back meanwhile.
  durationMs: Math.max(0, at.getTime() - facts.startedAt.getTime()),
});

/**
 * The code for the history: the error of RFC 6749 §5.2, the number or code that says most, and how an answer
 * was lost if that explains the failure.
 */
export const eventCode = (failure: ProviderFailure): string => {
  const { outcome, lost } = failure;
  const marked = markedError(failure);
  return outcome === 'grant-dead' && lost ? `${marked} ${lostAnswerCode(lost)}` : marked;
};

/** @param seconds as the provider requested; respected up to an hour */
const laterOf = (at: Date, seconds: number): Date =>
  new Date(at.getTime() + Math.min(seconds * 1000, LONGEST_RETRY));

/** What an answer changes in the row. */
const given = ({ missingScopes: _missing, ...answer }: TokenAnswer): Omit<TokenAnswer, 'missingScopes'> =>
  Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== undefined));

/** @param subject the configuration, with the row that the answer will change */
export function succeeded(
  { config, token, renewal, configMark }: Renewable,
  answer: TokenAnswer,
  facts: AttemptFacts,
  at: Date,
): Attempt {
  const clean = { errorMessage: null, errorDescription: null, errorCode: null, changeTime: at };
  const after: StoredToken = { ...token, ...given(answer), ...clean };
  const receivedAt = answer.accessToken === undefined ? renewal.receivedAt : at;
  const { otherMailbox, mail } = renewal;
  // Without `scope`, a consent grants what was requested, and a renewal what was granted before.
  const missing = answer.missingScopes ?? (facts.what === 'consent' ? [] : undefined);
  const state: RenewalState = {
    ...NEW_STATE,
    outcome: 'renewed',
    lastSuccessAt: at,
    receivedAt,
    otherMailbox,
    missingScopes: missing ?? renewal.missingScopes,
    mail,
  };
  const subject = { config, token: after, renewal: state };
  const next = decide(subject, at, facts.policy);
  const found = tokenState(subject, at, facts.policy);
  const dueAt = dueTime(subject, next, found, at);
  const isStillborn = after.accessTokenExpiresAt && after.accessTokenExpiresAt <= facts.startedAt;
  const earliest = at.getTime() + (isStillborn ? STILLBORN_GAP : LEAST_GAP);
  return {
    configMark,
    event: { ...eventOf(facts, at), outcome: 'ok', code: null },
    state: {
      failures: 0,
      outcome: 'renewed',
      retryAt: null,
      failingSince: null,
      error: null,
      notBefore: null,
      lostAnswer: null,
      reason: next.reason,
      // An answer may be stored after its token has expired: it is then renewed at once and not forgotten.
      dueAt: dueAt && new Date(Math.max(dueAt.getTime(), earliest)),
      succeededAt: at,
      receivedAt,
      expiresAt: after.accessTokenExpiresAt,
      refreshExpiresAt: after.refreshTokenExpiresAt,
      ...(answer.refreshToken === undefined ? {} : { refreshTokenIssuedAt: at }),
      ...(missing && { missingScopes: missing }),
      refreshTokenDiesAt: after.refreshToken
        ? refreshTokenDiesAt(renewalUrl(config.document), after.refreshTokenExpiresAt, at)
        : null,
    },
    mark: markOf(found, config.document),
    holder: facts.holder,
    ...(facts.what === 'consent' ? { consent: { identity: facts.identity ?? null, at } } : {}),
  };
}

/** A consent that grants too little leaves no token, and the state says what is missing. */
export function grantedTooLittle(
  { config, token, renewal, configMark }: Renewable,
  missingScopes: readonly string[],
  { policy }: Pick<AttemptFacts, 'policy'>,
  at: Date,
): Attempt {
  const subject = { config, token, renewal: { ...renewal, missingScopes } };
  const next = decide(subject, at, policy);
  const found = tokenState(subject, at, policy);
  const { failures, outcome, retryAt, failingSince, error } = renewal;
  const dueAt = dueTime(subject, next, found, at);
  return {
    configMark,
    // The failed consent has an event of its own.
    event: null,
    state: { failures, outcome, retryAt, failingSince, error, reason: next.reason, dueAt, missingScopes },
    mark: markOf(found, config.document),
    holder: null,
  };
}

/**
 * The cause that the failure leaves: a passing one does not replace one that somebody must correct, because a provider
 * that is overloaded says nothing about a client secret that has expired. A success, or a change by an admin, ends it.
 * It begins when it is first seen.
 */
export function causeAfter(
  renewal: RenewalState,
  { outcome, error }: Pick<ProviderFailure, 'outcome' | 'error'>,
  at: Date,
) {
  const before = renewal.outcome === 'renewed' ? null : renewal.outcome;
  const lasts = before !== null && !isPassing(before) && isPassing(outcome);
  if (lasts)
    return { lasts, outcome: before, error: renewal.error, failingSince: renewal.failingSince ?? at };
  const isSame = before !== null && (before === outcome || (isPassing(before) && isPassing(outcome)));
  return { lasts, outcome, error, failingSince: (isSame ? renewal.failingSince : null) ?? at };
}

export function failed(
  { config, token, renewal, configMark }: Renewable,
  { failure }: ProviderError,
  facts: AttemptFacts,
  at: Date,
): Attempt {
  const { interrupted = false } = facts;
  const failures = renewal.failures + 1;
  const retryAt = retryAfterFailure({ ...failure, failures, end: token.accessTokenExpiresAt }, at);
  const receivedAt = renewal.receivedAt ?? writtenAt(token);
  const told = { outcome: failure.outcome, error: markedError(failure) };
  const { lasts, outcome: kind, error: word, failingSince } = causeAfter(renewal, told, at);
  const isDead = failure.outcome === 'grant-dead';
  // A possible loss of an answer stays recorded until the provider has judged the refresh token.
  const before = interrupted ? 'stopped' : renewal.lostAnswer;
  const lostAnswer = (lasts && kind === 'grant-dead' ? before : failure.lost) ?? (isDead ? null : before);
  const notBefore = failure.retryAfter ? retryAt && laterOf(at, failure.retryAfter) : null;
  const state = {
    ...renewal,
    receivedAt,
    failures,
    outcome: kind,
    retryAt,
    failingSince,
    error: word,
    lostAnswer,
  };
  const subject = { config, token, renewal: state };
  const next = decide(subject, at, facts.policy);
  const found = tokenState(subject, at, facts.policy);
  const outcome = isDead && lostAnswer ? 'interrupted' : kind;
  const repeated = renewal.failures > 0 && renewal.outcome === kind;
  const unsettled = interrupted && !isDead;
  return {
    configMark,
    event: repeated ? null : { ...eventOf(facts, at), outcome, code: eventCode(failure) },
    state: {
      failures,
      outcome: kind,
      retryAt,
      failingSince,
      error: word,
      notBefore,
      lostAnswer,
      reason: next.reason,
      dueAt: dueTime(subject, next, found, at),
      // The row's change_time will be that of the failure.
      receivedAt,
    },
    mark: markOf(found, config.document),
    holder: unsettled ? null : facts.holder,
  };
}
