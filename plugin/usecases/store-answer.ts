import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../domain/clock.js';
import type { Attempt } from '../domain/token/renewal-store.js';
import type { StoredToken, TokenAnswer } from '../domain/token/token.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { type ErrorCode, SidecarError } from '../errors.js';

export interface StoreAnswerDeps {
  tokens: TokenStore;
  clock: Clock;
  /** Waits between attempts; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
  /** Do not retry here, because the caller does. */
  impatient?: boolean;
}

/** The assumed lifetime if a provider sends none, but did before. Milliseconds. */
const USUAL_LIFETIME = 3600_000;

/** Attempts of the compare-and-set: each failure means that another program wrote at that moment. */
const ATTEMPTS = 5;

/**
 * Waits while the database is unavailable or the row is locked; shorter in total than the lease of a renewal.
 * Milliseconds.
 */
const WAITS = [250, 500, 1000, 2000, 4000];

/**
 * Gives an answer its own dates, because an earlier token's expiry must not count for a new token. An old
 * expiry in the past would cause one renewal after another; an old expiry of a refresh token would stop its
 * renewal.
 */
export function withOwnDates(stored: StoredToken, answer: TokenAnswer, now: Date): TokenAnswer {
  const own: TokenAnswer = { ...answer };
  if (answer.accessToken !== undefined && !answer.accessTokenExpiresAt && stored.accessTokenExpiresAt)
    own.accessTokenExpiresAt = new Date(now.getTime() + USUAL_LIFETIME);
  const rotated = answer.refreshToken !== undefined && answer.refreshToken !== stored.refreshToken;
  if (rotated && !answer.refreshTokenExpiresAt) own.refreshTokenExpiresAt = null;
  return own;
}

const PASSING: ReadonlySet<string> = new Set<ErrorCode>(['database-unavailable', 'database-busy']);

/** Retries on passing faults of the database, because the provider does not send this answer again. */
async function patiently<T>(deps: StoreAnswerDeps, work: () => Promise<T>): Promise<T> {
  for (const wait of deps.impatient ? [] : WAITS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SidecarError) || !PASSING.has(error.code)) throw error;
      await (deps.pause ?? pause)(wait);
    }
  }
  return work();
}

const endOf = (date: Date | null | undefined): number => date?.getTime() ?? Number.POSITIVE_INFINITY;

/**
 * Returns what still counts of an answer after another program wrote; null: nothing. If the stored refresh
 * token is a different one, another program has exchanged ours or stored a new consent, so its token is
 * newer. Otherwise the access token that lives longer stays. But the stored refresh token may be worthless by
 * now and ours its only successor (rotation, RFC 9700 §4.14.2): ours is kept in any case.
 */
function stillCounts(used: StoredToken, current: StoredToken, answer: TokenAnswer): TokenAnswer | null {
  // Already stored: a commit whose confirmation was lost, or a process that died after it.
  if (current.accessToken === answer.accessToken) return null;
  // Also if there is none any more: the grant was revoked, or its tokens were deleted.
  if (current.refreshToken !== used.refreshToken) return null;
  const isEmpty = current.accessToken === null && current.refreshToken === null;
  if (isEmpty && used.accessToken !== null) return null;
  const theirsIsNewer =
    current.accessToken !== null && endOf(current.accessTokenExpiresAt) >= endOf(answer.accessTokenExpiresAt);
  if (!theirsIsNewer) return answer;
  if (answer.refreshToken === undefined) return null;
  const { accessToken: _token, accessTokenExpiresAt: _end, ...successor } = answer;
  return successor;
}

export interface Answered {
  configId: number;
  /** The row used for a renewal; null after a consent, which is newer than anything stored. */
  used: StoredToken | null;
  answer: TokenAnswer;
  userId: number;
  /** Builds the attempt for the history from the row and the values to be written. */
  attempt?: (row: StoredToken, values: TokenAnswer) => Attempt;
}

/**
 * Stores an answer by compare-and-set, and reads again and retries if another program was faster.
 * @returns false if another program's newer token was kept
 * @throws SidecarError renewal-running after five failed attempts, value-too-long, unknown-token-config
 */
export async function storeAnswer(
  deps: StoreAnswerDeps,
  { configId, used, answer, userId, attempt }: Answered,
): Promise<boolean> {
  let expected = used ?? (await patiently(deps, () => deps.tokens.get(configId)));
  let counting: TokenAnswer | null = answer;
  for (let round = 0; round < ATTEMPTS && counting; round++) {
    const values = withOwnDates(expected, counting, deps.clock());
    const row = expected;
    if (await patiently(deps, () => deps.tokens.save(row, values, userId, attempt?.(row, values))))
      return counting.accessToken !== undefined;
    expected = await patiently(deps, () => deps.tokens.get(configId));
    counting = used === null ? answer : stillCounts(used, expected, answer);
  }
  if (!counting) return false;
  throw new SidecarError('renewal-running', { log: 'the token row changed under every attempt to store' });
}
