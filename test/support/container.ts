import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { IMAGE_ENVIRONMENT, IMAGE_USER } from '../../plugin/packaging/image-root.js';
import { exec } from '../lab/exec.js';
import { until } from '../lab/ports.js';
import { childProcesses } from './child-processes.js';

/**
 * A process as a container runtime starts it: with the image's file system, read-only, as its first process and as its
 * user, with no capability, with its own processes, mounts and network. Needs root and Linux namespaces.
 */
const NAMESPACES = ['--mount', '--pid', '--uts', '--ipc', '--net'];

/** Files and folders that appear in the container, by their path in it. Nothing may be written there. */
type Mounts = Record<string, string>;

/**
 * $1: the image's file system. $2: the address of the container. $3: its user. Then pairs of what is mounted and where.
 * Waits for a line before it starts the command, which follows after `--`.
 */
const START = `set -e
root=$1 address=$2 user=$3
shift 3
mount --bind $root $root
mount -o remount,bind,ro $root
mount -t proc proc $root/proc
mount -t tmpfs -o mode=755 tmpfs $root/dev
mknod -m 666 $root/dev/null c 1 3
mount -t tmpfs -o mode=700,uid=$user,gid=$user tmpfs $root/var/lib/znuny-oauth2
while [ "$1" != -- ]; do
  mount --bind $1 $root$2
  mount -o remount,bind,ro $root$2
  shift 2
done
shift
read -r line
ip link set lo up
ip addr add $address/30 dev eth0
ip link set eth0 up
exec setpriv --no-new-privs --inh-caps=-all -- chroot --userspec=$user:$user --groups= $root "$@"`;

/** Why no container can be started here: '' where it can. */
function cannotStart(): string {
  if (process.getuid?.() !== 0) return 'only root can start a container';
  const { status, stderr } = spawnSync('unshare', [...NAMESPACES, '--fork', 'ip', 'link', 'set', 'lo', 'up']);
  return status === 0 ? '' : String(stderr).trim() || 'there is no program "unshare" or "ip"';
}

/** Tests with such a process; where none can be started, they say why. */
export function describeContainer(title: string, tests: (this: Mocha.Suite) => void): void {
  const reason = cannotStart();
  if (reason) console.warn(`No container is started here: ${reason}`);
  else describe(title, tests);
}

/** The two addresses of the network between this machine and the container; other test processes have others. */
const ADDRESS = `10.98.${(process.pid >> 6) & 255}.${(process.pid & 63) << 2}`.split('.').map(Number);
const [HERE = '', THERE = ''] = [1, 2].map((last) =>
  [...ADDRESS.slice(0, 3), (ADDRESS[3] ?? 0) + last].join('.'),
);

/** The address of this machine, and the container's own, on their network. */
export const NETWORK = { here: HERE, there: THERE } as const;

/** Passes connections to a port of the container's network on to the same port of 127.0.0.1. */
async function passOn(port: number): Promise<net.Server> {
  const server = net.createServer((client) => {
    const target = net.connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HERE, resolve);
  });
  return server;
}

export interface ContainerOptions {
  /** Of buildImageRoot(). */
  root: string;
  env: Record<string, string>;
  mounts: Mounts;
  /** Ports of 127.0.0.1 that the container reaches at `NETWORK.here`. */
  ports: number[];
}

/** Starts the image's command, `znuny-oauth2 serve`, and returns when its process runs. */
export async function startContainer({ root, env, mounts, ports }: ContainerOptions) {
  const environment = Object.entries({ ...IMAGE_ENVIRONMENT, ...env }).map((pair) => pair.join('='));
  for (const target of Object.keys(mounts)) await prepare(root, target, mounts[target] ?? '');
  const child = spawn(
    'unshare',
    [
      ...NAMESPACES,
      '--fork',
      '--kill-child=KILL',
      'sh',
      '-c',
      START,
      'start',
      root,
      THERE,
      String(IMAGE_USER),
      ...Object.entries(mounts).flatMap(([target, source]) => [source, target]),
      '--',
      '/usr/bin/env',
      '-i',
      ...environment,
      'znuny-oauth2',
      'serve',
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk));
  let code: number | null | undefined;
  const ended = new Promise<number | null>((resolve) =>
    child.once('exit', (status) => {
      code = status;
      resolve(status);
    }),
  );
  const first = (): number => childProcesses(child.pid as number)[0] ?? 0;
  await until('the first process of the container', () => first() > 0);
  const pid = first();
  // The network ends with the container's last process.
  const outside = `sc${process.pid}`;
  const link = ['link', 'add', outside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)];
  await exec('ip', link);
  await exec('ip', ['addr', 'add', `${HERE}/30`, 'dev', outside]);
  await exec('ip', ['link', 'set', outside, 'up']);
  const passing = await Promise.all(ports.map(passOn));
  child.stdin.end('start\n');
  return {
    pid,
    log: () => log,
    hasEnded: () => code !== undefined,
    /** Runs a command of the program in the container, as its user. @returns exit code and both outputs */
    run(...words: string[]): Promise<{ code: number | null; text: string }> {
      const inside = ['--target', String(pid), '--mount', '--pid', '--net', '--ipc'];
      const as = ['chroot', `--userspec=${IMAGE_USER}:${IMAGE_USER}`, '--groups=', root];
      // Not spawnSync: this process passes on what the command sends to the database.
      const own = spawn(
        'nsenter',
        [...inside, '--', ...as, '/usr/bin/env', '-i', ...environment, 'znuny-oauth2', ...words],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let text = '';
      for (const stream of [own.stdout, own.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk));
      return new Promise((resolve, reject) => {
        own.once('error', reject);
        own.once('close', (status) => resolve({ code: status, text }));
      });
    },
    /** @returns the exit code of its first process */
    async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
      if (code === undefined) process.kill(pid, signal);
      const status = await ended;
      for (const server of passing) server.close();
      return status;
    },
  };
}

export type Container = Awaited<ReturnType<typeof startContainer>>;

/** A mount needs a file or a folder below it. */
async function prepare(root: string, target: string, source: string): Promise<void> {
  const isFolder = (await exec('stat', ['-c', '%F', source])).trim() === 'directory';
  mkdirSync(path.join(root, isFolder ? target : path.dirname(target)), { recursive: true });
  if (!isFolder) writeFileSync(path.join(root, target), '');
}

/** A folder for an image's file system, outside of folders that a container's user may not enter. */
export function imageFolder(): { folder: string; root: string; remove: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-image-'));
  return {
    folder,
    root: path.join(folder, 'root'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
