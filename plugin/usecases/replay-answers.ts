import type { HelpdeskCaches, Log, RenewalStore, SettingsReader } from '../domain/ports.js';
import { policyOf } from '../domain/renewal.js';
import { SidecarError } from '../errors.js';
import { succeeded } from './attempts.js';
import type { KeepAndStoreDeps } from './keep-and-store.js';
import { storeAnswer } from './store-answer.js';

export interface ReplayDeps extends KeepAndStoreDeps {
  renewals: Pick<RenewalStore, 'one'>;
  caches: HelpdeskCaches;
  settings: SettingsReader;
  holder: string;
  log: Log;
}

/**
 * Stores the answers that a process left in the journal: it died, or the database was away. By compare-and-set as
 * ever, so what was stored already, or has been replaced by something newer, is left as it is.
 * @returns how many entries were settled
 * @throws SidecarError database-unavailable; the rest is tried again
 */
export async function replayAnswers(deps: ReplayDeps): Promise<number> {
  const entries = await deps.journal.left();
  for (const { id, entry } of entries) {
    const { configId, used, answer, userId, actor, what, receivedAt } = entry;
    const row = await deps.renewals.one(configId);
    if (row) {
      const policy = policyOf(await deps.settings.current());
      const facts = { what, actor, startedAt: receivedAt, holder: deps.holder, policy };
      const attempt = (current: typeof used, values: typeof answer) =>
        succeeded(row, current, values, facts, deps.clock());
      try {
        const stored = await storeAnswer(deps, { configId, used, answer, userId, attempt });
        deps.log.warn({ configId, stored }, 'an answer of the journal was replayed');
      } catch (error) {
        if (!(error instanceof SidecarError) || error.code !== 'unknown-token-config') throw error;
      }
    }
    await deps.journal.remove(id);
  }
  if (entries.length > 0) await deps.caches.forgetTokenConfigs();
  return entries.length;
}
