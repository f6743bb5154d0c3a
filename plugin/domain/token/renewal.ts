import { isClientCredentials, renewalUrl } from '../configuration/auth-flow.js';
import type { TokenConfig } from '../configuration/token-config.js';
import type { Settings } from '../helpdesk/settings.js';
import type { MailUse } from '../mailbox/mail-use.js';
import type { LostAnswer } from '../provider/lost-answer.js';
import { type Provider, providerOf } from '../provider/provider.js';
import { isPassing, type ProviderOutcome } from '../provider/provider-error.js';
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

/**
 * Reasons that time does not change: somebody must act. `invalid_config` may also be a wait for the next
 * attempt.
 */
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
  /** When time alone changes the decision; null if only a person or a provider can change it. */
  at: Date | null;
}

/** The renewal state of a configuration: table `oauth2_sidecar_renewal`. */
export interface RenewalState {
  /** Failures since the last success. */
  failures: number;
  /** Of the last attempt; null: none since somebody changed the configuration or the token. */
  outcome: ProviderOutcome | 'renewed' | null;
  /** The earliest time for the next attempt after a failure. */
  retryAt: Date | null;
  lastSuccessAt: Date | null;
  /** When the stored access token was received; null: only the row's change_time may tell. */
  receivedAt: Date | null;
  /** Time of the first failure since the last success; null: none. */
  failingSince: Date | null;
  /** `error` of the last failure, as in ProviderFailure; null: none, or unknown. */
  error: string | null;
  /**
   * Login of a mail account that uses the token although another user consented to it, and that is not a
   * shared mailbox.
   */
  otherMailbox: string | null;
  /**
   * The requested scopes for mail that the last answer did not grant, if it said so. An admin may have removed one from
   * the configuration since.
   */
  missingScopes: readonly string[];
  /**
   * An answer to a request with the stored refresh token was lost, or may have been; null: none, as far as is
   * known.
   */
  lostAnswer: LostAnswer | null;
  /** What the helpdesk's mail reports of the mailboxes that use the token; null: not known yet. */
  mail: MailUse | null;
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
  missingScopes: [],
  lostAnswer: null,
  mail: null,
};

export interface RenewalPolicy {
  /** Renew at least this long before expiry, in milliseconds: OAuth2Sidecar::Renewal::LeadMinutes. */
  lead: number;
  /**
   * … and at least this share of the token's lifetime before it, from 0 to 0.5:
   * OAuth2Sidecar::Renewal::LeadPercent.
   */
  leadShare: number;
  /**
   * Renew at least this often, in milliseconds, so that idle grants never lapse; 0: never for that reason.
   * OAuth2Sidecar::Renewal::MaxAgeHours.
   */
  maxAge: number;
  /** Concurrent requests to one provider: OAuth2Sidecar::Renewal::RequestsPerProvider. */
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

/** The deployed policy; a value that is missing or out of range is replaced by the default. */
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

/** The assumed lifetime if the row does not tell it. */
const USUAL_LIFETIME = HOUR;

/** The longest wait after a failure; a later time comes from a wrong clock. */
export const LONGEST_RETRY = HOUR;

/**
 * A fraction from 0 to 1 that looks random but depends only on the numbers (the finalizer of MurmurHash3), so
 * that every sidecar calculates the same time without stored state.
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

/** When the token was written, by any program; null if a failure was written since. */
export const writtenAt = ({ errorMessage, errorCode, changeTime }: StoredToken): Date | null =>
  errorMessage === null && errorCode === null ? changeTime : null;

/**
 * The access token's whole lifetime in milliseconds. The row was written when the token was fetched, unless a
 * failure was written since.
 */
function lifetimeOf(token: StoredToken, end: number, receivedAt: Date | null): number {
  const from = receivedAt ?? writtenAt(token);
  const lifetime = from === null ? 0 : end - from.getTime();
  return lifetime > 0 ? lifetime : USUAL_LIFETIME;
}

/**
 * How long before its expiry a token is renewed, in milliseconds: the lead time or its share of the lifetime,
 * whichever is longer, plus up to half of that, so that tokens fetched together drift apart. Never more than
 * half of the lifetime.
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

/** When the last success, ours or another program's, is old enough for the daily renewal; null: never. */
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
 * When a refresh token with an expiry has a fifth of its lifetime left; null: it has no expiry. If a renewal
 * does not move the expiry, each next fifth is shorter, so that only a few attempts follow.
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

/** The reasons that time cannot change. */
function hopeless({ config, token, renewal }: Renewable, now: Date): RenewalReason | null {
  if (config.validId !== 1) return 'switched_off';
  if (!renewalUrl(config.document)) return 'invalid_config';
  if (isClientCredentials(config.document)) return null;
  if (!token.refreshToken) return token.accessToken ? 'no_refresh_token' : 'never_fetched';
  if (token.refreshTokenExpiresAt && token.refreshTokenExpiresAt <= now) return 'refresh_token_expired';
  return renewal.outcome === 'grant-dead' ? 'grant_dead' : null;
}

/** What the decision depends on. */
export interface Renewable {
  config: TokenConfig;
  token: StoredToken;
  renewal: RenewalState;
  /** Changes whenever somebody changes the configuration. */
  configMark?: string;
}

/** Can a request get a new token, now or later, without anybody changing something first? */
export const isRenewable = (subject: Renewable, now: Date): boolean => hopeless(subject, now) === null;

/** Decides whether the token is renewed now. Pure. */
export function decide(subject: Renewable, now: Date, policy: RenewalPolicy = USUAL_POLICY): RenewalDecision {
  const { token, renewal } = subject;
  const wait = (reason: RenewalReason, at: number | null = null): RenewalDecision => ({
    renew: false,
    reason,
    // A date has no fractions of a millisecond; rounding down would be too early for the change.
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
/** An admin may correct a rejected client or request at the provider, which we do not see. */
const SLOW_RETRY = 15 * MINUTE;

interface Failure {
  outcome: ProviderOutcome;
  /** The number of failures in a row, including this one. */
  failures: number;
  /** Seconds that the provider requested; respected up to an hour. */
  retryAfter: number | null;
  /** The expiry of the access token. */
  end: Date | null;
}

/**
 * Calculates when a failed renewal is tried again: after 30 s, then twice as long each time, up to 15 min,
 * half of it at random. Near the expiry of a token that still works it tries more often, so as not to miss a
 * provider that recovers for a short while.
 * @returns null: not before somebody changes something
 */
export function retryAfterFailure(
  { outcome, failures, retryAfter, end }: Failure,
  now: Date,
  random: number = Math.random(),
): Date | null {
  if (outcome === 'grant-dead') return null;
  const passing = isPassing(outcome);
  const longest = passing ? Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures - 1, 10)) : SLOW_RETRY;
  const left = end === null ? 0 : end.getTime() - now.getTime();
  const near = passing && left > 0 ? Math.max(FIRST_WAIT, left / 8) : Number.POSITIVE_INFINITY;
  const wait = Math.min(longest, near) * (0.5 + random / 2);
  const asked = Math.min((retryAfter ?? 0) * 1000, LONGEST_RETRY);
  return new Date(now.getTime() + Math.max(wait, asked));
}

const DAY = 24 * HOUR;
/** How long an unused refresh token lives if the answer does not say, in milliseconds. */
const IDLE_LIMITS: Partial<Record<Provider, number>> = { microsoft: 90 * DAY, google: 183 * DAY };

/**
 * When the refresh token expires if it is not used: as the provider said (refresh_token_expires_in), or else
 * by the provider's rule for idle grants; null: unknown.
 */
export function refreshTokenDiesAt(tokenUrl: string, saidBy: Date | null, usedAt: Date): Date | null {
  if (saidBy) return saidBy;
  const limit = IDLE_LIMITS[providerOf(tokenUrl)];
  return limit === undefined ? null : new Date(usedAt.getTime() + limit);
}
