import { createHash } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import type { ImportPreviewStore } from '../domain/configuration/import-preview-store.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { Agent } from '../domain/helpdesk/session.js';
import { SidecarError } from '../errors.js';
import { randomText, sha256 } from '../lib/hash.js';
import { seal, unseal } from '../lib/seal.js';
import { type ImportedItem, importTokenConfigs } from './import-token-configs.js';
import { type ImportItem, planImport, visible } from './plan-import.js';

export interface PreviewImportDeps {
  tokenConfigs: TokenConfigStore;
  importPreviews: ImportPreviewStore;
  caches: HelpdeskCaches;
  clock: Clock;
}

/** How long a preview stays valid, in milliseconds. */
export const PREVIEW_LIFETIME = 30 * 60 * 1000;

/** What is stored between preview and import. */
interface Kept {
  /** Base64. */
  file: string;
  overwrite: boolean;
  version: string;
}

/**
 * The database has only the ticket's hash and cannot decrypt what it stores; the page has the ticket, but no
 * content.
 */
const keyOf = (ticket: string) => createHash('sha256').update(`import preview ${ticket}`).digest();

/**
 * Shows what an import would do and stores the file for half an hour, bound to the session and encrypted with
 * a ticket that only the page receives. Stores it in the database, because the next request may reach another
 * sidecar.
 * @returns the ticket; null if there is nothing to import
 * @throws ImportProblems if nothing in the file is usable
 */
export async function previewImport(
  deps: PreviewImportDeps,
  {
    content,
    overwrite,
    agent,
  }: { content: Buffer; overwrite: boolean; agent: Pick<Agent, 'userId' | 'sessionId'> },
): Promise<{ ticket: string | null; items: ImportItem[] }> {
  const { items, version } = await planImport(deps.tokenConfigs, { content, overwrite });
  const shown = items.map(visible);
  if (!items.some(({ action }) => action === 'add' || action === 'change'))
    return { ticket: null, items: shown };
  const ticket = randomText(256);
  const kept: Kept = { file: content.toString('base64'), overwrite, version };
  const now = deps.clock();
  const ticketHash = sha256(ticket);
  await deps.importPreviews.put(
    {
      ticketHash,
      sessionHash: sha256(agent.sessionId),
      content: seal(keyOf(ticket), JSON.stringify(kept), ticketHash),
      expiresAt: new Date(now.getTime() + PREVIEW_LIFETIME),
    },
    now,
  );
  return { ticket, items: shown };
}

export type ConfirmedImport =
  | { done: true; items: ImportedItem[] }
  /**
   * Configurations were changed in the meantime: nothing was written, and the items show what an import would
   * do now.
   */
  | { done: false; ticket: string | null; items: ImportItem[] };

/**
 * Imports what a preview showed, once, or returns a new preview if the old one no longer holds.
 * @throws SidecarError import-unknown: already used, too old, or of another session
 */
export async function confirmImport(
  deps: PreviewImportDeps,
  { ticket, agent }: { ticket: string; agent: Pick<Agent, 'userId' | 'sessionId'> },
): Promise<ConfirmedImport> {
  const ticketHash = sha256(ticket);
  const preview = await deps.importPreviews.take(ticketHash, sha256(agent.sessionId));
  const text =
    preview && preview.expiresAt > deps.clock() ? unseal(keyOf(ticket), preview.content, ticketHash) : null;
  if (text === null) throw new SidecarError('import-unknown');
  const { file, overwrite, version } = JSON.parse(text) as Kept;
  const content = Buffer.from(file, 'base64');
  try {
    const items = await importTokenConfigs(deps, { content, overwrite, version, userId: agent.userId });
    return { done: true, items };
  } catch (error) {
    if (!(error instanceof SidecarError) || error.code !== 'import-outdated') throw error;
    return { done: false, ...(await previewImport(deps, { content, overwrite, agent })) };
  }
}
