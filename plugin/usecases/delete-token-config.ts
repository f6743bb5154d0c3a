import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { Usage, UsageStore } from '../domain/mailbox/usage.js';
import { relayPasswordName } from '../domain/relay/relay-password.js';
import { SidecarError } from '../errors.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { type KeyRemovalDeps, removeUnusedKeys } from './remove-unused-keys.js';

export interface DeleteTokenConfigDeps extends KeyRemovalDeps {
  tokenConfigs: TokenConfigStore;
  usages: UsageStore;
  caches: HelpdeskCaches;
}

const describeUsage = ({ mailAccounts, smtp, profiles, webServices, relayPasswords }: Usage): Phrase[] => [
  ...mailAccounts.map(({ login, host }) => phrase('Used by mail account %s at %s.', login, host)),
  ...(smtp ? [phrase('Used by outbound e-mail.')] : []),
  ...profiles.map(({ module, host }) =>
    phrase('Used by the outbound email profile %s.', `${module} ${host}`.trim()),
  ),
  ...webServices.map(({ name }) => phrase('Used by web service %s.', name)),
  ...relayPasswords.map(({ login, client }) =>
    phrase('Used through the relay: %s.', relayPasswordName({ login, client })),
  ),
];

/**
 * Deletes a configuration, its tokens, and the private keys on this machine that only it names, unless something uses it.
 * @throws SidecarError unknown-token-config, token-config-in-use
 */
export async function deleteTokenConfig(
  deps: DeleteTokenConfigDeps,
  { id, userId }: { id: number; userId: number },
): Promise<void> {
  const config = await deps.tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  const usage = (await deps.usages.of([config])).get(id);
  const detail = usage ? describeUsage(usage) : [];
  if (detail.length > 0) throw new SidecarError('token-config-in-use', { detail });
  await deps.tokenConfigs.delete(id, userId);
  await deps.caches.forgetTokenConfigs();
  await removeUnusedKeys(deps, config.document);
}
