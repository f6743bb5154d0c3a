import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createColumnReader } from '../db/columns.js';
import { type Database, openDatabase } from '../db/database.js';
import { datesOf } from '../db/dates.js';
import { migrate } from '../db/migrate.js';
import { createAuthorizationStore } from '../db/repositories/authorizations.js';
import { createEventStore } from '../db/repositories/events.js';
import { createPermissions } from '../db/repositories/permissions.js';
import { createRenewalStore } from '../db/repositories/renewals.js';
import { createSessionRows } from '../db/repositories/sessions.js';
import { createDeployments } from '../db/repositories/sysconfig.js';
import { createTokenConfigStore } from '../db/repositories/token-configs.js';
import { createTokenStore } from '../db/repositories/tokens.js';
import { createUsageStore } from '../db/repositories/usages.js';
import { checkSchema } from '../db/schema.js';
import { createSettingsReader } from '../sysconfig/settings-reader.js';
import { createApp, createWaitingApp } from './app.js';
import { readConfigPm } from './config/config-pm.js';
import { type Config, loadConfig } from './config/load-config.js';
import type { EventStore, Log } from './domain/ports.js';
import { keepEvents, policyOf } from './domain/renewal.js';
import { SidecarError } from './errors.js';
import { measuredEndpoint } from './health/measured-endpoint.js';
import { createMetrics } from './health/metrics.js';
import { defaultFramePort } from './helpdesk/apache-rules.js';
import { createCaches } from './helpdesk/caches.js';
import { createConsole } from './helpdesk/console.js';
import { createPageFrame } from './helpdesk/page-frame.js';
import { createProviderTemplates, helpdeskTemplatesFolder } from './helpdesk/provider-templates.js';
import { challengeTokenMatches, createSessionReader, loginUrl } from './helpdesk/session-reader.js';
import { createAnswerJournal } from './journal/answer-journal.js';
import { createKeeper } from './keeper/keeper.js';
import { createLog } from './lib/log.js';
import { createTokenEndpoint } from './oauth/token-endpoint.js';
import { refreshToken } from './usecases/refresh-token.js';
import { replayAnswers } from './usecases/replay-answers.js';
import type { WebDeps } from './web/deps.js';
import { createRender } from './web/render.js';

/** The user that the helpdesk's own background jobs act as. */
const SYSTEM_USER = 1;
const RETRY = 2000;

/** The package's folder, whether run from the sources or compiled into dist/. */
function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}

/** Everything that needs the database, once it answers. */
export async function prepare(
  config: Config,
  db: Database,
  log: Log,
): Promise<Omit<WebDeps, 'render' | 'translate'> & { events: EventStore }> {
  const clock = () => new Date();
  const columns = createColumnReader(db, clock);
  const { groupTable, notes } = await checkSchema(columns);
  for (const note of notes) log.warn({}, note);
  await migrate(db);
  const settings = createSettingsReader({ deployments: createDeployments({ db }), home: config.home, clock });
  const zone = async () => (await settings.current()).text('OTRSTimeZone', 'UTC') || 'UTC';
  const table = async () => (await settings.current()).text('SessionTable', 'sessions');
  const sessions = createSessionRows({ db, table });
  const permissions = createPermissions({ db, groupTable });
  const console = createConsole(config.home);
  const renewals = createRenewalStore({ db, zone });
  const journal = createAnswerJournal({ folder: config.stateFolder, clock, log });
  const metrics = createMetrics({ renewals, journal, clock });
  const templates = path.join(packageFolder(), 'templates/providers');
  const site = config.templatesFolder === null ? [] : [config.templatesFolder];
  return {
    settings,
    sessions: createSessionReader({ settings, sessions, permissions, clock }),
    frame: createPageFrame({ settings, clock, log, port: defaultFramePort(config.port) }),
    loginUrl: async (query) => loginUrl(query),
    challengeTokenMatches: async (agent, given) =>
      challengeTokenMatches(await settings.current(), agent, given),
    tokenConfigs: createTokenConfigStore({ db, columns, zone, clock }),
    tokens: createTokenStore({ db, columns, zone, clock }),
    authorizations: createAuthorizationStore({ db }),
    renewals,
    journal,
    metrics,
    events: createEventStore({ db }),
    usages: createUsageStore({ db, settings }),
    caches: createCaches({ settings, home: config.home, console, log }),
    endpoint: measuredEndpoint(createTokenEndpoint({ settings, clock }), metrics),
    templates: createProviderTemplates({
      folders: [...site, templates, helpdeskTemplatesFolder(config.home)],
      log,
    }),
    helpdeskTime: async () => (await datesOf(zone)).write,
    clock,
    log,
    holder: `${hostname()}:${process.pid}:${randomUUID()}`,
  };
}

/** Listens at once, works as soon as the database answers, and stops in order. */
export async function serve(env: Record<string, string | undefined>): Promise<void> {
  const config = loadConfig(env);
  const log = createLog(config.logLevel);
  const db = openDatabase(readConfigPm(config.home).database);
  const { render, translate } = createRender(path.join(packageFolder(), 'templates'));
  let fault = new SidecarError('database-unavailable');
  let handler: RequestListener = createWaitingApp({ render, translate, log }, () => fault).callback();
  let keeper: ReturnType<typeof createKeeper> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopping = false;

  const server = createServer({ requestTimeout: 60_000, maxHeaderSize: 32 * 1024 }, (request, response) =>
    handler(request, response),
  );

  async function begin(): Promise<void> {
    try {
      const deps = { ...(await prepare(config, db, log)), render, translate };
      if (stopping) return;
      handler = createApp(deps).callback();
      keeper = createKeeper({
        renewals: deps.renewals,
        events: deps.events,
        refresh: (configId) => refreshToken(deps, { configId, userId: SYSTEM_USER, actor: null }),
        replay: () => replayAnswers(deps),
        policy: async () => {
          const settings = await deps.settings.current();
          return { ...policyOf(settings), keepEvents: keepEvents(settings) };
        },
        clock: deps.clock,
        log,
      });
      keeper.start();
      log.info({}, 'ready');
    } catch (error) {
      fault = error instanceof SidecarError ? error : new SidecarError('internal', { cause: error });
      log.error({ code: fault.code, fault: fault.log }, 'not ready yet');
      if (!stopping) retry = setTimeout(() => void begin(), RETRY);
    }
  }

  async function stop(): Promise<void> {
    if (stopping) return;
    stopping = true;
    clearTimeout(retry);
    server.close();
    server.closeIdleConnections();
    await keeper?.stop();
    server.closeAllConnections();
    await db.close();
    log.info({}, 'stopped');
    process.exit(0);
  }

  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  log.info({ host: config.host, port: (server.address() as AddressInfo).port }, 'listening');
  await begin();
}

/** Ends with what to do on standard error instead of a stack: most likely HELPDESK_HOME is wrong. */
export async function run(env: Record<string, string | undefined>): Promise<void> {
  try {
    await serve(env);
  } catch (error) {
    const text = error instanceof SidecarError ? `${error.safe} ${error.detail ?? error.log}` : String(error);
    process.stderr.write(`znuny-oauth2: ${text}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.env);
