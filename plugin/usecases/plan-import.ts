import { requestKindsOf } from '../domain/configuration/auth-flow.js';
import { type Difference, documentDifference } from '../domain/configuration/document-difference.js';
import { keepSecrets } from '../domain/configuration/document-secrets.js';
import { cloudMixture } from '../domain/configuration/microsoft-cloud.js';
import { isServiceAccount } from '../domain/configuration/service-account.js';
import { similarityKey } from '../domain/configuration/similar-names.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import type { NewTokenConfig, TokenConfigStore } from '../domain/configuration/token-config-store.js';
import { SidecarError } from '../errors.js';
import { breather } from '../lib/breathe.js';
import { sha256 } from '../lib/hash.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { readTokenConfigYaml, type YamlEntry } from './read-token-config-yaml.js';
import { namesKeys } from './remove-unused-keys.js';
import type { YamlLimits } from './yaml-entries.js';

/**
 * add: a new name. change: a stored configuration changes. keep: it would, but "overwrite" was not chosen.
 * same: nothing to do. refuse: it cannot be imported.
 */
export type ImportAction = 'add' | 'change' | 'keep' | 'same' | 'refuse';

/** What an import would do with one entry of a file. */
export interface ImportItem {
  /** The line on which the entry begins. */
  line: number;
  name: string;
  action: ImportAction;
  /**
   * Differences from the stored configuration, without the values of secrets; empty if it is added or
   * refused.
   */
  differences: Difference[];
  /** Why it is refused, or what to know about it. */
  notes: Phrase[];
}

/** An item with what is to be written. Contains secrets, so it never leaves the use cases. */
export type PlannedItem = ImportItem &
  ({ stored: TokenConfig | null; next: NewTokenConfig } | { stored: null; next: null });

export interface ImportPlan {
  items: PlannedItem[];
  /** A hash of the file and of what it meets in the database; if it differs, the preview no longer holds. */
  version: string;
}

/** The problems of a file of which no part is usable. */
export class ImportProblems extends SidecarError {
  constructor(readonly problems: Phrase[]) {
    super('import-invalid', { detail: problems });
  }
}

/** The reasons why a value cannot be stored. */
function reasonsOf(error: unknown): Phrase[] {
  if (!(error instanceof SidecarError) || !['value-too-long', 'invalid-token-config'].includes(error.code))
    throw error;
  const fields = Object.values(error.fields);
  if (fields.length > 0) return fields;
  return error.details.length > 0 ? error.details : [error.safe];
}

const VALIDITY = { key: 'ValidID', secret: false } as const;

function compare(stored: TokenConfig, next: NewTokenConfig): Difference[] {
  const differences = documentDifference(stored.document, next.document);
  if (stored.validId === next.validId) return differences;
  const validity = { ...VALIDITY, before: String(stored.validId), after: String(next.validId) };
  return [{ ...validity, kind: 'changed' }, ...differences];
}

const NO_URLS = phrase('No token can be requested: the request URLs are missing.');
const NO_SECRET = phrase('The file contains no client secret for it: enter it afterwards.');
const NO_KEY = phrase('The file names no key of the service account for it: import the key afterwards.');
const KEYS_APART = phrase('Its private keys are not in the file: they must be stored on this machine.');

async function planEntry(
  store: Pick<TokenConfigStore, 'check'>,
  { line, name, document, validId }: YamlEntry,
  stored: TokenConfig | null,
  overwrite: boolean,
): Promise<PlannedItem> {
  const next: NewTokenConfig = stored
    ? {
        name: stored.name,
        document: keepSecrets(document, stored.document),
        validId: validId ?? stored.validId,
      }
    : { name, document, validId: validId ?? 1 };
  try {
    await store.check(next);
  } catch (error) {
    return {
      line,
      name,
      action: 'refuse',
      differences: [],
      notes: reasonsOf(error),
      stored: null,
      next: null,
    };
  }
  const notes = namesKeys(next.document)
    ? [KEYS_APART]
    : isServiceAccount(next.document)
      ? [NO_KEY]
      : next.document.ClientSecret
        ? []
        : [NO_SECRET];
  const { Requests } = next.document;
  if (!requestKindsOf(next.document).every((kind) => Requests?.[kind]?.Request?.URL)) notes.push(NO_URLS);
  const mixture = cloudMixture(next.document);
  if (mixture) notes.push(mixture.text);
  if (!stored) return { line, name, action: 'add', differences: [], notes, stored, next };
  const differences = compare(stored, next);
  const action = differences.length === 0 ? 'same' : overwrite ? 'change' : 'keep';
  return { line, name, action, differences, notes: action === 'change' ? notes : [], stored, next };
}

/**
 * Plans the import of a YAML export (of the helpdesk or of the sidecar), entry by entry in the order of the
 * file. Writes nothing. A client secret that the file omits stays as stored.
 * @param overwrite change configurations of the same name; otherwise they are left unchanged
 * @param limits for the file; without it, those of an upload
 * @throws ImportProblems if nothing in the file is usable; SidecarError database-unavailable
 */
export async function planImport(
  store: Pick<TokenConfigStore, 'all' | 'byName' | 'check'>,
  { content, overwrite, limits }: { content: Buffer; overwrite: boolean; limits?: YamlLimits },
): Promise<ImportPlan> {
  const { entries, refused, problems } = await readTokenConfigYaml(content, limits);
  if (problems.length > 0) throw new ImportProblems(problems);
  const all = await store.all();
  const exact = new Map(all.map((config) => [config.name, config]));
  const similar = new Set(all.map(({ name }) => similarityKey(name)));
  const items: PlannedItem[] = refused.map(({ line, name, reasons }) => ({
    line,
    name,
    action: 'refuse',
    differences: [],
    notes: reasons,
    stored: null,
    next: null,
  }));
  const breathe = breather();
  for (const entry of entries) {
    await breathe();
    // Only the database knows which names it considers equal; ask it if they may be.
    const stored =
      exact.get(entry.name) ??
      (similar.has(similarityKey(entry.name)) ? await store.byName(entry.name) : null);
    items.push(await planEntry(store, entry, stored, overwrite));
  }
  items.sort((a, b) => a.line - b.line);
  const met = items.map(({ action, stored, next }) => [action, stored, next]);
  return { items, version: sha256(JSON.stringify([overwrite, met])) };
}

/** The parts of an item that may be shown. */
export const visible = ({ line, name, action, differences, notes }: PlannedItem): ImportItem => ({
  line,
  name,
  action,
  differences,
  notes,
});
