import type { Config } from '../config/load-config.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { Log } from '../domain/log.js';
import { holderName } from '../lib/process-identity.js';
import { alertAdapters } from './alerts.js';
import type { AdapterContext } from './context.js';
import { databaseAdapters } from './database.js';
import { doctorAdapters } from './doctor.js';
import { helpdeskAdapters } from './helpdesk.js';
import { once } from './once.js';
import { providerAdapters } from './providers.js';
import { storeAdapters } from './stores.js';

export type Adapters = ReturnType<typeof createAdapters>;

/**
 * Creates the implementations of the ports. Each part is loaded and built on first use: `serve` uses all of
 * them, a command only those it needs, and so it answers at once. Code that writes to the database calls
 * `ready` first.
 */
export function createAdapters(config: Config, log: Log) {
  const context: AdapterContext = { config, log, clock: () => new Date() };
  const helpdesk = helpdeskAdapters(context);
  const database = databaseAdapters(context, helpdesk);
  const stores = storeAdapters(context, helpdesk, database);
  const providers = providerAdapters(context, stores);
  const caches = once(async (): Promise<HelpdeskCaches> => {
    if (config.isAlone) return { forgetTokenConfigs: async () => undefined };
    const [{ createCaches }, { createConsole }] = await Promise.all([
      import('../helpdesk/caches.js'),
      import('../helpdesk/console.js'),
    ]);
    const console = createConsole(config.home, config.helpdeskEnv);
    const { product } = await helpdesk.recognised();
    return createCaches({
      settings: await stores.settings(),
      home: config.home,
      console,
      log,
      cachesTokens: product.cachesTokens,
    });
  });
  const alerting = alertAdapters(context, stores, providers);
  const parts = { ...helpdesk, ...database, ...stores, ...providers, caches };
  return {
    ...context,
    ...parts,
    ...alerting,
    /** Identifies this process in leases. */
    holder: holderName(config.stateFolder),
    journal: once(async () => {
      const { createAnswerJournal } = await import('../journal/answer-journal.js');
      return createAnswerJournal({ folder: config.stateFolder, clock: context.clock, log });
    }),
    doctor: once(() => doctorAdapters(context, { ...parts, ...alerting })),
  };
}
