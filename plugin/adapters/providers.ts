import path from 'node:path';
import type { AdapterContext } from './context.js';
import { once } from './once.js';
import type { StoreAdapters } from './stores.js';

/** Network clients: providers and mail servers. */
export function providerAdapters({ config, clock }: AdapterContext, { settings }: StoreAdapters) {
  /** The addresses that requests to providers may connect to. */
  const addresses = once(async () => {
    const { addressRules } = await import('../lib/safe-address.js');
    return addressRules(config.allowedAddresses);
  });
  const clientKeys = once(async () => {
    const { createKeyFiles } = await import('../oauth/key-files.js');
    const folder = path.join(config.stateFolder, 'certificates');
    return createKeyFiles({ folder, credentials: config.credentialsFolder });
  });
  const serviceAccountKeys = once(async () => {
    const { createServiceAccountFiles } = await import('../oauth/service-account-files.js');
    const folder = path.join(config.stateFolder, 'service-accounts');
    return createServiceAccountFiles({ folder, credentials: config.credentialsFolder });
  });
  return {
    addresses,
    clientKeys,
    serviceAccountKeys,
    endpoint: once(async () => {
      const { createTokenEndpoint } = await import('../oauth/token-endpoint.js');
      const parts = {
        settings: await settings(),
        addresses: await addresses(),
        keys: await clientKeys(),
        serviceAccountKeys: await serviceAccountKeys(),
      };
      return createTokenEndpoint({ ...parts, clock });
    }),
    revocation: once(async () => {
      const { createRevocationEndpoint } = await import('../oauth/revocation-endpoint.js');
      const parts = { settings: await settings(), addresses: await addresses(), keys: await clientKeys() };
      return createRevocationEndpoint({ ...parts, clock });
    }),
    documents: once(async () => {
      const { createProviderDocuments } = await import('../oauth/provider-documents.js');
      return createProviderDocuments({ settings: await settings(), addresses: await addresses() });
    }),
    httpSender: once(async () => {
      const { createHttpSender } = await import('../oauth/http-sender.js');
      return createHttpSender({ settings: await settings(), addresses: await addresses() });
    }),
    relayClient: once(async () => {
      const { createRelayClient } = await import('../mail/relay-client.js');
      return createRelayClient();
    }),
    mailboxes: once(async () => {
      const { createMailboxProbe, mailAddresses } = await import('../mail/mailbox-probe.js');
      return createMailboxProbe(undefined, mailAddresses(config.allowedAddresses));
    }),
  };
}

export type ProviderAdapters = ReturnType<typeof providerAdapters>;
