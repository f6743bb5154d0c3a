import type { HelpdeskCaches, TokenConfigStore, Usage, UsageStore } from '../domain/ports.js';
import { SidecarError } from '../errors.js';

export interface DeleteTokenConfigDeps {
  tokenConfigs: TokenConfigStore;
  usages: UsageStore;
  caches: HelpdeskCaches;
}

function describeUsage({ mailAccounts, smtp, webServices }: Usage): string {
  const users = [
    ...mailAccounts.map(({ login, host }) => `mail account ${login} at ${host}`),
    ...(smtp ? ['outbound e-mail'] : []),
    ...webServices.map(({ name }) => `web service ${name}`),
  ];
  return users.length > 0 ? `Used by: ${users.join(', ')}.` : '';
}

/**
 * Deletes a configuration together with its tokens, unless something uses it.
 * @throws SidecarError unknown-token-config, token-config-in-use
 */
export async function deleteTokenConfig(deps: DeleteTokenConfigDeps, { id }: { id: number }): Promise<void> {
  const config = await deps.tokenConfigs.byId(id);
  if (!config) throw new SidecarError('unknown-token-config');
  const usage = (await deps.usages.of([config])).get(id);
  const detail = usage ? describeUsage(usage) : '';
  if (detail) throw new SidecarError('token-config-in-use', { detail });
  await deps.tokenConfigs.delete(id);
  await deps.caches.forgetTokenConfigs();
}
