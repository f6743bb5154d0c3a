import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MEMORY_SETTINGS } from '../../plugin/install/memory-settings.js';
import { exec } from './exec.js';
import { CREDENTIALS, type Instance, ROOT } from './instance.js';
import { giveToLabUser, labUser, readsCheckout } from './lab-user.js';
import { znunyOauth2Words } from './program.js';
import { type ServerOptions, startServer } from './servers.js';
import { channelEnv, type LabChannel, makeSocketFolder, sidecarSocket } from './sidecar-channel.js';
import { sidecarUserEnv } from './sidecar-user.js';

/** A program of the project as a server of the lab. @param words what comes after `node` */
const ofCheckout = (...words: string[]): Pick<ServerOptions, 'command' | 'args' | 'cwd' | 'asOurselves'> => ({
  command: process.execPath,
  args: words,
  cwd: ROOT,
  // The program itself is in the checkout.
  asOurselves: !readsCheckout(),
});

const answers = async (url: string) => (await fetch(url).catch(() => undefined))?.ok === true;

export async function startProvider(of: Instance): Promise<void> {
  const folder = path.join(of.dir, 'provider');
  mkdirSync(folder, { recursive: true });
  giveToLabUser(folder);
  const { id, secret } = CREDENTIALS.client;
  const state = path.join(folder, 'state.json');
  const callbacks = [of.urls.callback, of.urls.secure.callback].join(' ');
  const args = [String(of.ports.provider), id, secret, callbacks, state, CREDENTIALS.mailboxes[0]];
  await startServer(of, 'provider', {
    port: of.ports.provider,
    ...ofCheckout('--import', 'tsx', path.join(ROOT, 'test/lab/provider/main.ts'), ...args),
    env: { NODE_NO_WARNINGS: '1' },
    ready: () => answers(`http://127.0.0.1:${of.ports.provider}/_lab/state`),
  });
}

function cli(of: Pick<Instance, 'home'>, ...args: string[]) {
  const { command, args: before, asOurselves } = ofCheckout(...znunyOauth2Words(...args));
  const env = { HELPDESK_HOME: of.home, ...(asOurselves ? { SIDECAR_UNSAFE_STAYS_ROOT: '1' } : {}) };
  return { command, args: before, env, asLabUser: !asOurselves };
}

/** The command `znuny-oauth2` as a separate process, on the instance's helpdesk. @returns its output */
export function runCli(of: Instance, ...args: string[]): Promise<string> {
  const { command, args: before, env, asLabUser } = cli(of, ...args);
  return exec(command, before, { cwd: ROOT, env, asLabUser });
}

/** The same, for tests that kill it while it runs: its process ID is that of the program itself. */
export function startCli(of: Pick<Instance, 'home'>, ...args: string[]): ChildProcess {
  const { command, args: before, env, asLabUser } = cli(of, ...args);
  const [file = '', ...rest] = [...(asLabUser ? labUser().prefix : []), command, ...before];
  return spawn(file, rest, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

export interface SidecarStart {
  /** Name of its pid and log file. */
  name?: string;
  port?: number;
  env?: Record<string, string>;
  /** How its web server reaches it; by a Unix socket unless set otherwise. */
  channel?: LabChannel;
  /** Does not wait until it is ready, only until it listens. */
  early?: boolean;
  /** The compiled program in dist/ instead of the sources. */
  compiled?: boolean;
  /** A library that is loaded into this process (ld.so(8)), and not into the one that starts it. */
  preload?: string;
  /** A command that runs it, such as prlimit(1), as ourselves: before the user changes. */
  around?: string[];
}

/** What the unit and `make run` give it. */
const FLAGS_OF_SERVICE = ['--max-semi-space-size=2'];

/** The lab's templates, with the ports of the instance. */
function writeTemplates(of: Instance): void {
  const folder = path.join(ROOT, 'test/lab/templates');
  for (const file of readdirSync(folder)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const filled = text.replace(/\{(\w+)\}/g, (found, name: string) =>
      String(of.ports[name as keyof Instance['ports']] ?? found),
    );
    writeFileSync(path.join(of.templates, file), filled);
  }
}

/** Exactly what `make run` does, with the lab's further templates. */
export async function startSidecar(of: Instance, start: SidecarStart = {}): Promise<void> {
  const { name = 'sidecar', port = of.ports.sidecar, env = {}, early = false, compiled = false } = start;
  const program = ofCheckout(...FLAGS_OF_SERVICE, ...znunyOauth2Words('serve'));
  if (compiled) program.args = [...FLAGS_OF_SERVICE, path.join(ROOT, 'dist/plugin/cli.cjs'), 'serve'];
  if (start.preload !== undefined) {
    program.args = [`LD_PRELOAD=${start.preload}`, program.command, ...program.args];
    program.command = 'env';
  }
  makeSocketFolder(of);
  mkdirSync(of.templates, { recursive: true });
  writeTemplates(of);
  await startServer(of, name, {
    port,
    ...program,
    ...(start.around === undefined ? {} : { around: start.around }),
    env: {
      HELPDESK_HOME: of.home,
      ...channelEnv(of, port, start.channel),
      SIDECAR_TEMPLATES: of.templates,
      SIDECAR_STATE: path.join(of.dir, 'state', name),
      ...MEMORY_SETTINGS,
      ...sidecarUserEnv,
      // The program could not be read once we are no longer root.
      ...(program.asOurselves ? { SIDECAR_UNSAFE_STAYS_ROOT: '1' } : {}),
      ...env,
    },
    ready: async () => early || answers(`http://127.0.0.1:${port}/readyz`),
  });
  // Created by root there, although its web server runs as the lab's user.
  if (program.asOurselves && (start.channel ?? 'socket') === 'socket' && existsSync(sidecarSocket(of, port)))
    giveToLabUser(sidecarSocket(of, port));
}
