import {
  isServiceAccount,
  serviceAccountOf,
  withServiceAccountKey,
} from '../domain/configuration/service-account.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { ServiceAccountFacts, ServiceAccountKeys } from '../domain/provider/service-account-keys.js';
import { SidecarError } from '../errors.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { type KeyRemovalDeps, removeUnusedKeys } from './remove-unused-keys.js';

export interface ServiceAccountDeps extends KeyRemovalDeps {
  tokenConfigs: Pick<TokenConfigStore, 'byId' | 'mentions' | 'update'>;
  serviceAccountKeys: Pick<ServiceAccountKeys, 'inspect' | 'take' | 'state' | 'remove'>;
  caches: Pick<HelpdeskCaches, 'forgetTokenConfigs'>;
}

const unusable = (detail: Phrase) => new SidecarError('service-account-key-unusable', { detail });

/**
 * Stores the key of a service account and names it in a configuration. Several configurations, one for each mailbox, may
 * share a key; an earlier key is removed when no configuration names it any more.
 * @param content the JSON file of Google
 * @throws SidecarError unknown-token-config, service-account-key-unusable, edit-conflict, value-too-long
 */
export async function importServiceAccount(
  deps: ServiceAccountDeps,
  { configId, content, userId }: { configId: number; content: Uint8Array; userId: number },
): Promise<ServiceAccountFacts> {
  const config = await deps.tokenConfigs.byId(configId);
  if (!config) throw new SidecarError('unknown-token-config');
  const { document, name, validId } = config;
  if (!isServiceAccount(document))
    throw unusable(
      phrase(
        'This token configuration is not for a service account. Add one from the template for service accounts.',
      ),
    );
  const { clientId, ...found } = await deps.serviceAccountKeys.inspect(content);
  // Delegation was given to that ID, and another account would act for the mailbox without anybody noticing.
  if (clientId !== document.ClientID)
    throw unusable(
      phrase(
        'The key belongs to the service account with client ID %s, not to the one of the token configuration.',
        clientId,
      ),
    );
  await deps.serviceAccountKeys.take(content);
  const changed = { name, validId, document: withServiceAccountKey(document, found) };
  try {
    await deps.tokenConfigs.update(config, changed, userId);
  } catch (error) {
    // If the database has stored it although its response was lost, the key is named and stays.
    await removeUnusedKeys(deps, changed.document).catch(() => undefined);
    throw error;
  }
  // Meanwhile, somebody may have deleted the last other configuration that named the key, and the key with it.
  if ((await deps.serviceAccountKeys.state(found.key)) !== 'usable')
    await deps.serviceAccountKeys.take(content);
  await deps.caches.forgetTokenConfigs();
  if (serviceAccountOf(document)?.key !== found.key) await removeUnusedKeys(deps, document);
  return { clientId, ...found };
}
