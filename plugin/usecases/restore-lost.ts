import type { JournalEntry } from '../domain/token/answer-journal.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalRow } from '../domain/token/renewal-store.js';
import type { StoredToken } from '../domain/token/token.js';
import { succeeded } from './attempts.js';
import { isSameToken } from './failed-renewal.js';
import type { ReplayDeps } from './replay-answers.js';
import { withOwnDates } from './store-answer.js';

export type RestoreDeps = Pick<
  ReplayDeps,
  'renewals' | 'tokens' | 'journal' | 'settings' | 'caches' | 'clock' | 'log'
>;

type Stored = Awaited<ReturnType<RestoreDeps['journal']['stored']>>[number];

const isEmpty = ({ accessToken, refreshToken }: StoredToken) => accessToken === null && refreshToken === null;

/**
 * Has the database returned to the state before this answer was stored? Only if the row is exactly what the
 * answer had replaced, and no later success is recorded, which the transaction that stored the answer would
 * have done. So nothing newer is overwritten, whichever program wrote it. A revoked token stays revoked: an
 * emptied row looks like one that never had a token, but has a later change_time.
 */
function isLost(
  { used, receivedAt }: JournalEntry,
  { token, renewal }: RenewalRow,
  isNext: boolean,
): boolean {
  if (!isSameToken(used, token)) return false;
  if (isEmpty(used) && used.changeTime.getTime() !== token.changeTime.getTime()) return false;
  return isNext || renewal.lastSuccessAt === null || renewal.lastSuccessAt < receivedAt;
}

/** @returns whether the row now matches the answer */
async function restore(deps: RestoreDeps, entry: JournalEntry, row: RenewalRow): Promise<boolean> {
  const { configId, answer, userId, actor, what, receivedAt, holder, identity = null } = entry;
  const policy = policyOf(await deps.settings.current());
  const facts = { what, actor, startedAt: receivedAt, holder, policy, identity };
  const values = withOwnDates(row.token, answer, deps.clock());
  const attempt = succeeded(row, row.token, values, facts, deps.clock());
  const isWritten = await deps.tokens.save(row.token, values, userId, attempt);
  if (isWritten) deps.log.warn({ configId }, 'the database had lost a token, which was stored again');
  return isWritten;
}

/** @returns how many were written again */
async function restoreOne(deps: RestoreDeps, configId: number, entries: Stored[]): Promise<number> {
  let row = await deps.renewals.one(configId);
  let restored = 0;
  for (const { entry } of entries) {
    // Several may be lost, each made from the one before.
    if (!row || !isLost(entry, row, restored > 0)) continue;
    if (!(await restore(deps, entry, row))) break;
    restored++;
    row = await deps.renewals.one(configId);
  }
  for (const { id, ends } of entries) if (ends || !row) await deps.journal.remove(id);
  return restored;
}

/**
 * Compares what was stored within the last minutes with the database and writes again what it has lost. A
 * server that flushes its log once a second loses the last second on a power failure, and so does a failover
 * to a replica that lagged.
 * @param which all: after a connection was lost; ending: each answer a last time before it is removed
 * @returns how many were written again
 */
export async function restoreLost(deps: RestoreDeps, which: 'all' | 'ending'): Promise<number> {
  const byConfig = new Map<number, Stored[]>();
  for (const one of await deps.journal.stored(which)) {
    const { configId } = one.entry;
    byConfig.set(configId, [...(byConfig.get(configId) ?? []), one]);
  }
  const counts = await Promise.all(
    [...byConfig].map(([configId, entries]) => restoreOne(deps, configId, entries)),
  );
  const restored = counts.reduce((sum, count) => sum + count, 0);
  if (restored > 0) await deps.caches.forgetTokenConfigs();
  return restored;
}
