import type { RequestListener } from 'node:http';
import path from 'node:path';
import { type Adapters, createAdapters } from './adapters/adapters.js';
import { createApp, createAppAlone, createWaitingApp } from './app.js';
import { beginRelay, type RunningRelay, stopAfterRelay } from './begin-relay.js';
import { createServices, type Services } from './begin-services.js';
import { EXIT } from './cli/exit-codes.js';
import { withConfigFile } from './config/config-file.js';
import { type Config, loadConfig } from './config/load-config.js';
import { openFilesLimit, shareFiles } from './config/open-files.js';
import { SidecarError } from './errors.js';
import { coalesce } from './lib/coalesce.js';
import { createInFlight, type InFlight } from './lib/in-flight.js';
import { createLog } from './lib/log.js';
import { packageFolder } from './lib/package-folder.js';
import { type InheritedSockets, inheritedSockets } from './listen/inherited-sockets.js';
import { type Listeners, listen } from './listen/listen.js';
import { prepare } from './prepare.js';
import { arrivedBy } from './web/channel.js';
import type { WebDeps } from './web/deps.js';
import { limitConnections } from './web/limit-connections.js';
import { createRender } from './web/render.js';

const RETRY = 2000;
/** How long a request waits for the first attempt to begin, in milliseconds. */
const FIRST_ATTEMPT = 5000;
/** For a configuration of version 0.1. */
const UNPROVEN =
  'Any program on this machine can impersonate the web server: neither SIDECAR_SOCKET nor SIDECAR_SECRET is set. Run "znuny-oauth2 install" again, which sets both up';
/**
 * How long a stop waits for the relay's clients and then for pending answers, in milliseconds; the unit allows a little more
 * (TimeoutStopSec).
 */
const LONGEST_STOP = 115_000;

/** The running program: what it was started with, and what has begun so far. */
interface Program {
  readonly config: Config;
  readonly adapters: Adapters;
  readonly inherited: InheritedSockets;
  readonly pages: Pick<WebDeps, 'render' | 'translate' | 'textLanguage'>;
  readonly inFlight: InFlight;
  /** How many connections browsers, and the relay's clients, may have. */
  readonly connections: { clients: number; relayed: number };
  /** Why it does not work yet. */
  fault: SidecarError;
  /** Answers requests: with the fault, until everything has begun. */
  handler: RequestListener;
  /** Ends with the first attempt to begin: a restart must not show that the database has not been asked yet. */
  readonly attempted: Promise<void>;
  listeners?: Listeners;
  services?: Services;
  relay?: RunningRelay | undefined;
  retry?: NodeJS.Timeout;
  stopping: boolean;
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

/** Begins all that needs the database. */
async function beginAll(program: Program): Promise<void> {
  const { adapters, config, inherited, pages, inFlight } = program;
  const prepared = await prepare(adapters);
  const { isOn: isQuiet, look } = await adapters.quiet();
  const deps = { ...prepared, inFlight, isQuiet, lookAtServer: coalesce(look) };
  const services = await createServices(adapters, deps);
  if (program.stopping) return;
  program.services = services;
  services.start();
  const app = config.isAlone ? createAppAlone : createApp;
  program.handler = app({
    ...deps,
    ...pages,
    ...services.screens,
    relayPlaces: () => program.relay?.places() ?? config.relay.places,
  }).callback();
  program.relay ??= await beginRelay(adapters, config, {
    renewals: services.relayed,
    inherited: inherited.relay,
    most: program.connections.relayed,
    metrics: deps.metrics,
  });
  if (program.stopping) program.relay?.closeAll();
  program.adapters.log.info({}, 'ready');
}

/** Begins as soon as the database answers. @throws SidecarError helpdesk-unsupported */
async function begin(program: Program): Promise<void> {
  const { log } = program.adapters;
  try {
    await beginAll(program);
  } catch (error) {
    const fault =
      error instanceof SidecarError
        ? error
        : new SidecarError('internal', { log: kindOf(error), cause: error });
    program.fault = fault;
    if (fault.code === 'helpdesk-unsupported') throw fault;
    log.error({ code: fault.code, fault: fault.log }, 'not ready yet');
    if (!program.stopping)
      program.retry = setTimeout(
        () =>
          void begin(program)
            .catch((unsupported) => giveUp(program, unsupported))
            .catch(() => process.exit(EXIT.unsupported)),
        RETRY,
      );
  }
}

/** The database belongs to another product: trying again would change nothing. */
async function giveUp(program: Program, error: unknown): Promise<never> {
  const { adapters, listeners, fault } = program;
  program.stopping = true;
  void listeners?.close();
  listeners?.closeAll();
  await adapters.close();
  adapters.log.error({ code: fault.code, fault: fault.log }, 'stopped');
  throw error;
}

function end({ adapters: { log }, inFlight }: Program): never {
  // Answers that have arrived by now are in the journal.
  if (inFlight.count() > 0) log.warn({ cut: inFlight.count() }, 'stopped with unfinished work');
  else log.info({}, 'stopped');
  process.exit(0);
}

/** Lets the relay's clients finish, then starts nothing new and waits for pending answers: a provider sends each only once. */
async function stop(program: Program): Promise<void> {
  // A second signal means that nobody wants to wait.
  if (program.stopping) end(program);
  program.stopping = true;
  clearTimeout(program.retry);
  setTimeout(() => end(program), LONGEST_STOP).unref();
  await stopAfterRelay(program.relay, () => [
    program.listeners?.close(),
    program.inFlight.close(),
    program.services?.stop(),
  ]);
  program.listeners?.closeAll();
  await program.adapters.close();
  end(program);
}

function listenFor(program: Program): Promise<Listeners> {
  const { config, adapters, inherited, connections } = program;
  return listen({
    inherited: inherited.http,
    ...config,
    log: adapters.log,
    // Each of two servers gets half of the connections.
    limit: (server) => limitConnections(server, Math.ceil(connections.clients / 2)),
    handle: (channel) => async (request, response) => {
      arrivedBy(request, channel);
      if (channel !== 'status' && request.url !== '/healthz') await program.attempted;
      program.handler(request, response);
    },
  });
}

/** Listens at once, works as soon as the database answers, and stops in order. */
export async function serve(env: Record<string, string | undefined>): Promise<void> {
  const config = loadConfig(withConfigFile(env));
  const log = createLog(config.logLevel);
  const inherited = inheritedSockets(process.env);
  const withRelay = config.relay.places.length + inherited.relay.size > 0;
  const connections = shareFiles(openFilesLimit(), withRelay);
  const adapters = createAdapters(config, log);
  // Opens no connection yet, but ends the start on an unsupported helpdesk or an unreadable Config.pm.
  await adapters.credentials();
  const pages = createRender(path.join(packageFolder(), 'templates'));
  let attempt: () => void = () => undefined;
  const attempted = new Promise<void>((resolve) => {
    attempt = resolve;
  });
  const program: Program = {
    config,
    adapters,
    inherited,
    pages,
    inFlight: createInFlight(),
    connections,
    fault: new SidecarError('database-unavailable'),
    handler: createWaitingApp({ ...pages, log }, () => program.fault).callback(),
    attempted,
    stopping: false,
  };
  // What cannot be closed ends with the process.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void stop(program).catch(() => end(program)));
  if (config.socket === null && config.secret === null) log.warn({}, UNPROVEN);
  program.listeners = await listenFor(program);
  setTimeout(attempt, FIRST_ATTEMPT).unref();
  await begin(program)
    .finally(attempt)
    .catch((error) => giveUp(program, error));
}
