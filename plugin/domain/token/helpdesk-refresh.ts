import { isClientCredentials } from '../configuration/auth-flow.js';
import type { RenewalRow } from './renewal-store.js';

/**
 * The helpdesk itself refreshes an expired token and takes no lease. Both would use the same refresh token,
 * which ends the grant at a provider that rotates. So the row says for a moment that the token still works,
 * which keeps the helpdesk from starting, and a request that it has already started has this time to reach
 * the row. Milliseconds.
 */
export const HELPDESK_REFRESH = 2500;
/** After this time the helpdesk may try itself, if we failed. Milliseconds. */
export const HELD_OFF = 60_000;

/** May the helpdesk itself be about to use the refresh token? After a failure of ours it is free to try. */
export const helpdeskMayRefresh = ({ config, token, renewal }: RenewalRow, now: Date): boolean =>
  token.accessTokenExpiresAt !== null &&
  token.accessTokenExpiresAt <= now &&
  renewal.failures === 0 &&
  Boolean(token.accessToken && token.refreshToken) &&
  !isClientCredentials(config.document);
