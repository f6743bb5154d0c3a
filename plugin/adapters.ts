import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Database, PoolOptions } from '../db/database.js';
import type { Config } from './config/load-config.js';
import type { DoctorDeps } from './domain/doctor/doctor-ports.js';
import type { Log } from './domain/log.js';
import { COMMON } from './domain/product/records.js';
import { holderName } from './lib/process-identity.js';

/** The package's folder, whether run from the sources or compiled into dist/. */
export function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}

/** The version of package.json. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8')) as { version: string })
    .version;

/** Made when first asked for, and then the same; a failure is not kept. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { made(): Promise<T> | undefined } {
  let made: Promise<T> | undefined;
  const get = () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return Object.assign(get, { made: () => made });
}

export type Adapters = ReturnType<typeof createAdapters>;

/**
 * What implements the ports, each part loaded and built when first asked for: `serve` asks for all of it, a command only
 * for what it needs, and so answers at once. Whoever writes asks for `ready` first.
 */
export function createAdapters(config: Config, log: Log) {
  const clock = () => new Date();
  const { home } = config;

  /** What this helpdesk is: asked before anything else, because nothing is done where it is not supported. */
  const recognised = once(async () => {
    const { recogniseHome } = await import('./helpdesk/product.js');
    return recogniseHome(home);
  });
  const perl = once(async () => {
    const { createHelpdeskPerl } = await import('./helpdesk/perl.js');
    return createHelpdeskPerl(home, config.helpdeskEnv);
  });
  const settingsSource = once(async () => {
    await recognised();
    if (config.given) {
      const { createGivenSettings } = await import('./config/given-settings.js');
      return createGivenSettings(config.given);
    }
    const { createPerlSettings } = await import('./config/perl-settings.js');
    return createPerlSettings(home, await perl());
  });
  /** As the helpdesk's own user of the database. */
  const credentials = once(async () => {
    const [{ databaseCredentials }, values] = await Promise.all([
      import('./config/database-credentials.js'),
      settingsSource().then((source) => source.read()),
    ]);
    return databaseCredentials(values);
  });
  const openAs = async (user: Config['databaseUser'], pool?: PoolOptions): Promise<Database> => {
    const { product } = await recognised();
    const address = await credentials();
    const { openHelpdesk } = await import('../db/open-helpdesk.js');
    return openHelpdesk({ ...address, ...user }, product, pool);
  };
  const database = once(() => openAs(config.databaseUser));
  const columns = once(async () => {
    const { createColumnReader } = await import('../db/columns.js');
    return createColumnReader(await database(), clock);
  });
  const checkSchema = async () => {
    const [{ checkSchema: check }, { createColumnReader }] = await Promise.all([
      import('../db/schema.js'),
      import('../db/columns.js'),
    ]);
    // A reader of its own, because `columns` remembers for a minute: what was missing may have been added since.
    return check(createColumnReader(await database(), clock));
  };
  const schema = once(checkSchema);
  const abilities = once(async () => {
    const { createAbilities } = await import('./helpdesk/abilities.js');
    return createAbilities(home, clock);
  });
  /** By the helpdesk's user: a user of our own, with the rights of a running sidecar, may not change tables. */
  const asHelpdesk = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const own = await database();
    if (config.databaseUser === null) return work(own);
    const helpdesks = await openAs(null, { max: 2 });
    return work(helpdesks).finally(() => helpdesks.close());
  };
  /** Adds what a helpdesk without OAuth2 lacks; only for commands that say so. @returns names of what was added */
  const addTokenTables = async (): Promise<string[]> => {
    const { createTokenTables } = await import('../db/token-tables.js');
    const knows = await (await abilities())();
    return asHelpdesk((db) => createTokenTables(db, knows));
  };
  /** The schema is known, and our own tables are up to date. */
  const ready = once(async () => {
    const { notes } = await schema();
    const { migrate } = await import('../db/migrate.js');
    return { notes, migrations: await asHelpdesk(migrate) };
  });
  const deployments = once(async () => {
    const { createDeployments } = await import('../db/repositories/sysconfig.js');
    return createDeployments({ db: await database() });
  });
  const settings = once(async () => {
    const { createSettingsReader } = await import('../sysconfig/settings-reader.js');
    return createSettingsReader({
      deployments: await deployments(),
      source: await settingsSource(),
      clock,
      log,
    });
  });
  const zone = async () =>
    (await (await settings()).current()).text(COMMON.settings.timeZone, 'UTC') || 'UTC';
  const rows = async () => ({ db: await database(), columns: await columns(), zone, clock });

  const tokenConfigs = once(async () => {
    const { createTokenConfigStore } = await import('../db/repositories/token-configs.js');
    return createTokenConfigStore(await rows());
  });
  const overview = once(async () => {
    const { createOverviewStore } = await import('../db/repositories/overview.js');
    return createOverviewStore(await rows());
  });
  const tokens = once(async () => {
    const { createTokenStore } = await import('../db/repositories/tokens.js');
    return createTokenStore(await rows());
  });
  const authorizations = once(async () => {
    const { createAuthorizationStore } = await import('../db/repositories/authorizations.js');
    return createAuthorizationStore(await rows());
  });
  const importPreviews = once(async () => {
    const { createImportPreviewStore } = await import('../db/repositories/import-previews.js');
    return createImportPreviewStore(await rows());
  });
  const renewals = once(async () => {
    const { createRenewalStore } = await import('../db/repositories/renewals.js');
    return createRenewalStore(await rows());
  });
  const events = once(async () => {
    const { createEventStore } = await import('../db/repositories/events.js');
    return createEventStore(await rows());
  });
  const usages = once(async () => {
    const { createUsageStore } = await import('../db/repositories/usages.js');
    return createUsageStore({
      db: await database(),
      columns: await columns(),
      settings: await settings(),
    });
  });
  const mailFetches = once(async () => {
    const { createMailFetches } = await import('../db/repositories/mail-fetches.js');
    return createMailFetches(await rows());
  });
  const permissions = once(async () => {
    const { createPermissions } = await import('../db/repositories/permissions.js');
    return createPermissions({ db: await database(), groupTable: (await schema()).groupTable });
  });
  const journal = once(async () => {
    const { createAnswerJournal } = await import('./journal/answer-journal.js');
    return createAnswerJournal({ folder: config.stateFolder, clock, log });
  });
  /** What requests to providers may reach. */
  const addresses = once(async () => {
    const { addressRules } = await import('./lib/safe-address.js');
    return addressRules(config.allowedAddresses);
  });
  const endpoint = once(async () => {
    const { createTokenEndpoint } = await import('./oauth/token-endpoint.js');
    return createTokenEndpoint({ settings: await settings(), addresses: await addresses(), clock });
  });
  const revocation = once(async () => {
    const { createRevocationEndpoint } = await import('./oauth/revocation-endpoint.js');
    return createRevocationEndpoint({ settings: await settings(), addresses: await addresses(), clock });
  });
  const caches = once(async () => {
    const [{ createCaches }, { createConsole }] = await Promise.all([
      import('./helpdesk/caches.js'),
      import('./helpdesk/console.js'),
    ]);
    const console = createConsole(home, config.helpdeskEnv);
    return createCaches({ settings: await settings(), home, console, log });
  });
  const mailboxes = once(async () => {
    const { createMailboxProbe, mailAddresses } = await import('./mail/mailbox-probe.js');
    return createMailboxProbe(undefined, mailAddresses(config.allowedAddresses));
  });
  /** Every part may be broken, so each is asked for by the check that needs it. */
  const doctor = once(async (): Promise<DoctorDeps> => {
    const [
      { createHelpdeskInspector },
      { createWebServerInspector },
      { defaultFramePort },
      { createStateFolderInspector },
    ] = await Promise.all([
      import('./helpdesk/inspector.js'),
      import('./helpdesk/web-server.js'),
      import('./helpdesk/apache-rules.js'),
      import('./journal/state-folder.js'),
    ]);
    return {
      recognise: recognised,
      helpdesk: createHelpdeskInspector(home, await perl()),
      webServer: createWebServerInspector({ ...config, framePort: defaultFramePort(config.port) }),
      stateFolder: createStateFolderInspector(config.stateFolder),
      abilities: async () => (await abilities())(),
      settings: async () => (await settings()).current(),
      async database() {
        const { createDatabaseInspector } = await import('../db/inspector.js');
        return createDatabaseInspector({
          db: await database(),
          sessionTable: async () => (await (await settings()).current()).text('SessionTable', 'sessions'),
        });
      },
      schema: checkSchema,
      tokenConfigs,
      overview,
      renewals,
      events,
      usages,
      caches,
      async endpoints() {
        const { createEndpointInspector } = await import('./oauth/reach.js');
        return createEndpointInspector({ settings: await settings(), addresses: await addresses() });
      },
      clock,
    };
  });
  const templates = once(async () => {
    const { createProviderTemplates, helpdeskTemplatesFolder } = await import(
      './helpdesk/provider-templates.js'
    );
    const site = config.templatesFolder === null ? [] : [config.templatesFolder];
    const ours = path.join(packageFolder(), 'templates/providers');
    return createProviderTemplates({
      folders: [...site, ours],
      helpdeskFolder: helpdeskTemplatesFolder(home),
      log,
    });
  });
  const identities = once(async () => {
    const { createIdentityStore } = await import('../db/repositories/identities.js');
    return createIdentityStore({ db: await database() });
  });
  const documents = once(async () => {
    const { createProviderDocuments } = await import('./oauth/provider-documents.js');
    return createProviderDocuments({ settings: await settings(), addresses: await addresses() });
  });

  return {
    config,
    log,
    clock,
    /** Names this process in leases. */
    holder: holderName(config.stateFolder),
    recognised,
    credentials,
    database,
    columns,
    schema,
    abilities,
    addTokenTables,
    ready,
    settings,
    tokenConfigs,
    overview,
    tokens,
    authorizations,
    importPreviews,
    renewals,
    events,
    usages,
    mailFetches,
    permissions,
    journal,
    endpoint,
    revocation,
    caches,
    mailboxes,
    doctor,
    templates,
    identities,
    documents,
    /** Writes dates as text in the helpdesk's zone (SysConfig OTRSTimeZone). */
    async helpdeskTime(): Promise<(date: Date) => string> {
      const { datesOf } = await import('../db/dates.js');
      return (await datesOf(zone)).write;
    },
    async close(): Promise<void> {
      const opened = await database.made()?.catch(() => undefined);
      await opened?.close();
    },
  };
}
