import type { StoredToken } from './token.js';
import type { TokenConfig } from './token-config.js';

export type RefreshReason =
  | 'expires_soon'
  | 'expired'
  | 'not_due'
  | 'never_expires'
  | 'no_refresh_token'
  | 'refresh_token_expired'
  | 'not_configured'
  | 'switched_off'
  | 'grant_dead'
  | 'client_rejected';

export interface RefreshDecision {
  refresh: boolean;
  reason: RefreshReason;
  /** When time alone would change the decision; null where only a person or a provider can. */
  at: Date | null;
}

const MINUTE = 60_000;

/** Renew at least this long ahead, in milliseconds. */
export const LEAD = 10 * MINUTE;

/** A rejected client may be mended at the provider, unseen by us: it is asked again after this, in milliseconds. */
export const REJECTED_WAIT = 15 * MINUTE;

/** Assumed where the row does not tell it. */
const USUAL_LIFETIME = 60 * MINUTE;

const DEAD = ['invalid_grant', 'interaction_required', 'login_required', 'consent_required'];
const REJECTED = ['invalid_client', 'unauthorized_client'];

/** Which column holds the word is up to the document's mapping. */
const failedBy = ({ errorMessage, errorCode }: StoredToken, words: string[]): boolean =>
  words.includes(errorMessage ?? '') || words.includes(errorCode ?? '');

/**
 * How long ahead of its end a token is renewed, in milliseconds: 10 minutes or a fifth of its life, whichever is more,
 * but never more than half of it. The row was written when the token was fetched, unless a failure was written since.
 */
export function leadOf(token: StoredToken): number {
  if (!token.accessTokenExpiresAt) return 0;
  const failedSince = token.errorMessage !== null || token.errorCode !== null;
  const between = token.accessTokenExpiresAt.getTime() - token.changeTime.getTime();
  const lifetime = failedSince || between <= 0 ? USUAL_LIFETIME : between;
  return Math.min(Math.max(LEAD, lifetime * 0.2), lifetime * 0.5);
}

/** Shall the token be renewed now? Pure; the reason is for logs and tests. */
export function decideRefresh(config: TokenConfig, token: StoredToken, now: Date): RefreshDecision {
  const wait = (reason: RefreshReason, at: Date | null = null): RefreshDecision => ({
    refresh: false,
    reason,
    at,
  });
  const renew = (reason: RefreshReason): RefreshDecision => ({ refresh: true, reason, at: now });
  if (config.validId !== 1) return wait('switched_off');
  if (!config.document.Requests?.TokenByRefreshToken?.Request?.URL) return wait('not_configured');
  if (!token.refreshToken) return wait('no_refresh_token');
  if (token.refreshTokenExpiresAt && token.refreshTokenExpiresAt <= now) return wait('refresh_token_expired');
  // Dates have whole seconds: in the same second, one request too many is better than none.
  const changedSince = config.changeTime >= token.changeTime;
  if (!changedSince && failedBy(token, DEAD)) return wait('grant_dead');
  const again = new Date(token.changeTime.getTime() + REJECTED_WAIT);
  if (!changedSince && failedBy(token, REJECTED) && now < again) return wait('client_rejected', again);
  if (!token.accessToken) return renew('expired');
  if (!token.accessTokenExpiresAt) return wait('never_expires');
  const end = token.accessTokenExpiresAt.getTime();
  if (end <= now.getTime()) return renew('expired');
  const due = new Date(end - leadOf(token));
  return due <= now ? renew('expires_soon') : wait('not_due', due);
}
