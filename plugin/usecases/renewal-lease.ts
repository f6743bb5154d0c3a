import type { Clock } from '../domain/clock.js';
import type { AnswerJournal } from '../domain/token/answer-journal.js';
import type { AbandonedLease, RenewalStore } from '../domain/token/renewal-store.js';
import type { StoredToken } from '../domain/token/token.js';
import { isEndedPredecessor } from '../lib/process-identity.js';
import { beginOwnLease, type OwnLeaseDeps } from './own-leases.js';

export interface RenewalLeaseDeps extends OwnLeaseDeps {
  renewals: Pick<RenewalStore, 'acquire' | 'takeOver' | 'extend' | 'one' | 'release'>;
  journal: Pick<AnswerJournal, 'isLocked'>;
  clock: Clock;
  /** Milliseconds that really pass, independent of the clock; replaced in tests. */
  elapsed?: () => number;
  /** Repeats work until the returned function is called; replaced in tests. */
  repeat?: (work: () => void, ms: number) => () => void;
}

/**
 * How long a lease lasts without an extension, in milliseconds: how long others wait for a process that died.
 */
export const LEASE = 120_000;
/**
 * How often a lease is extended, in milliseconds: more often than the quiet time after a loss of the database ends, because
 * the database may have lost the lease as well.
 */
const EXTENDED = LEASE / 8;
/** An older lease may have expired for other processes: no request is sent under it. Milliseconds. */
const SURE = 60_000;
/** How long before the access token expires an abandoned lease is taken over, in milliseconds. */
const URGENT = 300_000;
/**
 * … and after which time in any case: a machine that is gone for longer may never come back. Milliseconds.
 */
const LONG_AGO = 3_600_000;

export interface RenewalLease {
  /** Its previous holder never released it. */
  leftBehind: boolean;
  /**
   * Is it certain that nobody else has acquired it? A process cannot know after it was stopped or its machine
   * was suspended.
   */
  isSure(): boolean;
  /**
   * Stops extending it. Never rejects.
   * @param isKept for an answer that is not stored yet; otherwise a transaction has released it
   */
  end(isKept: boolean): Promise<void>;
  /** Stops extending it and releases it. Never rejects. */
  release(unsettled: boolean): Promise<void>;
}

/**
 * May the abandoned lease be taken over? Until the access token is about to expire it is not urgent: the
 * previous holder may have the answer in its journal and come back with it.
 */
function mayTakeOver(deps: RenewalLeaseDeps, lease: AbandonedLease, token: StoredToken): boolean {
  if (lease.endedAt === null) return true;
  // Its journal is ours and has been read, except for locked files, which are reported to an admin.
  if (isEndedPredecessor(deps.holder, lease.holder)) return !deps.journal.isLocked();
  const now = deps.clock().getTime();
  // A lease that expires long after now was given by a wrong clock.
  if (token.accessToken === null || lease.endedAt.getTime() > now + LEASE) return true;
  const end = token.accessTokenExpiresAt;
  return now - lease.endedAt.getTime() >= LONG_AGO || (end !== null && end.getTime() - now <= URGENT);
}

function repeatedly(work: () => void, ms: number): () => void {
  const timer = setInterval(work, ms).unref();
  return () => clearInterval(timer);
}

async function take(deps: RenewalLeaseDeps, configId: number, force: boolean) {
  const got = await deps.renewals.acquire(configId, deps.holder, LEASE);
  if (got === null || got === 'taken') return got;
  const row = force ? null : await deps.renewals.one(configId);
  if (row && !mayTakeOver(deps, got, row.token)) return null;
  return (await deps.renewals.takeOver(configId, got, deps.holder, LEASE)) ? 'left-behind' : null;
}

/**
 * Acquires the lease of a renewal and extends it until `end`.
 * @param force takes over an abandoned lease, however long the token still works
 * @returns null: another process has it, or may come back to it
 */
export async function takeLease(
  deps: RenewalLeaseDeps,
  configId: number,
  force: boolean,
): Promise<RenewalLease | null> {
  const elapsed = deps.elapsed ?? (() => performance.now());
  const read = () => ({ clock: deps.clock().getTime(), elapsed: elapsed() });
  const own = beginOwnLease(deps, configId);
  if (!own) return null;
  let since = read();
  let taken: Awaited<ReturnType<typeof take>>;
  try {
    taken = await take(deps, configId, force);
  } catch (error) {
    // The database may have granted the lease even if its response was lost.
    void own.release(false);
    throw error;
  }
  if (!taken) {
    own.leave();
    return null;
  }
  let isLost = false;
  /** kept: for an answer that is not stored yet. */
  let ended: 'kept' | 'released' | undefined;
  let keeping: Promise<void> | undefined;

  async function keep(): Promise<void> {
    const began = read();
    if (await deps.renewals.extend(configId, deps.holder, LEASE)) {
      since = began;
      return;
    }
    if (ended) return;
    // The database may have lost the lease while a request is on its way: others must wait for the answer all the same. In
    // the meantime it may have been somebody else's, so nothing is sent under it any more.
    isLost = true;
    await deps.renewals.acquire(configId, deps.holder, LEASE);
    if (ended === 'released') await deps.renewals.release(configId, deps.holder);
  }

  const stop = (deps.repeat ?? repeatedly)(() => {
    keeping ??= keep()
      .catch(() => undefined)
      .finally(() => {
        keeping = undefined;
      });
  }, EXTENDED);

  /** Nothing of this attempt may reach the lease of the next one, which has the same holder. */
  async function stopKeeping(how: typeof ended): Promise<void> {
    stop();
    ended = how;
    await keeping;
  }

  return {
    leftBehind: taken === 'left-behind',
    isSure() {
      const now = read();
      return !isLost && Math.max(Math.abs(now.clock - since.clock), now.elapsed - since.elapsed) <= SURE;
    },
    async end(isKept) {
      await stopKeeping(isKept ? 'kept' : 'released');
      own.leave();
    },
    async release(unsettled) {
      await stopKeeping('released');
      await own.release(unsettled);
    },
  };
}
