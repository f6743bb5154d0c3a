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
}

/** Renew this long ahead, in milliseconds; of a short-lived token at half of its life. */
export const LEAD = 10 * 60 * 1000;

const DEAD = ['invalid_grant', 'interaction_required', 'login_required', 'consent_required'];
const REJECTED = ['invalid_client', 'unauthorized_client'];

/** How long ahead of its end a token is renewed, in milliseconds. */
export function leadOf(token: StoredToken): number {
  if (!token.accessTokenExpiresAt) return 0;
  const lifetime = token.accessTokenExpiresAt.getTime() - token.changeTime.getTime();
  return lifetime > 0 ? Math.min(LEAD, lifetime / 2) : LEAD;
}

/** Shall the token be renewed now? Pure; the reason is for logs and tests. */
export function decideRefresh(config: TokenConfig, token: StoredToken, now: Date): RefreshDecision {
  const wait = (reason: RefreshReason): RefreshDecision => ({ refresh: false, reason });
  if (config.validId !== 1) return wait('switched_off');
  if (!config.document.Requests?.TokenByRefreshToken?.Request?.URL) return wait('not_configured');
  if (!token.refreshToken) return wait('no_refresh_token');
  if (token.refreshTokenExpiresAt && token.refreshTokenExpiresAt <= now) return wait('refresh_token_expired');
  const changedSince = config.changeTime > token.changeTime;
  if (!changedSince && DEAD.includes(token.errorMessage ?? '')) return wait('grant_dead');
  if (!changedSince && REJECTED.includes(token.errorMessage ?? '')) return wait('client_rejected');
  if (!token.accessToken) return { refresh: true, reason: 'expired' };
  if (!token.accessTokenExpiresAt) return wait('never_expires');
  const left = token.accessTokenExpiresAt.getTime() - now.getTime();
  if (left <= 0) return { refresh: true, reason: 'expired' };
  return left <= leadOf(token) ? { refresh: true, reason: 'expires_soon' } : wait('not_due');
}
