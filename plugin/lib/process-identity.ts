import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const tryTo = (read: () => string): string | null => {
  try {
    return read().trim() || null;
  } catch {
    return null;
  }
};

/**
 * Identifies where process IDs are comparable: this boot of this machine and this PID namespace (each
 * container has its own). A hardened service cannot read the boot ID; machine ID and host name stand in for
 * it.
 * @returns null where neither is known
 */
function findPlace(): string | null {
  const namespace = tryTo(() => readlinkSync('/proc/self/ns/pid'));
  const boot = tryTo(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const machine = tryTo(() => readFileSync('/etc/machine-id', 'utf8'));
  const where = boot ?? (machine && `${machine}/${hostname()}`);
  if (namespace === null || where === null) return null;
  return createHash('sha256').update(`${where}/${namespace}`).digest('hex').slice(0, 10);
}

/**
 * When a process began, in clock ticks since boot (proc(5), field 22 of stat); null for no process and for a
 * zombie.
 */
function beganAt(pid: number): number | null {
  // The second field, a name in brackets, may contain spaces.
  const fields = tryTo(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
    ?.replace(/^.*\) /s, '')
    .split(' ');
  return fields === undefined || fields[0] === 'Z' ? null : Number(fields[19]);
}

const place = findPlace();
const NOWHERE = '0'.repeat(10);
const own = `${place ?? NOWHERE}.${process.pid.toString(36)}.${(beganAt(process.pid) ?? 0).toString(36)}`;

/**
 * Identifies this process among all that ever ran, in at most 30 characters of [0-9a-z.]. A process ID alone
 * is reused, at the latest after a reboot.
 */
export const processIdentity = (): string => own;

/**
 * Has that process ended?
 * @param identity what `processIdentity` returned in that process
 * @returns null where this process cannot tell
 */
export function hasEnded(identity: string): boolean | null {
  if (identity === own) return false;
  const [where, pid = '', began = ''] = identity.split('.');
  if (where !== place || place === null) return null;
  return beganAt(Number.parseInt(pid, 36)) !== Number.parseInt(began, 36);
}

/**
 * Names one holder of leases in at most 100 characters.
 * @param folder the folder of its journal
 */
export function holderName(folder: string): string {
  const of = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return `${hostname().slice(0, 30)}:${own}:${of}:${randomBytes(16).toString('base64url')}`;
}

/** Is `other` a process that has ended and used the same journal on this machine? */
export function isEndedPredecessor(holder: string, other: string): boolean {
  const [, , folder] = holder.split(':');
  const [, identity = '', its] = other.split(':');
  return folder !== undefined && folder === its && hasEnded(identity) === true;
}
