import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { Log } from '../domain/log.js';
import type { JournalEntry } from '../domain/token/answer-journal.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalStore } from '../domain/token/renewal-store.js';
import { codeOf, SidecarError } from '../errors.js';
import { succeeded } from './attempts.js';
import type { KeepAndStoreDeps } from './keep-and-store.js';
import { askUserInfo, type UserInfoDeps } from './learn-identity.js';
import { LEASE } from './renewal-lease.js';
import { storeAnswer } from './store-answer.js';

export interface ReplayDeps extends Omit<KeepAndStoreDeps, 'holder'>, UserInfoDeps {
  renewals: Pick<RenewalStore, 'one' | 'release' | 'extend'>;
  caches: HelpdeskCaches;
  settings: SettingsReader;
  log: Log;
}

/**
 * An answer that does not fit is retried after this time, in milliseconds: an admin may have widened the
 * column.
 */
const POSTPONED = 3_600_000;
/**
 * An answer whose configuration does not exist is kept for so long: a dump of the database may be being loaded, and then the
 * table is empty for a while. Milliseconds.
 */
const WITHOUT_CONFIG = 600_000;
/** How many are stored together. */
const AT_ONCE = 100;

/** Stores an answer as its own process would have, under that process's lease, which then ends. */
async function replay(deps: ReplayDeps, entry: JournalEntry): Promise<void> {
  const { configId, used, answer, userId, actor, what, receivedAt, holder, identity = null } = entry;
  const row = await deps.renewals.one(configId);
  if (!row) throw new SidecarError('unknown-token-config');
  const policy = policyOf(await deps.settings.current());
  const facts = { what, actor, startedAt: receivedAt, holder, policy, identity };
  const attempt = (current: typeof used, values: typeof answer) =>
    succeeded({ ...row, token: current }, values, facts, deps.clock());
  const stored = await storeAnswer({ ...deps, impatient: true }, { configId, used, answer, userId, attempt });
  if (!stored) await deps.renewals.release(configId, holder);
  deps.log.warn({ configId, stored }, 'an answer of the journal was replayed');
  if (stored && what === 'consent' && answer.accessToken)
    await askUserInfo(deps, row.config, answer.accessToken, identity);
}

const isOld = ({ clock }: ReplayDeps, { receivedAt }: JournalEntry): boolean =>
  Math.abs(clock().getTime() - receivedAt.getTime()) > WITHOUT_CONFIG;

/** @returns the code of the failure; null: settled */
async function settle(deps: ReplayDeps, { id, entry }: { id: string; entry: JournalEntry }) {
  try {
    await replay(deps, entry);
    await deps.journal.settle(id);
    return null;
  } catch (error) {
    const code = codeOf(error);
    // A deleted configuration needs no token.
    if (code === 'unknown-token-config' && isOld(deps, entry)) {
      await deps.journal.remove(id);
      return null;
    }
    // Every passing fault, such as a full table, is retried at each pass: a waiting answer keeps a mailbox
    // from being renewed.
    if (code === 'value-too-long') await deps.journal.postpone(id, POSTPONED);
    return code;
  }
}

/** Settles the answers of one configuration in order, because each was made from the one before. */
async function settleInTurn(deps: ReplayDeps, left: { id: string; entry: JournalEntry }[]) {
  const codes: (string | null)[] = [];
  for (const one of left) codes.push(await settle(deps, one));
  return codes;
}

/**
 * While an answer is only in this journal, no other sidecar may send the refresh token that was used for it.
 */
async function keepLeases({ renewals, journal }: ReplayDeps): Promise<void> {
  await Promise.all(
    journal.waiting().map(({ configId, holder }) => renewals.extend(configId, holder, LEASE)),
  ).catch(() => undefined);
}

function tell({ log }: ReplayDeps, codes: (string | null)[]): void {
  const counts = new Map<string, number>();
  // Somebody has just deleted a configuration: nothing to act on.
  for (const code of codes)
    if (code && code !== 'unknown-token-config') counts.set(code, (counts.get(code) ?? 0) + 1);
  for (const [code, answers] of counts)
    log.error({ code, answers }, 'answers of the journal cannot be stored');
}

/**
 * Stores the answers that a process left in the journal because it died or the database took nothing. Uses
 * compare-and-set as always, so an answer that is already stored, or was replaced by something newer, changes
 * nothing. An answer that cannot be stored does not delay others.
 * @returns how many entries were settled
 * @throws SidecarError database-unavailable; the rest is retried
 */
export async function replayAnswers(deps: ReplayDeps): Promise<number> {
  const left = await deps.journal.left();
  await keepLeases(deps);
  const byConfig = new Map<number, typeof left>();
  for (const one of left) {
    const { configId } = one.entry;
    byConfig.set(configId, [...(byConfig.get(configId) ?? []), one]);
  }
  const configs = [...byConfig.values()];
  let settled = 0;
  try {
    for (let from = 0; from < configs.length; from += AT_ONCE) {
      const some = configs.slice(from, from + AT_ONCE);
      const codes = (await Promise.all(some.map((entries) => settleInTurn(deps, entries)))).flat();
      settled += codes.filter((code) => code === null).length;
      tell(deps, codes);
      if (codes.includes('database-unavailable')) throw new SidecarError('database-unavailable');
    }
  } finally {
    if (settled > 0) await deps.caches.forgetTokenConfigs();
  }
  return settled;
}
