import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Instance } from './instance.js';
import { labUser } from './lab-user.js';
import { listens, pause, until } from './ports.js';
import { Stop } from './progress.js';

export interface ServerOptions {
  /** Must be free before the start, and is in use when the server is ready. */
  port: number;
  command: string;
  args: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Runs as ourselves instead of as the lab's user. */
  asOurselves?: boolean;
  /** A command that runs it (and ends in exec), as ourselves: before the user changes. */
  around?: string[];
  /** Asked once the port answers; the server is ready when it says yes. */
  ready?: () => Promise<boolean>;
}

interface PidFile {
  pid: number;
  /** Start time in clock ticks (proc(5), stat field 22): a number in use by another process by now is not ours. */
  began: string;
}

/** A node of a cluster first copies the whole database, which takes a while on a busy machine. Milliseconds. */
const LONGEST_START = 600_000;

const runDir = (of: Instance): string => path.join(of.dir, 'run');
const pidFile = (of: Instance, name: string): string => path.join(runDir(of), `${name}.json`);
export const logFile = (of: Instance, name: string): string => path.join(of.dir, 'log', `${name}.log`);

/**
 * Starts a server in the background as the lab's user and waits until it is ready.
 * @throws Stop where the port is taken or the server ends, with the end of its log
 */
export async function startServer(of: Instance, name: string, options: ServerOptions): Promise<number> {
  await stopServer(of, name);
  if (await listens(options.port))
    throw new Stop(`Port ${options.port} for ${name} is taken. Stop what uses it, or set LAB_PORT_BASE.`);
  mkdirSync(runDir(of), { recursive: true });
  mkdirSync(path.dirname(logFile(of, name)), { recursive: true });
  const log = openSync(logFile(of, name), 'a');
  const [file = '', ...args] = [
    ...(options.around ?? []),
    ...(options.asOurselves ? [] : labUser().prefix),
    options.command,
    ...options.args,
  ];
  const child = spawn(file, args, {
    cwd: options.cwd ?? of.dir,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log, log],
    // A session of its own: Ctrl-C reaches only us, and we stop the servers in order.
    detached: true,
  });
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended ??= `ended with ${code ?? signal}`;
  });
  child.unref();
  const pid = child.pid ?? 0;
  writeFileSync(pidFile(of, name), JSON.stringify({ pid, began: beganAt(pid) ?? '' } satisfies PidFile));
  await until(
    `${name} on port ${options.port}`,
    async () => {
      if (ended !== undefined) throw new Stop(`${name} ${ended}:\n${tail(logFile(of, name))}`);
      return (await listens(options.port)) && (options.ready ? await options.ready() : true);
    },
    LONGEST_START,
  );
  return pid;
}

/**
 * Ends a server of this instance by its pid: by SIGTERM, again after 10 s because a sidecar waits for answers, and by
 * force after 20 s.
 */
export async function stopServer(
  of: Instance,
  name: string,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  const entry = readPidFile(of, name);
  if (entry && alive(entry)) {
    process.kill(entry.pid, signal);
    const end = Date.now() + 20_000;
    let again = end - 10_000;
    while (alive(entry) && Date.now() < end) {
      await pause(25);
      if (Date.now() < again || !alive(entry)) continue;
      process.kill(entry.pid, signal);
      again = end;
    }
    // The group is ours alone: the server was started in a session of its own.
    if (alive(entry)) process.kill(-entry.pid, 'SIGKILL');
  }
  rmSync(pidFile(of, name), { force: true });
}

/** Sends a signal to a server of this instance, such as SIGSTOP. */
export function signalServer(of: Instance, name: string, signal: NodeJS.Signals): void {
  const entry = readPidFile(of, name);
  if (entry && alive(entry)) process.kill(entry.pid, signal);
}

/** @returns the process of a server of this instance; null: it does not run */
export function serverPid(of: Instance, name: string): number | null {
  const entry = readPidFile(of, name);
  return entry && alive(entry) ? entry.pid : null;
}

export function serverRuns(of: Instance, name: string): boolean {
  const entry = readPidFile(of, name);
  return entry !== undefined && alive(entry);
}

/** Names of the servers that this instance has started. */
export function startedServers(of: Instance): string[] {
  try {
    return readdirSync(runDir(of)).map((file) => path.basename(file, '.json'));
  } catch {
    return [];
  }
}

function readPidFile(of: Instance, name: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(pidFile(of, name), 'utf8')) as PidFile;
  } catch {
    return undefined;
  }
}

function alive(entry: PidFile): boolean {
  return entry.began !== '' && beganAt(entry.pid) === entry.began;
}

function beganAt(pid: number): string | undefined {
  try {
    // The second field, the name in brackets, may contain spaces; the state follows it, and a zombie has ended.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** The end of a log file, for messages. */
function tail(file: string, lines = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
