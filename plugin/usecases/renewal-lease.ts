import type { Clock } from '../domain/clock.js';
import type { AnswerJournal } from '../domain/token/answer-journal.js';
import type { AbandonedLease, RenewalStore } from '../domain/token/renewal-store.js';
import type { StoredToken } from '../domain/token/token.js';
import { isEndedPredecessor } from '../lib/process-identity.js';

export interface RenewalLeaseDeps {
  renewals: Pick<RenewalStore, 'acquire' | 'takeOver' | 'extend' | 'one'>;
  journal: Pick<AnswerJournal, 'isLocked'>;
  clock: Clock;
  /** Milliseconds that really pass, whatever is done to the clock; replaced in tests. */
  elapsed?: () => number;
  /** Names this process in leases. */
  holder: string;
}

/** How long a lease lasts without being extended, in milliseconds: so long is waited for a process that died. */
export const LEASE = 120_000;
/** An older lease may have ended for the others: nothing is sent under it. Milliseconds. */
const SURE = 60_000;
/** How long before the end of the access token an abandoned lease is taken over, in milliseconds. */
const URGENT = 300_000;
/** … and after what time in any case: a machine that is away for longer may never come back. Milliseconds. */
const LONG_AGO = 3_600_000;

export interface RenewalLease {
  /** Whoever had it before never gave it back. */
  leftBehind: boolean;
  /** Is it certain that nobody else has it by now? A process that was stopped, or a suspended machine, cannot know. */
  isSure(): boolean;
  /** It is not extended any more. */
  end(): void;
}

/**
 * Until the access token is about to end nothing is urgent: whoever left the lease behind may have the answer in its
 * journal, and come back with it.
 */
function mayTakeOver(deps: RenewalLeaseDeps, lease: AbandonedLease, token: StoredToken): boolean {
  if (lease.endedAt === null) return true;
  // Its journal is ours: it was looked through, but for files that may not be read, of which a person is told.
  if (isEndedPredecessor(deps.holder, lease.holder)) return !deps.journal.isLocked();
  const now = deps.clock().getTime();
  // One that ends long after now was given by a clock that was wrong.
  if (token.accessToken === null || lease.endedAt.getTime() > now + LEASE) return true;
  const end = token.accessTokenExpiresAt;
  return now - lease.endedAt.getTime() >= LONG_AGO || (end !== null && end.getTime() - now <= URGENT);
}

async function take(deps: RenewalLeaseDeps, configId: number, force: boolean) {
  const got = await deps.renewals.acquire(configId, deps.holder, LEASE);
  if (got === null || got === 'taken') return got;
  const row = force ? null : await deps.renewals.one(configId);
  if (row && !mayTakeOver(deps, got, row.token)) return null;
  return (await deps.renewals.takeOver(configId, got, deps.holder, LEASE)) ? 'left-behind' : null;
}

/**
 * The lease of a renewal, extended until it is ended.
 * @param force takes over what was left behind, however long the token still works
 * @returns null: somebody else has it, or may come back to it
 */
export async function takeLease(
  deps: RenewalLeaseDeps,
  configId: number,
  force: boolean,
): Promise<RenewalLease | null> {
  const elapsed = deps.elapsed ?? (() => performance.now());
  const read = () => ({ clock: deps.clock().getTime(), elapsed: elapsed() });
  let since = read();
  const taken = await take(deps, configId, force);
  if (!taken) return null;
  const timer = setInterval(async () => {
    const began = read();
    const isOurs = await deps.renewals.extend(configId, deps.holder, LEASE).catch(() => false);
    if (isOurs) since = began;
  }, LEASE / 4);
  timer.unref();
  return {
    leftBehind: taken === 'left-behind',
    isSure() {
      const now = read();
      return Math.max(Math.abs(now.clock - since.clock), now.elapsed - since.elapsed) <= SURE;
    },
    end: () => clearInterval(timer),
  };
}
