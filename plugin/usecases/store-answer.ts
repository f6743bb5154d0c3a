import type { Clock } from '../domain/clock.js';
import type { Attempt } from '../domain/token/renewal-store.js';
import type { StoredToken, TokenAnswer } from '../domain/token/token.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { type ErrorCode, SidecarError } from '../errors.js';
import { pause } from '../lib/pause.js';

export interface StoreAnswerDeps {
  tokens: TokenStore;
  clock: Clock;
  /** Waits between attempts; replaced in tests. */
  pause?: (ms: number) => Promise<void>;
  /** No second attempt here: whoever asks comes back by itself. */
  impatient?: boolean;
}

/** Assumed where a provider that gave lifetimes before gives none now. Milliseconds. */
const USUAL_LIFETIME = 3600_000;

/** Attempts of the compare-and-set: each loss means that somebody wrote in that very moment. */
const ATTEMPTS = 5;

/** Waits while the database is away, or somebody holds the row; together below the lease of a renewal. Milliseconds. */
const WAITS = [250, 500, 1000, 2000, 4000];

/**
 * A date belongs to its token: the end of an earlier token must not be taken for the end of a new one. A stale end in
 * the past would have the new token renewed on and on, a stale end of a refresh token would stop its renewal.
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

/** The provider will not give this answer again, so what passes at the database is waited for. */
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
 * What of an answer still counts when somebody else wrote meanwhile; null: nothing. Where the stored refresh token is
 * another one, somebody has exchanged ours or brought a new consent, so theirs is newer. Else the access token that
 * lives longer stays; but the stored refresh token may be worth nothing any more, and ours is its only successor
 * (rotation, RFC 9700 §4.14.2): that one is kept whatever else holds.
 */
function stillCounts(used: StoredToken, current: StoredToken, answer: TokenAnswer): TokenAnswer | null {
  // Stored already: a commit whose confirmation was lost, or a process that died after it.
  if (current.accessToken === answer.accessToken) return null;
  // Also where there is none any more: somebody has revoked the grant, or forgotten its tokens.
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
  /** The row from which a renewal was made; null after a consent, which is newer than anything stored. */
  used: StoredToken | null;
  answer: TokenAnswer;
  userId: number;
  /** What the history says, made from the row and the values that are written to it. */
  attempt?: (row: StoredToken, values: TokenAnswer) => Attempt;
}

/**
 * Stores an answer by compare-and-set, again after a fresh look where somebody was faster.
 * @returns false where a newer token of somebody else was left as it is
 * @throws SidecarError renewal-running after five losses, value-too-long, unknown-token-config
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
