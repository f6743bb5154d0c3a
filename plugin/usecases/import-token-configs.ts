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
  /** Change configurations of the same name; without it they are left alone. */
  overwrite: boolean;
  /** ImportPlan.version of what was shown before; undefined: nothing was. */
  version?: string;
  /** Of what the file may hold; without it those of an upload. */
  limits?: YamlLimits;
  userId: number;
}

/** What has become of one entry; `id` is missing for what was refused. */
export type ImportedItem = ImportItem & { id?: number };

async function importItem(store: TokenConfigStore, item: PlannedItem, userId: number): Promise<ImportedItem> {
  const { action, stored, next } = item;
  if (action === 'add' && next) return { ...visible(item), id: await store.insert(next, userId) };
  if (action === 'change' && stored) await store.update(stored, next, userId);
  return stored ? { ...visible(item), id: stored.id } : visible(item);
}

/** Each value was checked before: now only somebody who was faster can stand in the way. */
function becauseOfOthers(error: unknown): never {
  const others =
    error instanceof SidecarError && ['edit-conflict', 'invalid-token-config'].includes(error.code);
  throw others ? new SidecarError('import-outdated', { cause: error }) : error;
}

/**
 * Imports what can be imported of a YAML export, in one transaction. Tokens stay as they are; whoever wants all or
 * nothing looks at the plan first and hands in its version.
 * @returns what became of each entry, in the order of the file
 * @throws ImportProblems where nothing of the file can be used; SidecarError import-outdated where the plan has changed
 *   since, or changes at this very moment; database-unavailable
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
