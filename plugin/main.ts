import type { RequestListener } from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createSessionRows } from '../db/repositories/sessions.js';
import { type Adapters, createAdapters } from './adapters/adapters.js';
import { createApp, createAppAlone, createWaitingApp } from './app.js';
import { beginRelay, type RunningRelay, stopAfterRelay } from './begin-relay.js';
import { EXIT } from './cli/exit-codes.js';
import { withConfigFile } from './config/config-file.js';
import { loadConfig } from './config/load-config.js';
import { openFilesLimit, shareFiles } from './config/open-files.js';
import type { TokenEndpoint } from './domain/provider/token-endpoint.js';
import { keepEvents, policyOf } from './domain/token/renewal.js';
import { SidecarError } from './errors.js';
import { measuredEndpoint } from './health/measured-endpoint.js';
import { createMetrics } from './health/metrics.js';
import { notifyMetrics } from './health/notify-metrics.js';
import { createPageFrame } from './helpdesk/page-frame.js';
import { createSessionFiles } from './helpdesk/session-files.js';
import { challengeTokenMatches, createSessionReader, loginUrl } from './helpdesk/session-reader.js';
import { coalesce } from './lib/coalesce.js';
import { createInFlight } from './lib/in-flight.js';
import { createLog } from './lib/log.js';
import { packageFolder } from './lib/package-folder.js';
import { rememberFor } from './lib/remember-for.js';
import { inheritedSockets } from './listen/inherited-sockets.js';
import { type Listeners, listen } from './listen/listen.js';
import { HELPDESK_REFRESH } from './renewal-service/due-batch.js';
import { createMailWatch } from './renewal-service/mail-watch.js';
import { createRenewalService } from './renewal-service/renewal-service.js';
import { createAlertService } from './usecases/alert/alert-service.js';
import { announceChanges } from './usecases/announce-changes.js';
import { createBringAnswers } from './usecases/bring-answers.js';
import { listPasswords } from './usecases/list-passwords.js';
import { mailFigures } from './usecases/mailbox-figures.js';
import { notifyLog } from './usecases/notify-log.js';
import { prune } from './usecases/prune.js';
import { refreshToken } from './usecases/refresh-token.js';
import { arrivedBy } from './web/channel.js';
import type { WebDeps } from './web/deps.js';
import { limitConnections } from './web/limit-connections.js';
import { createRender } from './web/render.js';

/** How old the answer may be to what signs in with a password. Milliseconds. */
const PASSWORDS_AGE = 10_000;

/** The user ID of the helpdesk's own background jobs. */
const SYSTEM_USER = 1;
const RETRY = 2000;
/** For a configuration of version 0.1. */
const UNPROVEN =
  'Any program on this machine can impersonate the web server: neither SIDECAR_SOCKET nor SIDECAR_SECRET is set. Run "znuny-oauth2 install" again, which sets both up';
/** How long renewals share one cleaning of the helpdesk's caches, in milliseconds. */
const CACHES = 1000;
/**
 * How long a stop waits for the relay's clients and then for pending answers, in milliseconds; the unit allows a little more
 * (TimeoutStopSec).
 */
const LONGEST_STOP = 115_000;

/** Builds everything that needs the database, once it answers. */
export async function prepare(
  adapters: Adapters,
): Promise<
  Omit<WebDeps, 'render' | 'translate' | 'catchUp' | 'isStalled' | 'fetching' | 'watchMail' | 'relayPlaces'>
> {
  const { config, log, clock, holder, helpdeskTime } = adapters;
  const { notes } = await adapters.ready();
  for (const note of notes) log.warn({}, note);
  const settings = await adapters.settings();
  const table = async () => (await settings.current()).text('SessionTable', 'sessions');
  const sessions = {
    DB: createSessionRows({ db: await adapters.database(), table }),
    FS: createSessionFiles({ settings, home: config.home }),
  };
  const renewals = await adapters.renewals();
  const journal = await adapters.journal();
  const mailWatch = await adapters.mailWatch();
  const mail = () => mailFigures({ mailWatch, settings, clock });
  const passwordUses = await adapters.passwordUses();
  const passwords = rememberFor(
    PASSWORDS_AGE,
    () => listPasswords({ passwordUses, settings, clock }),
    () => clock().getTime(),
  );
  const metrics = createMetrics({ renewals, journal, mail, clock });
  /** Loaded by the first request: it is a quarter of the program, and no screen needs it. */
  const endpoint: TokenEndpoint = { post: async (request) => (await adapters.endpoint()).post(request) };
  return {
    settings,
    sessions: createSessionReader({ settings, sessions, permissions: await adapters.permissions(), clock }),
    frame: createPageFrame({
      settings,
      log,
      ...config.listener,
      secret: config.secret,
      certificate: config.listenerCertificate,
    }),
    loginUrl: async (query) => loginUrl(query),
    challengeTokenMatches: async (agent, given) =>
      challengeTokenMatches(await settings.current(), agent, given),
    tokenConfigs: await adapters.tokenConfigs(),
    overview: await adapters.overview(),
    tokens: await adapters.tokens(),
    authorizations: await adapters.authorizations(),
    importPreviews: await adapters.importPreviews(),
    renewals,
    journal,
    metrics,
    events: await adapters.events(),
    usages: await adapters.usages(),
    mailFetches: await adapters.mailFetches(),
    lastTests: await adapters.lastTests(),
    passwords: () => passwords().catch(() => []),
    mailWatch,
    relayPasswords: await adapters.relayPasswords(),
    abilities: await adapters.abilities(),
    caches: await adapters.caches(),
    endpoint: measuredEndpoint(endpoint, metrics),
    clientKeys: await adapters.clientKeys(),
    serviceAccountKeys: await adapters.serviceAccountKeys(),
    mailboxes: await adapters.mailboxes(),
    mailFetcher: await adapters.mailFetcher(),
    doctor: adapters.doctor,
    alerting: adapters.alerting,
    templates: await adapters.templates(),
    identities: await adapters.identities(),
    documents: await adapters.documents(),
    helpdeskTime,
    clock,
    log,
    channelSecret: config.secret,
    holder,
  };
}

/**
 * Describes an unexpected failure without its message, which may quote the data at hand; a system call names
 * a file at most.
 */
function kindOf(error: unknown): string {
  const { name = typeof error, code, syscall, path: file } = (error ?? {}) as NodeJS.ErrnoException;
  const call = syscall === undefined ? '' : ` ${[syscall, file].filter(Boolean).join(' ')}`;
  return `unexpected failure: ${name}${code === undefined ? '' : ` ${code}`}${call}`;
}

/** Listens at once, works as soon as the database answers, and stops in order. */
export async function serve(env: Record<string, string | undefined>): Promise<void> {
  const config = loadConfig(withConfigFile(env));
  const log = createLog(config.logLevel);
  const inherited = inheritedSockets(process.env);
  const withRelay = config.relay.places.length + inherited.relay.size > 0;
  const { clients, relayed } = shareFiles(openFilesLimit(), withRelay);
  const adapters = createAdapters(config, log);
  // Opens no connection yet, but ends the start on an unsupported helpdesk or an unreadable Config.pm.
  await adapters.credentials();
  const { render, translate } = createRender(path.join(packageFolder(), 'templates'));
  let fault = new SidecarError('database-unavailable');
  let handler: RequestListener = createWaitingApp({ render, translate, log }, () => fault).callback();
  let renewalService: ReturnType<typeof createRenewalService> | undefined;
  let alertService: ReturnType<typeof createAlertService> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopping = false;
  const inFlight = createInFlight();

  let listeners: Listeners | undefined;
  let relay: RunningRelay | undefined;

  async function begin(): Promise<void> {
    try {
      const prepared = await prepare(adapters);
      const database = await adapters.database();
      const quiet = await adapters.quiet();
      const deps = { ...prepared, render, translate, inFlight, isQuiet: quiet.isOn };
      const stateChanges = await adapters.stateChanges();
      const mailWatch = createMailWatch({
        ...deps,
        mailWatch: await adapters.mailWatch(),
        notifiers: [notifyLog(log)],
      });
      if (stopping) return;
      // Starts at once; calls within the next second share one repetition. No renewal waits for it. A stop may
      // interrupt it, because the caches expire by themselves.
      const forget = coalesce(() => deps.caches.forgetTokenConfigs().finally(() => pause(CACHES)));
      const unawaited = { forgetTokenConfigs: async () => void forget().catch(() => undefined) };
      renewalService = createRenewalService({
        renewals: deps.renewals,
        events: { prune: (before) => prune(deps, before) },
        refresh(configId, answered, late) {
          const endpoint: TokenEndpoint = {
            post: (request) => deps.endpoint.post(request).finally(answered),
          };
          return refreshToken(
            { ...deps, endpoint, caches: unawaited, late },
            { configId, userId: SYSTEM_USER, actor: null },
          );
        },
        quiet,
        replay: createBringAnswers(deps, () => database.losses() + quiet.newServers()),
        watchMail: mailWatch.look,
        announce: () =>
          announceChanges({
            stateChanges,
            notifiers: [notifyLog(log), notifyMetrics(deps.metrics)],
            clock: deps.clock,
            log,
          }),
        policy: async () => {
          const settings = await deps.settings.current();
          return { ...policyOf(settings), keepEvents: keepEvents(settings) };
        },
        helpdeskRefresh: HELPDESK_REFRESH,
        clock: deps.clock,
        log,
      });
      deps.metrics.watchRenewals(renewalService);
      deps.metrics.watchFetching(() => mailWatch.fetching()?.isStopped ?? null);
      renewalService.start();
      const { isStalled } = renewalService;
      const isWell = () => !isStalled() && mailWatch.fetching()?.isStopped !== true;
      alertService = createAlertService({
        ...(await adapters.alerting()),
        isWell,
        metrics: deps.metrics,
        holder: deps.holder,
        clock: deps.clock,
        log,
      });
      alertService.start();
      const app = config.isAlone ? createAppAlone : createApp;
      handler = app({
        ...deps,
        catchUp: renewalService.catchUp,
        isStalled: renewalService.isStalled,
        fetching: mailWatch.fetching,
        watchMail: () => mailWatch.look().catch(() => undefined),
        relayPlaces: () => relay?.places() ?? config.relay.places,
      }).callback();
      relay ??= await beginRelay(adapters, config, {
        refresh: { ...deps, caches: unawaited },
        inherited: inherited.relay,
        most: relayed,
        metrics: deps.metrics,
      });
      if (stopping) relay?.closeAll();
      log.info({}, 'ready');
    } catch (error) {
      fault =
        error instanceof SidecarError
          ? error
          : new SidecarError('internal', { log: kindOf(error), cause: error });
      if (fault.code === 'helpdesk-unsupported') throw fault;
      log.error({ code: fault.code, fault: fault.log }, 'not ready yet');
      if (!stopping)
        retry = setTimeout(
          () =>
            void begin()
              .catch(giveUp)
              .catch(() => process.exit(EXIT.unsupported)),
          RETRY,
        );
    }
  }

  /** The database belongs to another product: trying again would change nothing. */
  async function giveUp(error: unknown): Promise<never> {
    stopping = true;
    void listeners?.close();
    listeners?.closeAll();
    await adapters.close();
    log.error({ code: fault.code, fault: fault.log }, 'stopped');
    throw error;
  }

  function end(): never {
    // Answers that have arrived by now are in the journal.
    if (inFlight.count() > 0) log.warn({ cut: inFlight.count() }, 'stopped with unfinished work');
    else log.info({}, 'stopped');
    process.exit(0);
  }

  /** Lets the relay's clients finish, then starts nothing new and waits for pending answers: a provider sends each only once. */
  async function stop(): Promise<void> {
    // A second signal means that nobody wants to wait.
    if (stopping) end();
    stopping = true;
    clearTimeout(retry);
    setTimeout(end, LONGEST_STOP).unref();
    await stopAfterRelay(relay, () => [
      listeners?.close(),
      inFlight.close(),
      renewalService?.stop(),
      alertService?.stop(),
    ]);
    listeners?.closeAll();
    await adapters.close();
    end();
  }

  // What cannot be closed ends with the process.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop().catch(end));
  if (config.socket === null && config.secret === null) log.warn({}, UNPROVEN);
  listeners = await listen({
    inherited: inherited.http,
    ...config,
    log,
    // Each of two servers gets half of the connections.
    limit: (server) => limitConnections(server, Math.ceil(clients / 2)),
    handle: (channel) => (request, response) => {
      arrivedBy(request, channel);
      handler(request, response);
    },
  });
  await begin().catch(giveUp);
}
