import type {
  Clock,
  HelpdeskCaches,
  LeaseStore,
  TokenConfigStore,
  TokenEndpoint,
  TokenStore,
} from '../domain/ports.js';
import { ProviderError } from '../domain/provider-error.js';
import { decideRefresh, type RefreshReason } from '../domain/refresh-decision.js';
import type { StoredToken, TokenAnswer } from '../domain/token.js';
import type { TokenConfig } from '../domain/token-config.js';
import { SidecarError } from '../errors.js';
import { asSidecarError, errorFields, requestToken } from './request-token.js';

export interface RefreshTokenDeps {
  tokenConfigs: Pick<TokenConfigStore, 'byId'>;
  tokens: TokenStore;
  leases: LeaseStore;
  endpoint: TokenEndpoint;
  caches: HelpdeskCaches;
  clock: Clock;
  /** Names this process in leases. */
  holder: string;
}

export interface RefreshTokenInput {
  configId: number;
  userId: number;
  /** "Renew now": whatever the decision says, if only there is a refresh token. */
  force?: boolean;
}

export type RefreshOutcome =
  /** A new token was received and stored. */
  | { outcome: 'renewed' }
  /** Somebody else, such as the helpdesk's own Perl, stored a newer one meanwhile. */
  | { outcome: 'renewed-elsewhere' }
  /** Another process is at it. */
  | { outcome: 'busy' }
  | { outcome: 'not-due'; reason: RefreshReason };

/** Longer than any request may take; a lease of a dead process ends by itself. Milliseconds. */
const LEASE = 120_000;

const isSameToken = (a: StoredToken, b: StoredToken) =>
  a.accessToken === b.accessToken && a.refreshToken === b.refreshToken;

/**
 * Stores an answer. When somebody else wrote meanwhile, the token that lives longer stays: both came from the provider,
 * and an older answer must never replace a newer one.
 */
async function store(deps: RefreshTokenDeps, used: StoredToken, answer: TokenAnswer, userId: number) {
  let expected = used;
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await deps.tokens.save(expected, answer, userId)) return true;
    expected = await deps.tokens.get(used.configId);
    const theirs = expected.accessTokenExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    const ours = answer.accessTokenExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    if (expected.accessToken && theirs >= ours) return false;
  }
  return false;
}

/** Keeps the failure where the helpdesk shows it; one that passes by itself must not hide a token that still works. */
async function keepFailure(deps: RefreshTokenDeps, token: StoredToken, error: ProviderError, userId: number) {
  const passing = ['transient', 'invalid-answer'].includes(error.failure.outcome);
  const works =
    token.accessToken && (!token.accessTokenExpiresAt || token.accessTokenExpiresAt > deps.clock());
  if (!passing || !works) await deps.tokens.saveError(token.configId, errorFields(error), userId);
}

async function renew(deps: RefreshTokenDeps, config: TokenConfig, token: StoredToken, userId: number) {
  try {
    const variables = { RefreshToken: token.refreshToken ?? '', Token: token.accessToken ?? '' };
    const answer = await requestToken(deps, config.document, 'TokenByRefreshToken', variables);
    const stored = await store(deps, token, answer, userId);
    return { outcome: stored ? 'renewed' : 'renewed-elsewhere' } as const;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const current = await deps.tokens.get(config.id);
    // The refresh token that we used may be the one that the helpdesk has just exchanged: no failure then.
    if (!isSameToken(current, token)) return { outcome: 'renewed-elsewhere' } as const;
    await keepFailure(deps, current, error, userId);
    throw error;
  } finally {
    await deps.caches.forgetTokenConfigs();
  }
}

/**
 * Renews one token (RFC 6749 §6): lease, read again, request once, compare and set.
 * @throws SidecarError unknown-token-config, no-refresh-token, renewal-running (force), and those of the provider
 */
export async function refreshToken(
  deps: RefreshTokenDeps,
  input: RefreshTokenInput,
): Promise<RefreshOutcome> {
  const { configId, userId, force = false } = input;
  const before = await deps.tokens.get(configId);
  if (!(await deps.leases.acquire(configId, deps.holder, deps.clock(), LEASE))) {
    if (force) throw new SidecarError('renewal-running');
    return { outcome: 'busy' };
  }
  try {
    const config = await deps.tokenConfigs.byId(configId);
    if (!config) throw new SidecarError('unknown-token-config');
    const token = await deps.tokens.get(configId);
    if (force && !isSameToken(before, token)) return { outcome: 'renewed-elsewhere' };
    if (force && !token.refreshToken) throw new SidecarError('no-refresh-token');
    const decision = decideRefresh(config, token, deps.clock());
    if (!force && !decision.refresh) return { outcome: 'not-due', reason: decision.reason };
    return await renew(deps, config, token, userId);
  } catch (error) {
    throw error instanceof ProviderError ? asSidecarError(error) : error;
  } finally {
    await deps.leases.release(configId, deps.holder);
  }
}
