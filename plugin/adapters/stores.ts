import { COMMON } from '../domain/product/records.js';
import type { AdapterContext } from './context.js';
import type { DatabaseAdapters } from './database.js';
import type { HelpdeskAdapters } from './helpdesk.js';
import { once } from './once.js';

/** Stores over the helpdesk's tables and our own, and the settings, which come from those tables, too. */
export function storeAdapters(
  { config, log, clock }: AdapterContext,
  { settingsSource }: HelpdeskAdapters,
  { database, columns, schema }: DatabaseAdapters,
) {
  const settings = once(async () => {
    const { createDeployments } = await import('../../db/repositories/sysconfig.js');
    const { createSettingsReader } = await import('../../sysconfig/settings-reader.js');
    const deployments = createDeployments({ db: await database() });
    return createSettingsReader({ deployments, source: await settingsSource(), clock, log });
  });
  const zone = async () =>
    (await (await settings()).current()).text(COMMON.settings.timeZone, 'UTC') || 'UTC';
  const rows = async () => ({ db: await database(), columns: await columns(), zone, clock });
  return {
    settings,
    tokenConfigs: once(async () => {
      const { createTokenConfigStore } = await import('../../db/repositories/token-configs.js');
      return createTokenConfigStore(await rows());
    }),
    overview: once(async () => {
      const { createOverviewStore } = await import('../../db/repositories/overview.js');
      return createOverviewStore(await rows());
    }),
    tokens: once(async () => {
      const { createTokenStore } = await import('../../db/repositories/tokens.js');
      return createTokenStore(await rows());
    }),
    authorizations: once(async () => {
      const { createAuthorizationStore } = await import('../../db/repositories/authorizations.js');
      return createAuthorizationStore(await rows());
    }),
    importPreviews: once(async () => {
      const { createImportPreviewStore } = await import('../../db/repositories/import-previews.js');
      return createImportPreviewStore(await rows());
    }),
    renewals: once(async () => {
      const { createRenewalStore } = await import('../../db/repositories/renewals.js');
      return createRenewalStore(await rows());
    }),
    stateChanges: once(async () => {
      const { createStateChangeStore } = await import('../../db/repositories/state-changes.js');
      return createStateChangeStore(await rows());
    }),
    renewalRows: once(async () => {
      const { createRenewalRows } = await import('../../db/repositories/renewal-rows.js');
      return createRenewalRows(await rows());
    }),
    alerts: once(async () => {
      const [{ createAlerts }, { createOutbox }] = await Promise.all([
        import('../../db/repositories/alerts.js'),
        import('../../db/repositories/alert-messages.js'),
      ]);
      const db = await database();
      return { ...createAlerts({ db }), ...createOutbox({ db }) };
    }),
    events: once(async () => {
      const { createEventStore } = await import('../../db/repositories/events.js');
      return createEventStore(await rows());
    }),
    usages: once(async () => {
      const { createUsageStore } = await import('../../db/repositories/usages.js');
      return createUsageStore({ db: await database(), columns: await columns(), settings: await settings() });
    }),
    lastTests: once(async () => {
      const { createLastTests } = await import('../../db/repositories/last-tests.js');
      return createLastTests({ db: await database() });
    }),
    passwordUses: once(async () => {
      const { createPasswordUses } = await import('../../db/repositories/password-uses.js');
      return createPasswordUses({ db: await database(), columns: await columns() });
    }),
    mailFetches: once(async () => {
      const { createMailFetches } = await import('../../db/repositories/mail-fetches.js');
      return createMailFetches(await rows());
    }),
    mailWatch: once(async () => {
      const { createMailWatchStore } = await import('../../db/repositories/mail-watch.js');
      return createMailWatchStore({ ...(await rows()), relay: config.relay });
    }),
    permissions: once(async () => {
      const { createPermissions } = await import('../../db/repositories/permissions.js');
      return createPermissions({ db: await database(), groupTable: (await schema()).groupTable });
    }),
    relayPasswords: once(async () => {
      const { createRelayPasswordStore } = await import('../../db/repositories/relay-passwords.js');
      return createRelayPasswordStore({ db: await database() });
    }),
    identities: once(async () => {
      const { createIdentityStore } = await import('../../db/repositories/identities.js');
      return createIdentityStore({ db: await database() });
    }),
    /** Formats dates in the helpdesk's time zone (SysConfig OTRSTimeZone). */
    async helpdeskTime(): Promise<(date: Date) => string> {
      const { datesOf } = await import('../../db/dates.js');
      return (await datesOf(zone)).write;
    },
  };
}

export type StoreAdapters = ReturnType<typeof storeAdapters>;
