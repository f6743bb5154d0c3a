import type {
  AnswerJournal,
  Clock,
  HelpdeskCaches,
  RenewalRow,
  RenewalStore,
  SettingsReader,
  TokenEndpoint,
  TokenStore,
} from '../domain/ports.js';
import { ProviderError } from '../domain/provider-error.js';
import { decide, policyOf, type RenewalReason } from '../domain/renewal.js';
import type { StoredToken, TokenAnswer } from '../domain/token.js';
import { SidecarError } from '../errors.js';
import { pause } from '../lib/pause.js';
import { type AttemptFacts, failed, succeeded } from './attempts.js';
import { keepAndStore } from './keep-and-store.js';
import { asSidecarError, errorFields, requestToken } from './request-token.js';

export interface RefreshTokenDeps {
  renewals: RenewalStore;
  tokens: TokenStore;
  journal: AnswerJournal;
  endpoint: TokenEndpoint;
  caches: HelpdeskCaches;
  settings: SettingsReader;
  clock: Clock;
  /** Names this process in leases. */
  holder: string;
  /** Waits; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
}

export interface RefreshTokenInput {
  configId: number;
  /** Whom the helpdesk's row names as having changed it. */
  userId: number;
  /** Whom the record names; null: the keeper. */
  actor: number | null;
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
  | { outcome: 'not-due'; reason: RenewalReason; at: Date | null };

/** Longer than any request may take; a lease of a dead process ends by itself. Milliseconds. */
const LEASE = 120_000;

/** How long an answer of somebody else may take to reach the row after ours was refused. Milliseconds. */
const GRACE = 2000;

const LOST_ANSWER =
  'The sidecar was stopped while the answer of the provider was on its way, and the provider takes a refresh token only once.';

const isSameToken = (a: StoredToken, b: StoredToken) =>
  a.accessToken === b.accessToken && a.refreshToken === b.refreshToken;

/** One renewal that has its lease. */
interface Renewal {
  row: RenewalRow;
  input: RefreshTokenInput;
  facts: AttemptFacts;
  /** Whoever had the lease before never gave it back. */
  leftBehind: boolean;
}

/** Keeps the failure where the helpdesk shows it; one that passes by itself must not hide a token that still works. */
async function keepFailure(
  deps: RefreshTokenDeps,
  { row, input, facts, leftBehind }: Renewal,
  error: ProviderError,
) {
  const { token } = row;
  const now = deps.clock();
  const attempt = failed(row, error, facts, now, leftBehind);
  const passing = ['transient', 'invalid-answer'].includes(error.failure.outcome);
  const works = token.accessToken && (!token.accessTokenExpiresAt || token.accessTokenExpiresAt > now);
  if (passing && works) return deps.renewals.note(token.configId, attempt);
  const fields = errorFields(error);
  if (leftBehind && error.failure.outcome === 'grant-dead')
    fields.errorDescription = [fields.errorDescription, LOST_ANSWER].filter(Boolean).join(' ');
  return deps.tokens.saveError(token.configId, fields, input.userId, attempt);
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

async function handleFailure(deps: RefreshTokenDeps, renewal: Renewal, error: ProviderError) {
  const { token } = renewal.row;
  if (await replacedMeanwhile(deps, token, error)) return { outcome: 'renewed-elsewhere' } as const;
  await keepFailure(deps, renewal, error);
  // Written between our look and our error: a good token must not carry the failure of its predecessor.
  const current = await deps.tokens.get(token.configId);
  if (isSameToken(current, token)) throw error;
  const attempt = succeeded(renewal.row, current, {}, renewal.facts, deps.clock());
  await deps.tokens.save(current, {}, renewal.input.userId, { ...attempt, event: null });
  return { outcome: 'renewed-elsewhere' } as const;
}

async function renew(deps: RefreshTokenDeps, renewal: Renewal): Promise<RefreshOutcome> {
  const { row, input, facts } = renewal;
  const { config, token } = row;
  let answer: TokenAnswer;
  try {
    const variables = { RefreshToken: token.refreshToken ?? '', Token: token.accessToken ?? '' };
    answer = await requestToken(deps, config.document, 'TokenByRefreshToken', variables);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return handleFailure(deps, renewal, error);
  }
  const stored = await keepAndStore(deps, {
    configId: config.id,
    used: token,
    replaces: token,
    answer,
    userId: input.userId,
    actor: input.actor,
    what: 'renewal',
    attempt: (current, values) => succeeded(row, current, values, facts, deps.clock()),
  });
  return { outcome: stored ? 'renewed' : 'renewed-elsewhere' };
}

async function read(deps: RefreshTokenDeps, configId: number): Promise<RenewalRow> {
  const row = await deps.renewals.one(configId);
  if (!row) throw new SidecarError('unknown-token-config');
  return row;
}

/** With the lease: read, decide, ask. */
async function underLease(
  deps: RefreshTokenDeps,
  input: RefreshTokenInput,
  leftBehind: boolean,
  before?: StoredToken,
) {
  const row = await read(deps, input.configId);
  if (before && !isSameToken(before, row.token)) return { outcome: 'renewed-elsewhere' } as const;
  const policy = policyOf(await deps.settings.current());
  const startedAt = deps.clock();
  if (!input.force) {
    const { renew: due, reason, at } = decide(row, startedAt, policy);
    if (!due) {
      await deps.renewals.schedule([{ configId: input.configId, at, reason }]);
      return { outcome: 'not-due', reason, at } as const;
    }
  }
  const facts = { what: 'renewal', actor: input.actor, startedAt, holder: deps.holder, policy } as const;
  return renew(deps, { row, input, facts, leftBehind });
}

/**
 * Renews one token (RFC 6749 §6): lease, read, decide, request once, keep the answer safe, compare and set.
 * @throws SidecarError unknown-token-config, no-refresh-token, renewal-running (force), and those of the provider
 */
export async function refreshToken(
  deps: RefreshTokenDeps,
  input: RefreshTokenInput,
): Promise<RefreshOutcome> {
  const { configId, force = false } = input;
  const before = force ? (await read(deps, configId)).token : undefined;
  if (before && !before.refreshToken) throw new SidecarError('no-refresh-token');
  const lease = await deps.renewals.acquire(configId, deps.holder, deps.clock(), LEASE);
  if (!lease) {
    if (force) throw new SidecarError('renewal-running');
    return { outcome: 'busy' };
  }
  let done: RefreshOutcome | undefined;
  try {
    done = await underLease(deps, input, lease === 'left-behind', before);
    return done;
  } catch (error) {
    throw error instanceof ProviderError ? asSidecarError(error) : error;
  } finally {
    // Renewed or failed is settled by now: a lease that could not be given back ends by itself, a cache too.
    await Promise.allSettled([
      done?.outcome === 'not-due' ? undefined : deps.caches.forgetTokenConfigs(),
      // The transaction of a success has given it back.
      done?.outcome === 'renewed' ? undefined : deps.renewals.release(configId, deps.holder),
    ]);
  }
}
