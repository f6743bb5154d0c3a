import { certificatesOf } from '../domain/configuration/certificates.js';
import { serviceAccountOf } from '../domain/configuration/service-account.js';
import type { TokenConfigDocument } from '../domain/configuration/token-config.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { ClientKeys } from '../domain/provider/client-keys.js';
import type { ServiceAccountKeys } from '../domain/provider/service-account-keys.js';

export interface KeyRemovalDeps {
  tokenConfigs: Pick<TokenConfigStore, 'mentions'>;
  clientKeys: Pick<ClientKeys, 'remove'>;
  serviceAccountKeys: Pick<ServiceAccountKeys, 'remove'>;
}

const keysOf = (document: TokenConfigDocument) => ({
  certificates: certificatesOf(document).map(({ thumbprint }) => thumbprint),
  accounts: [serviceAccountOf(document)?.key ?? ''].filter(Boolean),
});

/** Does a document name private keys in files of the sidecar? */
export function namesKeys(document: TokenConfigDocument): boolean {
  const { certificates, accounts } = keysOf(document);
  return certificates.length + accounts.length > 0;
}

/**
 * Removes from this machine the private keys that a document names and no stored configuration does: what can sign
 * must not outlive its configuration. Copies share keys.
 * @param before the document as it was, before it was deleted or changed
 */
export async function removeUnusedKeys(deps: KeyRemovalDeps, before: TokenConfigDocument): Promise<void> {
  const { certificates, accounts } = keysOf(before);
  const from = (keys: Pick<ClientKeys, 'remove'>) => async (key: string) => {
    if (!(await deps.tokenConfigs.mentions(key))) await keys.remove(key);
  };
  await Promise.all([
    ...certificates.map(from(deps.clientKeys)),
    ...accounts.map(from(deps.serviceAccountKeys)),
  ]);
}
