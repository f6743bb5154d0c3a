import { isClientCredentials, renewalUrl } from '../configuration/auth-flow.js';
import type { TokenConfig } from '../configuration/token-config.js';
import type { Settings } from '../helpdesk/settings.js';
import type { LostAnswer } from '../provider/lost-answer.js';
import { type Provider, providerOf } from '../provider/provider.js';
import type { ProviderOutcome } from '../provider/provider-error.js';
import type { StoredToken } from './token.js';

/** Why a token is renewed or not; for logs, metrics, screens and tests. */
export type RenewalReason =
  | 'expires_soon'
  | 'expired'
  | 'daily'
  | 'not_due'
  | 'never_fetched'
  | 'no_refresh_token'
  | 'refresh_token_expired'
  | 'backing_off'
  | 'grant_dead'
  | 'client_rejected'
  | 'invalid_config'
  | 'switched_off';

/** With these time changes nothing: somebody has to. `invalid_config` may also be a wait for the next attempt. */
export const FINAL_REASONS = [
  'never_fetched',
  'no_refresh_token',
  'refresh_token_expired',
  'grant_dead',
  'invalid_config',
  'switched_off',
] as const satisfies RenewalReason[];

export interface RenewalDecision {
  renew: boolean;
  reason: RenewalReason;
  /** When time alone would change the decision; null where only a person or a provider can. */
  at: Date | null;
}

/** What is remembered of a configuration's renewals: table `oauth2_sidecar_renewal`. */
export interface RenewalState {
  /** Failures since the last success. */
  failures: number;
  /** Of the last attempt; null: none since the configuration or the token was changed by somebody. */
  outcome: ProviderOutcome | 'renewed' | null;
  /** Not before this, after a failure. */
  retryAt: Date | null;
  lastSuccessAt: Date | null;
  /** When the stored access token was received; null where only the row's change_time may tell. */
  receivedAt: Date | null;
  /** Of the first of the failures; null: none. */
  failingSince: Date | null;
  /** `error` of the last failure, as in ProviderFailure; null: none, or not known. */
  error: string | null;
  /** Log-in of a mail account that uses the token although somebody else agreed to it, and is no shared mailbox. */
  otherMailbox: string | null;
  /** An answer to a request with the stored refresh token was lost, or may have been; null: not as far as is known. */
  lostAnswer: LostAnswer | null;
}

export const NEW_STATE: RenewalState = {
  failures: 0,
  outcome: null,
  retryAt: null,
  lastSuccessAt: null,
  receivedAt: null,
  failingSince: null,
  error: null,
  otherMailbox: null,
  lostAnswer: null,
};

export interface RenewalPolicy {
  /** Renew at least this long ahead, in milliseconds: OAuth2Sidecar::Renewal::LeadMinutes. */
  lead: number;
  /** … and at least this share of the token's life, from 0 to 0.5: OAuth2Sidecar::Renewal::LeadPercent. */
  leadShare: number;
  /** Renew at least this often, in milliseconds, so that idle grants never lapse; 0: never for that. OAuth2Sidecar::Renewal::MaxAgeHours. */
  maxAge: number;
  /** Requests at a time to one provider: OAuth2Sidecar::Renewal::RequestsPerProvider. */
  requestsPerProvider: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const USUAL_POLICY: RenewalPolicy = {
  lead: 10 * MINUTE,
  leadShare: 0.2,
  maxAge: 24 * HOUR,
  requestsPerProvider: 4,
};

/** The policy as deployed; what is absent or outside of its limits is as usual. */
export function policyOf(settings: Settings): RenewalPolicy {
  const number = (name: string, usual: number, least: number, most: number) => {
    const value = settings.number(`OAuth2Sidecar::Renewal::${name}`, usual);
    return value >= least && value <= most ? value : usual;
  };
  return {
    lead: number('LeadMinutes', 10, 1, 720) * MINUTE,
    leadShare: number('LeadPercent', 20, 0, 50) / 100,
    maxAge: number('MaxAgeHours', 24, 0, 720) * HOUR,
    requestsPerProvider: Math.floor(number('RequestsPerProvider', 4, 1, 50)),
  };
}

/** How long the history is kept, in milliseconds: OAuth2Sidecar::EventRetentionDays. */
export function keepEvents(settings: Settings): number {
  const days = settings.number('OAuth2Sidecar::EventRetentionDays', 180);
  return (days >= 1 && days <= 3650 ? days : 180) * 24 * HOUR;
}

/** Assumed where the row does not tell it. */
const USUAL_LIFETIME = HOUR;

/** No failure is waited out for longer; a later time comes from a clock that was wrong. */
export const LONGEST_RETRY = HOUR;

/**
 * A fraction from 0 to 1 that looks random but is the same for the same numbers (the finalizer of MurmurHash3), so that
 * every sidecar comes to the same time and no state is needed.
 */
export function fractionOf(...numbers: number[]): number {
  let hash = 0;
  for (const number of numbers) {
    hash = Math.imul(hash ^ (number | 0) ^ Math.floor(number / 2 ** 32), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

/** When the token was written, by whomever; null where a failure was written since. */
export const writtenAt = ({ errorMessage, errorCode, changeTime }: StoredToken): Date | null =>
  errorMessage === null && errorCode === null ? changeTime : null;

/**
 * How long the access token lives altogether, in milliseconds. The row was written when the token was fetched, unless
 * a failure was written since.
 */
function lifetimeOf(token: StoredToken, end: number, receivedAt: Date | null): number {
  const from = receivedAt ?? writtenAt(token);
  const lifetime = from === null ? 0 : end - from.getTime();
  return lifetime > 0 ? lifetime : USUAL_LIFETIME;
}

/**
 * How long ahead of its end a token is renewed, in milliseconds: the lead or its share of the life, whichever is more,
 * plus up to half of that, so that tokens fetched together drift apart; but never more than half of the life.
 */
export function leadOf(
  token: StoredToken,
  receivedAt: Date | null,
  policy: RenewalPolicy = USUAL_POLICY,
): number {
  const end = token.accessTokenExpiresAt?.getTime();
  if (end === undefined) return 0;
  const lifetime = lifetimeOf(token, end, receivedAt);
  const lead = Math.max(policy.lead, lifetime * policy.leadShare);
  return Math.min(lead * (1 + fractionOf(token.configId, end) / 2), lifetime / 2);
}

/** When the last success, ours or somebody else's, is old enough for the daily renewal; null: never. */
function maxAgeReached(token: StoredToken, renewal: RenewalState, { maxAge }: RenewalPolicy): number | null {
  if (maxAge === 0) return null;
  const success = Math.max(
    renewal.lastSuccessAt?.getTime() ?? 0,
    renewal.receivedAt?.getTime() ?? 0,
    writtenAt(token)?.getTime() ?? 0,
  );
  const last = success || token.changeTime.getTime();
  return last + maxAge * (1 - fractionOf(token.configId, last) / 10);
}

/**
 * When a refresh token with an end of its own has a fifth of its life left; null: it has no end. Where a renewal does
 * not move that end, the fifths grow shorter, so that it is tried a few times and no more.
 */
function refreshTokenEndsSoon(token: StoredToken, renewal: RenewalState): number | null {
  const end = token.refreshTokenExpiresAt?.getTime();
  const from = (renewal.receivedAt ?? writtenAt(token))?.getTime();
  return end === undefined || from === undefined || end <= from ? null : from + (end - from) * 0.8;
}

const AFTER_FAILURE: Partial<Record<ProviderOutcome | 'renewed', RenewalReason>> = {
  'client-rejected': 'client_rejected',
  refused: 'invalid_config',
};

/** What time cannot change. */
function hopeless({ config, token, renewal }: Renewable, now: Date): RenewalReason | null {
  if (config.validId !== 1) return 'switched_off';
  if (!renewalUrl(config.document)) return 'invalid_config';
  if (isClientCredentials(config.document)) return null;
  if (!token.refreshToken) return token.accessToken ? 'no_refresh_token' : 'never_fetched';
  if (token.refreshTokenExpiresAt && token.refreshTokenExpiresAt <= now) return 'refresh_token_expired';
  return renewal.outcome === 'grant-dead' ? 'grant_dead' : null;
}

/** Everything that the decision looks at. */
export interface Renewable {
  config: TokenConfig;
  token: StoredToken;
  renewal: RenewalState;
  /** Changes whenever somebody changes the configuration. */
  configMark?: string;
}

/** Can a request bring a new token, now or later, without a person who changes something first? */
export const isRenewable = (subject: Renewable, now: Date): boolean => hopeless(subject, now) === null;

/** Shall the token be renewed now? Pure. */
export function decide(subject: Renewable, now: Date, policy: RenewalPolicy = USUAL_POLICY): RenewalDecision {
  const { token, renewal } = subject;
  const wait = (reason: RenewalReason, at: number | null = null): RenewalDecision => ({
    renew: false,
    reason,
    // A date knows no fractions: a moment too early, nothing has changed yet.
    at: at === null ? null : new Date(Math.ceil(at)),
  });
  const renew = (reason: RenewalReason): RenewalDecision => ({ renew: true, reason, at: now });
  const never = hopeless(subject, now);
  if (never) return wait(never);
  const time = now.getTime();
  const retry = renewal.retryAt?.getTime() ?? 0;
  if (retry > time && retry <= time + LONGEST_RETRY)
    return wait(AFTER_FAILURE[renewal.outcome ?? 'transient'] ?? 'backing_off', retry);
  if (!token.accessToken) return renew('expired');
  const end = token.accessTokenExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  if (end <= time) return renew('expired');
  const soon = end - leadOf(token, renewal.receivedAt, policy);
  if (soon <= time) return renew('expires_soon');
  const daily = maxAgeReached(token, renewal, policy) ?? Number.POSITIVE_INFINITY;
  if (daily <= time) return renew('daily');
  const lapses = refreshTokenEndsSoon(token, renewal) ?? Number.POSITIVE_INFINITY;
  if (lapses <= time) return renew('expires_soon');
  const next = Math.min(soon, daily, lapses);
  return wait('not_due', Number.isFinite(next) ? next : null);
}

const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 15 * MINUTE;
/** A rejected client or request may be mended at the provider, unseen by us. */
const SLOW_RETRY = 15 * MINUTE;

/**
 * When a failed renewal is tried again: after 30 s, twice as long each time, up to 15 min, half of it by chance. The
 * nearer the end of a token that still works, the more often: a provider that is back for a short while is not missed.
 * @param failures this one included
 * @param retryAfter seconds that the provider asked for; honoured up to an hour
 * @param end of the access token
 * @returns null: not before somebody changes something
 */
export function retryAfterFailure(
  outcome: ProviderOutcome,
  failures: number,
  retryAfter: number | null,
  now: Date,
  end: Date | null = null,
  random: number = Math.random(),
): Date | null {
  if (outcome === 'grant-dead') return null;
  const passing = outcome === 'transient' || outcome === 'invalid-answer';
  const longest = passing ? Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures - 1, 10)) : SLOW_RETRY;
  const left = end === null ? 0 : end.getTime() - now.getTime();
  const near = passing && left > 0 ? Math.max(FIRST_WAIT, left / 8) : Number.POSITIVE_INFINITY;
  const wait = Math.min(longest, near) * (0.5 + random / 2);
  const asked = Math.min((retryAfter ?? 0) * 1000, LONGEST_RETRY);
  return new Date(now.getTime() + Math.max(wait, asked));
}

const DAY = 24 * HOUR;
/** How long a refresh token lives unused where the answer does not say, in milliseconds. */
const IDLE_LIMITS: Partial<Record<Provider, number>> = { microsoft: 90 * DAY, google: 183 * DAY };

/**
 * When the refresh token will die if nothing is done: as the provider said (refresh_token_expires_in), else by the
 * provider's rule for idle grants; null: not known.
 */
export function refreshTokenDiesAt(tokenUrl: string, saidBy: Date | null, usedAt: Date): Date | null {
  if (saidBy) return saidBy;
  const limit = IDLE_LIMITS[providerOf(tokenUrl)];
  return limit === undefined ? null : new Date(usedAt.getTime() + limit);
}
