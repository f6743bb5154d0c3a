import type { HelpdeskCaches, JournalEntry, Log, RenewalStore, SettingsReader } from '../domain/ports.js';
import { policyOf } from '../domain/renewal.js';
import { SidecarError } from '../errors.js';
import { succeeded } from './attempts.js';
import type { KeepAndStoreDeps } from './keep-and-store.js';
import { askUserInfo, type UserInfoDeps } from './learn-identity.js';
import { storeAnswer } from './store-answer.js';

export interface ReplayDeps extends Omit<KeepAndStoreDeps, 'holder'>, UserInfoDeps {
  renewals: Pick<RenewalStore, 'one' | 'release'>;
  caches: HelpdeskCaches;
  settings: SettingsReader;
  log: Log;
}

/** As its own process would have stored it, under its own lease, which ends with it. */
async function replay(deps: ReplayDeps, entry: JournalEntry): Promise<void> {
  const { configId, used, answer, userId, actor, what, receivedAt, holder, identity = null } = entry;
  const row = await deps.renewals.one(configId);
  // A configuration that is gone needs no token.
  if (!row) return;
  const policy = policyOf(await deps.settings.current());
  const facts = { what, actor, startedAt: receivedAt, holder, policy, identity };
  const attempt = (current: typeof used, values: typeof answer) =>
    succeeded(row, current, values, facts, deps.clock());
  const stored = await storeAnswer(deps, { configId, used, answer, userId, attempt });
  if (!stored) await deps.renewals.release(configId, holder);
  deps.log.warn({ configId, stored }, 'an answer of the journal was replayed');
  if (stored && what === 'consent' && answer.accessToken)
    await askUserInfo(deps, row.config, answer.accessToken, identity);
}

const codeOf = (error: unknown) => (error instanceof SidecarError ? error.code : 'internal');

/**
 * Stores the answers that a process left in the journal: it died, or the database was away. By compare-and-set as
 * ever, so what was stored already, or has been replaced by something newer, is left as it is. One that cannot be
 * stored holds up no other.
 * @returns how many entries were settled
 * @throws SidecarError database-unavailable; the rest is tried again
 */
export async function replayAnswers(deps: ReplayDeps): Promise<number> {
  let settled = 0;
  for (const { id, entry } of await deps.journal.left()) {
    try {
      await replay(deps, entry);
      await deps.journal.remove(id);
      settled++;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'database-unavailable') throw error;
      if (code === 'unknown-token-config') await deps.journal.remove(id);
      else if (code === 'database-busy')
        deps.log.warn({ configId: entry.configId, code }, 'an answer of the journal waits for a locked row');
      else {
        await deps.journal.postpone(id);
        deps.log.error({ configId: entry.configId, code }, 'an answer of the journal cannot be stored');
      }
    }
  }
  if (settled > 0) await deps.caches.forgetTokenConfigs();
  return settled;
}
