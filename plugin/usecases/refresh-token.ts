import type {
  Clock,
  HelpdeskCaches,
  LeaseStore,
  TokenConfigStore,
  TokenEndpoint,
  TokenStore,
} from '../domain/ports.js';
import { ProviderError } from '../domain/provider-error.js';
import { decideRefresh, type RefreshDecision, type RefreshReason } from '../domain/refresh-decision.js';
import type { StoredToken, TokenAnswer } from '../domain/token.js';
import type { TokenConfig } from '../domain/token-config.js';
import { SidecarError } from '../errors.js';
import { pause } from '../lib/pause.js';
import { asSidecarError, errorFields, requestToken } from './request-token.js';
import { storeAnswer } from './store-answer.js';

export interface RefreshTokenDeps {
  tokenConfigs: Pick<TokenConfigStore, 'byId'>;
  tokens: TokenStore;
  leases: LeaseStore;
  endpoint: TokenEndpoint;
  caches: HelpdeskCaches;
  clock: Clock;
  /** Names this process in leases. */
  holder: string;
  /** Waits; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
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
  | { outcome: 'not-due'; reason: RefreshReason; at: Date | null };

const notDue = ({ reason, at }: RefreshDecision): RefreshOutcome => ({ outcome: 'not-due', reason, at });

/** Longer than any request may take; a lease of a dead process ends by itself. Milliseconds. */
const LEASE = 120_000;

/** How long an answer of somebody else may take to reach the row after ours was refused. Milliseconds. */
const GRACE = 2000;

const isSameToken = (a: StoredToken, b: StoredToken) =>
  a.accessToken === b.accessToken && a.refreshToken === b.refreshToken;

/** Keeps the failure where the helpdesk shows it; one that passes by itself must not hide a token that still works. */
async function keepFailure(deps: RefreshTokenDeps, token: StoredToken, error: ProviderError, userId: number) {
  const passing = ['transient', 'invalid-answer'].includes(error.failure.outcome);
  const works =
    token.accessToken && (!token.accessTokenExpiresAt || token.accessTokenExpiresAt > deps.clock());
  if (!passing || !works) await deps.tokens.saveError(token.configId, errorFields(error), userId);
}

/**
 * Has somebody exchanged the refresh token that we used? The helpdesk's Perl takes no lease: with rotation its request
 * may win, ours is refused, and its answer reaches the row a moment after ours. So before a grant is called dead, the
 * row gets that moment.
 */
async function replacedMeanwhile(deps: RefreshTokenDeps, token: StoredToken, error: ProviderError) {
  if (!isSameToken(await deps.tokens.get(token.configId), token)) return true;
  if (error.failure.outcome !== 'grant-dead') return false;
  await (deps.pause ?? pause)(GRACE);
  return !isSameToken(await deps.tokens.get(token.configId), token);
}

async function renew(deps: RefreshTokenDeps, config: TokenConfig, token: StoredToken, userId: number) {
  let answer: TokenAnswer;
  try {
    const variables = { RefreshToken: token.refreshToken ?? '', Token: token.accessToken ?? '' };
    answer = await requestToken(deps, config.document, 'TokenByRefreshToken', variables);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (await replacedMeanwhile(deps, token, error)) return { outcome: 'renewed-elsewhere' } as const;
    await keepFailure(deps, token, error, userId);
    // Written between our look and our error: a good token must not carry the failure of its predecessor.
    const current = await deps.tokens.get(config.id);
    if (!isSameToken(current, token)) {
      await deps.tokens.save(current, {}, userId);
      return { outcome: 'renewed-elsewhere' } as const;
    }
    throw error;
  }
  const stored = await storeAnswer(deps, config.id, token, answer, userId);
  return { outcome: stored ? 'renewed' : 'renewed-elsewhere' } as const;
}

async function read(deps: RefreshTokenDeps, configId: number) {
  const config = await deps.tokenConfigs.byId(configId);
  if (!config) throw new SidecarError('unknown-token-config');
  const token = await deps.tokens.get(configId);
  return { config, token, decision: decideRefresh(config, token, deps.clock()) };
}

/** Renewed or failed is settled by now: a lease that could not be given back ends by itself, a cache too. */
async function settle(deps: RefreshTokenDeps, configId: number): Promise<void> {
  await Promise.allSettled([deps.caches.forgetTokenConfigs(), deps.leases.release(configId, deps.holder)]);
}

/**
 * Renews one token (RFC 6749 §6): decide, lease, read and decide again, request once, compare and set.
 * @throws SidecarError unknown-token-config, no-refresh-token, renewal-running (force), and those of the provider
 */
export async function refreshToken(
  deps: RefreshTokenDeps,
  input: RefreshTokenInput,
): Promise<RefreshOutcome> {
  const { configId, userId, force = false } = input;
  const before = await read(deps, configId);
  if (force && !before.token.refreshToken) throw new SidecarError('no-refresh-token');
  if (!force && !before.decision.refresh) return notDue(before.decision);
  if (!(await deps.leases.acquire(configId, deps.holder, deps.clock(), LEASE))) {
    if (force) throw new SidecarError('renewal-running');
    return { outcome: 'busy' };
  }
  try {
    const { config, token, decision } = await read(deps, configId);
    if (force && !isSameToken(before.token, token)) return { outcome: 'renewed-elsewhere' };
    if (!force && !decision.refresh) return notDue(decision);
    return await renew(deps, config, token, userId);
  } catch (error) {
    throw error instanceof ProviderError ? asSidecarError(error) : error;
  } finally {
    await settle(deps, configId);
  }
}
