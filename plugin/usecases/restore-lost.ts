import type { JournalEntry, StoredAnswer } from '../domain/token/answer-journal.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalRow } from '../domain/token/renewal-store.js';
import type { StoredToken } from '../domain/token/token.js';
import { SidecarError } from '../errors.js';
import { succeeded } from './attempts.js';
import { isSameToken } from './failed-renewal.js';
import type { ReplayDeps } from './replay-answers.js';
import { withOwnDates } from './store-answer.js';

export type RestoreDeps = Pick<
  ReplayDeps,
  'renewals' | 'tokens' | 'journal' | 'settings' | 'caches' | 'clock' | 'log'
>;

/** How many configurations are compared together. */
const AT_ONCE = 100;

const isEmpty = ({ accessToken, refreshToken }: StoredToken) => accessToken === null && refreshToken === null;

/**
 * Has the database returned to the state before this answer was stored? Only if the row is exactly what the
 * answer had replaced, and no later success is recorded, which the transaction that stored the answer would
 * have done. So nothing newer is overwritten, whichever program wrote it. A revoked token stays revoked: an
 * emptied row looks like one that never had a token, but has a later change_time.
 */
function isLost(entry: JournalEntry, row: RenewalRow, isNext: boolean): boolean {
  const { used } = entry;
  if (!isSameToken(used, row.token)) return false;
  if (isEmpty(used) && used.changeTime.getTime() !== row.token.changeTime.getTime()) return false;
  return isNext || !hasLaterSuccess(entry, row);
}

const hasLaterSuccess = ({ receivedAt }: JournalEntry, { renewal }: RenewalRow): boolean =>
  renewal.lastSuccessAt !== null && renewal.lastSuccessAt >= receivedAt;

/** @returns whether the row now matches the answer */
async function restore(deps: RestoreDeps, entry: JournalEntry, row: RenewalRow): Promise<boolean> {
  const { configId, answer, userId, actor, what, receivedAt, holder, identity = null } = entry;
  const policy = policyOf(await deps.settings.current());
  const facts = { what, actor, startedAt: receivedAt, holder, policy, identity };
  const values = withOwnDates(row.token, answer, deps.clock());
  const attempt = succeeded(row, values, facts, deps.clock());
  // Not now: another sidecar may have received an answer to this one's refresh token, and restores it next.
  const state = { ...attempt.state, succeededAt: receivedAt };
  const isWritten = await deps.tokens.save(row.token, values, userId, { ...attempt, state });
  if (isWritten) deps.log.warn({ configId }, 'the database had lost a token, which was stored again');
  return isWritten;
}

/**
 * The row may be from a backup that is older than all answers that are still kept, so that none of them replaced it. Its
 * refresh token was exchanged long ago; that of the newest answer was not.
 * @returns how many were written again
 */
async function restoreNewest(deps: RestoreDeps, row: RenewalRow, answers: StoredAnswer[]): Promise<number> {
  const { configId, refreshToken } = row.token;
  if (refreshToken === null || !(await deps.journal.isUsed(row.token))) return 0;
  const entry = await answers.at(-1)?.read();
  if (!entry || hasLaterSuccess(entry, row)) return 0;
  const successor = entry.answer.refreshToken ?? entry.used.refreshToken;
  if (successor === null || (await deps.journal.isUsed({ configId, refreshToken: successor }))) return 0;
  const answer = { ...entry.answer, refreshToken: successor };
  return (await restore(deps, { ...entry, answer }, row)) ? 1 : 0;
}

/** @returns how many were written again */
async function restoreOne(deps: RestoreDeps, configId: number, answers: StoredAnswer[]): Promise<number> {
  let row = await deps.renewals.one(configId);
  let restored = 0;
  for (const answer of answers) {
    // Several may be lost, each made from the one before.
    if (!row || !answer.replaced(row.token)) continue;
    const entry = await answer.read();
    if (!entry || !isLost(entry, row, restored > 0)) continue;
    if (!(await restore(deps, entry, row))) break;
    restored++;
    row = await deps.renewals.one(configId);
  }
  if (row && restored === 0) restored = await restoreNewest(deps, row, answers);
  // Without a row, the configuration was deleted, or a dump of the database is being loaded.
  for (const { id, ends } of answers) if (ends) await deps.journal.remove(id);
  return restored;
}

/**
 * Compares what was stored within the last minutes with the database and writes again what it has lost. A
 * server that flushes its log once a second loses the last second on a power failure, and so does a failover
 * to a replica that lagged. A failed comparison does not delay the others, unless the database is
 * unavailable.
 * @param which all: after a connection was lost; ending: each answer a last time before it is removed
 * @returns how many were written again
 */
export async function restoreLost(deps: RestoreDeps, which: 'all' | 'ending'): Promise<number> {
  const byConfig = new Map<number, StoredAnswer[]>();
  for (const one of await deps.journal.stored(which)) {
    const others = byConfig.get(one.configId);
    if (others) others.push(one);
    else byConfig.set(one.configId, [one]);
  }
  const configs = [...byConfig];
  const failures: unknown[] = [];
  let restored = 0;
  for (let from = 0; from < configs.length && !failures.some(isAway); from += AT_ONCE) {
    const some = configs.slice(from, from + AT_ONCE);
    const results = await Promise.allSettled(some.map(([id, answers]) => restoreOne(deps, id, answers)));
    for (const result of results)
      if (result.status === 'fulfilled') restored += result.value;
      else failures.push(result.reason);
  }
  if (restored > 0) await deps.caches.forgetTokenConfigs();
  if (failures.length > 0) throw failures.find(isAway) ?? failures[0];
  return restored;
}

const isAway = (error: unknown) => error instanceof SidecarError && error.code === 'database-unavailable';
