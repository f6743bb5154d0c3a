import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { until } from '../lab/ports.js';
import { childProcesses } from './child-processes.js';

/**
 * A second boot of this very machine by its real systemd: its files under a layer that takes every change (overlay),
 * with its own processes, network, mounts and control groups. Packages, users, services and ports are therefore the
 * real ones, and nothing of it remains. Needs root and Linux namespaces.
 */
const NAMESPACES = ['--mount', '--pid', '--uts', '--ipc', '--net', '--cgroup'];

/** $1: the folder of `holder`. Becomes the first process of the machine. */
const BOOT = `set -e
mkdir $1/cgroup/$(basename $1)/$$
echo $$ > $1/cgroup/$(basename $1)/$$/cgroup.procs
exec unshare ${NAMESPACES.join(' ')} --fork --kill-child sh -ec '
  root=$1/root
  mount -t overlay -o lowerdir=/,upperdir=$1/disk/upper,workdir=$1/disk/work overlay $root
  mount -t proc proc $root/proc
  # The settings of the kernel and its devices are those of the machine below.
  mount --bind $root/proc/sys $root/proc/sys
  mount -o remount,bind,ro $root/proc/sys
  mount -t sysfs -o ro sysfs $root/sys
  mount -t tmpfs tmpfs $root/sys/fs/cgroup
  mount -t cgroup2 cgroup2 $root/sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs $root/dev
  mknod -m 666 $root/dev/null c 1 3
  mknod -m 666 $root/dev/zero c 1 5
  mknod -m 666 $root/dev/full c 1 7
  mknod -m 666 $root/dev/random c 1 8
  mknod -m 666 $root/dev/urandom c 1 9
  mknod -m 666 $root/dev/tty c 5 0
  mkdir $root/dev/pts $root/dev/shm
  mount -t devpts -o newinstance,ptmxmode=666 devpts $root/dev/pts
  ln -s pts/ptmx $root/dev/ptmx
  ln -s /proc/self/fd $root/dev/fd
  mount -t tmpfs -o mode=1777 tmpfs $root/dev/shm
  mount -t tmpfs -o mode=755 tmpfs $root/run
  mount -t tmpfs -o mode=1777 tmpfs $root/tmp
  cd $root
  mkdir -p .below
  pivot_root . .below
  exec env -i container=machine-of-a-test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . \\
    sh -c "umount -l /.below && rmdir /.below && exec /lib/systemd/systemd --unit=multi-user.target"
' boot $1 < /dev/null`;

/** $1: a folder. Keeps the machine's disk while nothing of it runs; ends with its standard input. */
const HOLD = `set -e
mount -t tmpfs -o mode=755 tmpfs $1
mkdir $1/disk $1/disk/upper $1/disk/work $1/root $1/cgroup
mount -t cgroup2 cgroup2 $1/cgroup
mkdir $1/cgroup/$(basename $1)
mount -t overlay -o lowerdir=/,upperdir=$1/disk/upper,workdir=$1/disk/work overlay $1/root
# Only what a test wants starts by itself.
rm -rf $1/root/etc/systemd/system/*.wants
umount $1/root
echo ready
cat
for try in $(seq 100); do
  find $1/cgroup/$(basename $1) -depth -type d -exec rmdir {} + 2> /dev/null && exit
  sleep 0.1
done`;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Why no machine can be booted here: '' where it can. */
function cannotBoot(): string {
  if (process.getuid?.() !== 0) return 'only root can boot a machine';
  if (!existsSync('/lib/systemd/systemd')) return 'there is no systemd';
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-probe-'));
  const { status, stderr } = spawnSync(
    'unshare',
    [...NAMESPACES, '--fork', 'sh', '-c', HOLD, 'hold', folder],
    { input: '' },
  );
  rmSync(folder, { recursive: true, force: true });
  return status === 0 ? '' : String(stderr).trim() || 'there is no program "unshare"';
}

/** Tests on such a machine; where none can be booted, they say why. */
export function describeMachine(title: string, tests: (this: Mocha.Suite) => void): void {
  const reason = cannotBoot();
  if (reason) console.warn(`No machine is booted here: ${reason}`);
  else describe(title, tests);
}

export interface Ran {
  code: number | null;
  /** Both outputs. */
  text: string;
}

export async function bootMachine() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sidecar-machine-'));
  const holder = spawn('unshare', ['--mount', 'sh', '-c', HOLD, 'hold', folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const held = once(holder, 'exit');
  await Promise.race([once(holder.stdout, 'data'), held]);
  const inHolder = ['--mount', `--target=${holder.pid}`, '--'];
  let booted: ReturnType<typeof spawn> | undefined;
  let first = 0;

  const at = (file: string): string => `/proc/${first}/root${file}`;
  /** Runs a command in the machine as its root, in a clean environment. */
  function run(command: string, words: string[] = [], { input = '', env = {} } = {}): Promise<Ran> {
    const environment = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
      ...env,
    };
    const child = spawn(
      'nsenter',
      [
        ...NAMESPACES,
        `--target=${first}`,
        '--',
        'env',
        '-i',
        '-C',
        '/root',
        ...Object.entries(environment).map((pair) => pair.join('=')),
        command,
        ...words,
      ],
      // A process group of its own: a command that signals its group must not reach the processes below the machine.
      { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    );
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, text }));
    });
  }
  /** Runs a line of the shell. @throws Error with its output where it fails */
  async function sh(line: string, input = ''): Promise<string> {
    const { code, text } = await run('sh', ['-ec', line], { input });
    if (code !== 0) throw new Error(`${line}: exit code ${code}\n${text}`);
    return text.trim();
  }

  async function boot(): Promise<void> {
    // Ends with this process, however that ends.
    booted = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'nsenter', ...inHolder, 'sh', '-c', BOOT, 'boot', folder],
      { stdio: 'inherit' },
    );
    const { pid } = booted;
    await until('the first process of the machine', () => {
      first = childProcesses(pid as number)[0] ?? 0;
      return first > 0 && read(`/proc/${first}/comm`) === 'systemd\n';
    });
    await until('systemd', async () =>
      /^(running|degraded)/.test((await run('systemctl', ['is-system-running'])).text),
    );
  }
  /** As by a power cut: everything ends at once, the disk stays. */
  async function powerOff(): Promise<void> {
    if (!booted) return;
    booted.kill('SIGKILL');
    booted = undefined;
    await until('the end of the machine', () => !existsSync(`/proc/${first}`));
  }

  await boot();
  return {
    run,
    sh,
    at,
    /** Files and folders that differ from the machine below, chosen by a test of find(1). */
    changed: async (...which: string[]): Promise<string[]> => {
      const disk = `/proc/${holder.pid}/root${folder}/disk/upper`;
      const found = await exec('find', [disk, ...which, '-printf', '/%P\\n']);
      return found.split('\n').filter(Boolean).sort();
    },
    /** Writes a file of the machine, with the folders above it. */
    write(file: string, text: string, mode = 0o644): void {
      mkdirSync(path.dirname(at(file)), { recursive: true });
      writeFileSync(at(file), text, { mode });
    },
    async restart(): Promise<void> {
      await powerOff();
      await boot();
    },
    async remove(): Promise<void> {
      await powerOff();
      holder.stdin.end();
      await held;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type BootedMachine = Awaited<ReturnType<typeof bootMachine>>;
