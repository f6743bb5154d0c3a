import type { AlertChannels } from '../domain/alert/alert-channel.js';
import type { DoctorDeps } from '../domain/doctor/doctor-ports.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { AdapterContext } from './context.js';
import type { DatabaseAdapters } from './database.js';
import type { HelpdeskAdapters } from './helpdesk.js';
import type { ProviderAdapters } from './providers.js';
import type { StoreAdapters } from './stores.js';

export interface DoctorParts extends HelpdeskAdapters, DatabaseAdapters, StoreAdapters, ProviderAdapters {
  caches(): Promise<HelpdeskCaches>;
  alertChannels(): Promise<AlertChannels>;
}

/**
 * Builds what the doctor's checks use. Any part may be broken, so each check asks only for the parts it
 * needs.
 */
export async function doctorAdapters(
  { config, clock }: AdapterContext,
  parts: DoctorParts,
): Promise<DoctorDeps> {
  const [
    { createHelpdeskInspector },
    { createWebServerInspector },
    { createStateFolderInspector },
    { installationOf },
  ] = await Promise.all([
    import('../helpdesk/inspector.js'),
    import('../helpdesk/web-server.js'),
    import('../journal/state-folder.js'),
    import('../install/site.js'),
  ]);
  const { unit, rules, isInstalled } = installationOf(config.home);
  const settings = async () => (await parts.settings()).current();
  return {
    unit: unit.replace(/\.service$/, ''),
    recognise: parts.recognised,
    helpdesk: createHelpdeskInspector(config.home, await parts.perl()),
    webServer: createWebServerInspector({
      ...config,
      certificate: config.listenerCertificate,
      rules,
      isInstalled,
    }),
    stateFolder: createStateFolderInspector(config.stateFolder),
    abilities: async () => (await parts.abilities())(),
    settings,
    async database() {
      const { createDatabaseInspector } = await import('../../db/inspector.js');
      return createDatabaseInspector({
        db: await parts.database(),
        sessionTable: async () => (await settings()).text('SessionTable', 'sessions'),
      });
    },
    schema: parts.checkSchema,
    tokenConfigs: parts.tokenConfigs,
    overview: parts.overview,
    renewals: parts.renewals,
    events: parts.events,
    usages: parts.usages,
    alerts: parts.alerts,
    alertChannels: parts.alertChannels,
    mailWatch: parts.mailWatch,
    clientKeys: parts.clientKeys,
    serviceAccountKeys: parts.serviceAccountKeys,
    passwordUses: parts.passwordUses,
    relay: { places: config.relay.places, client: parts.relayClient },
    caches: parts.caches,
    async endpoints() {
      const { createEndpointInspector } = await import('../oauth/reach.js');
      return createEndpointInspector({
        settings: await parts.settings(),
        addresses: await parts.addresses(),
      });
    },
    clock,
  };
}
