import type { HelpdeskCaches, TokenConfigStore } from '../domain/ports.js';
import type { TokenConfigDocument } from '../domain/token-config.js';
import { SidecarError } from '../errors.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { readTokenConfigYaml, type YamlEntry } from './token-config-yaml.js';

export interface ImportDeps {
  tokenConfigs: TokenConfigStore;
  caches: HelpdeskCaches;
}

export interface ImportInput {
  content: Buffer;
  /** Change configurations of the same name; without it they are left alone. */
  overwrite: boolean;
  userId: number;
}

export interface ImportResult {
  added: string[];
  changed: string[];
  /** Existing ones that were left alone because "overwrite" was not chosen. */
  skipped: string[];
}

/** The problems of a file for the page; each may take several sentences. */
export class ImportProblems extends SidecarError {
  constructor(readonly problems: Phrase[][]) {
    super('import-invalid', { detail: problems.flat() });
  }
}

/** A file without a client secret does not take away the stored one. */
function keepSecret(next: TokenConfigDocument, stored: TokenConfigDocument): TokenConfigDocument {
  if (next.ClientSecret || !stored.ClientSecret) return next;
  return { ...next, ClientSecret: stored.ClientSecret };
}

async function importEntry(
  store: TokenConfigStore,
  entry: YamlEntry,
  input: ImportInput,
  result: ImportResult,
) {
  const existing = await store.byName(entry.name);
  if (!existing) {
    const added = { name: entry.name, document: entry.document, validId: entry.validId ?? 1 };
    await store.insert(added, input.userId);
    result.added.push(entry.name);
  } else if (input.overwrite) {
    const document = keepSecret(entry.document, existing.document);
    const next = { name: existing.name, document, validId: entry.validId ?? existing.validId };
    await store.update(existing, next, input.userId);
    result.changed.push(entry.name);
  } else {
    result.skipped.push(entry.name);
  }
}

/**
 * Imports a YAML export of the helpdesk or of the sidecar in one transaction: all of it or nothing. Tokens stay.
 * @throws ImportProblems with line numbers; SidecarError value-too-long, edit-conflict, database-unavailable
 */
export async function importTokenConfigs(deps: ImportDeps, input: ImportInput): Promise<ImportResult> {
  const { entries, problems } = readTokenConfigYaml(input.content);
  if (problems.length > 0) throw new ImportProblems(problems.map((problem) => [problem]));
  const result = await deps.tokenConfigs.inTransaction(async (store) => {
    const outcome: ImportResult = { added: [], changed: [], skipped: [] };
    for (const entry of entries) {
      try {
        await importEntry(store, entry, input, outcome);
      } catch (error) {
        if (
          !(error instanceof SidecarError) ||
          !['value-too-long', 'invalid-token-config'].includes(error.code)
        )
          throw error;
        const reasons = [...error.details, ...Object.values(error.fields)];
        const fault = error.details.length > 0 ? error.details : reasons.length > 0 ? reasons : [error.safe];
        throw new ImportProblems([[phrase('Line %s:', entry.line), ...fault]]);
      }
    }
    return outcome;
  });
  await deps.caches.forgetTokenConfigs();
  return result;
}
