import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import { SidecarError } from '../errors.js';
import { type ImportItem, type PlannedItem, planImport, visible } from './plan-import.js';
import type { YamlLimits } from './yaml-entries.js';

export interface ImportDeps {
  tokenConfigs: TokenConfigStore;
  caches: HelpdeskCaches;
}

export interface ImportInput {
  content: Buffer;
  /** Change configurations of the same name; otherwise they are left unchanged. */
  overwrite: boolean;
  /** ImportPlan.version of the preview; undefined: there was none. */
  version?: string;
  /** Limits for the file; without it, those of an upload. */
  limits?: YamlLimits;
  userId: number;
}

/** The result for one entry; `id` is missing if it was refused. */
export type ImportedItem = ImportItem & { id?: number };

async function importItem(store: TokenConfigStore, item: PlannedItem, userId: number): Promise<ImportedItem> {
  const { action, stored, next } = item;
  if (action === 'add' && next) return { ...visible(item), id: await store.insert(next, userId) };
  if (action === 'change' && stored) await store.update(stored, next, userId);
  return stored ? { ...visible(item), id: stored.id } : visible(item);
}

/** All values were checked before: now only a concurrent change can be the cause. */
function becauseOfOthers(error: unknown): never {
  const others =
    error instanceof SidecarError && ['edit-conflict', 'invalid-token-config'].includes(error.code);
  throw others ? new SidecarError('import-outdated', { cause: error }) : error;
}

/**
 * Imports the usable entries of a YAML export in one transaction. Tokens stay unchanged. To import all or
 * nothing, examine the plan first and pass its version.
 * @returns the result for each entry, in the order of the file
 * @throws ImportProblems if nothing in the file is usable; SidecarError import-outdated if the plan has
 *   changed since, or changes at this moment; database-unavailable
 */
export async function importTokenConfigs(
  deps: ImportDeps,
  { content, overwrite, version, userId, limits }: ImportInput,
): Promise<ImportedItem[]> {
  const imported = await deps.tokenConfigs
    .inTransaction(async (store) => {
      const plan = await planImport(store, { content, overwrite, ...(limits ? { limits } : {}) });
      if (version !== undefined && version !== plan.version) throw new SidecarError('import-outdated');
      const done: ImportedItem[] = [];
      for (const item of plan.items) done.push(await importItem(store, item, userId));
      return done;
    })
    .catch(becauseOfOthers);
  await deps.caches.forgetTokenConfigs();
  return imported;
}
