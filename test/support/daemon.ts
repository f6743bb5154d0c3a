import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { exec } from '../lab/exec.js';
import { until } from '../lab/ports.js';
import { childProcesses } from './child-processes.js';
import { lab } from './instance.js';

const FOLDER = path.join(lab.home, 'var/run');
const PID_FILE = path.join(FOLDER, 'Daemon-NodeID-1.pid');

const command = (...args: string[]) =>
  exec('sh', ['-c', `exec perl bin/otrs.Daemon.pl ${args.join(' ')} >/dev/null 2>&1`], {
    cwd: lab.home,
    asLabUser: true,
  });
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
const descendants = (pid: number): number[] =>
  childProcesses(pid).flatMap((child) => [child, ...descendants(child)]);

/** Starts the helpdesk's own daemon; the lab runs none. */
export async function startDaemon(): Promise<void> {
  await command('start');
  await until('the daemon runs', () => existsSync(PID_FILE) && readFileSync(PID_FILE, 'utf8').trim() !== '');
}

/** Ends the daemon as an admin does, with its modules and what they are working on. */
export async function stopDaemon(): Promise<void> {
  const processes = running();
  if (processes.length > 0) await command('stop', '--force');
  await until('the daemon has ended', () => !processes.slice(0, 1).some(isAlive));
  for (const pid of processes.filter(isAlive)) kill(pid);
}

/** Ends the daemon as a machine does that runs out of memory: with everything it has started, at once. */
export async function killDaemon(): Promise<void> {
  const processes = running();
  for (const pid of processes) kill(pid);
  await until('the daemon is gone', () => !processes.some(isAlive));
  rmSync(PID_FILE, { force: true });
}

/** The daemon, its modules, their workers and the fetch of one of them. */
function running(): number[] {
  if (!existsSync(PID_FILE)) return [];
  const pid = Number(readFileSync(PID_FILE, 'utf8'));
  return pid > 0 ? [pid, ...descendants(pid)] : [];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
