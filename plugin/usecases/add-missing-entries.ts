import type { ProviderTemplates } from '../domain/configuration/provider-template.js';
import { addMissing, missingFrom, templateOf } from '../domain/configuration/template-drift.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import { SidecarError } from '../errors.js';

export interface AddMissingEntriesDeps {
  tokenConfigs: Pick<TokenConfigStore, 'byId' | 'update'>;
  templates: ProviderTemplates;
  caches: HelpdeskCaches;
}

/**
 * Adds to a configuration what it lacks compared with the current template, and keeps its own values.
 * @returns whether the addition needs a new consent to take effect
 * @throws SidecarError unknown-token-config, edit-conflict
 */
export async function addMissingEntries(
  deps: AddMissingEntriesDeps,
  { id, userId }: { id: number; userId: number },
): Promise<{ needsConsent: boolean }> {
  const config = await deps.tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  const template = templateOf(config.document, await deps.templates.list());
  const missing = template ? missingFrom(config.document, template.document) : [];
  if (missing.length > 0) {
    const { name, validId } = config;
    const document = addMissing(config.document, missing);
    await deps.tokenConfigs.update(config, { name, document, validId }, userId);
    await deps.caches.forgetTokenConfigs();
  }
  return { needsConsent: missing.some((one) => one.needsConsent) };
}
