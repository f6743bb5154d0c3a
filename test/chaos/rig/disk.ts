import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exec } from '../../lab/exec.js';
import { ROOT } from '../../lab/instance.js';
import { labUser } from '../../lab/lab-user.js';
import { until } from '../../lab/ports.js';
import type { Ground } from './fault.js';

export interface Disk extends Ground {
  /** Takes every free byte, or returns them. */
  fill(on: boolean): void;
  remount(how: 'ro' | 'rw'): Promise<void>;
  /** The folder of a sidecar's journal, as seen from here. */
  journalOf(name: string): string;
}

/** Size of the small disk, in kilobytes. */
const SIZE = 512;

/** A small disk for the journals in a mount namespace of its own, in which the sidecars run. Requires root. */
export async function smallDisk(): Promise<Disk> {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-disk-'));
  chmodSync(folder, 0o755);
  const script = `mount -t tmpfs -o size=${SIZE}k,mode=755 chaos ${folder} && echo mounted && exec sleep 7200`;
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let isMounted = false;
  holder.stdout.once('data', () => (isMounted = true));
  await until('the small disk', () => isMounted);
  const inside = `/proc/${holder.pid}/root${folder}`;
  const states = path.join(folder, 'state');
  mkdirSync(path.join(inside, 'state'));
  chownSync(path.join(inside, 'state'), labUser().uid, labUser().gid);
  const enter = ['nsenter', `--target=${holder.pid}`, '--mount'];
  const filler = path.join(inside, 'filler');
  return {
    sidecar: { states, around: [...enter, `--wd=${ROOT}`, '--'] },
    fill(on) {
      rmSync(filler, { force: true });
      if (!on) return;
      try {
        writeFileSync(filler, Buffer.alloc(SIZE * 1024));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    remount: async (how) => {
      const [file = '', ...args] = [...enter, 'mount', '-o', `remount,${how}`, folder];
      // Busy while a file is open for writing, which takes a moment at most.
      let fault: unknown;
      const remounted = async () => {
        fault = await exec(file, args).then(
          () => undefined,
          (error: unknown) => error,
        );
        return fault === undefined;
      };
      await until('the disk can be mounted anew', remounted, 10_000).catch(() => {
        throw fault;
      });
    },
    journalOf: (name) => path.join(inside, 'state', name),
    end() {
      holder.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
