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
 * Where process numbers mean what they mean here: this boot of this machine, and this namespace of processes (containers
 * have their own). A hardened service cannot read the boot's ID; then machine and name stand for it.
 * @returns null where nothing says it
 */
function findPlace(): string | null {
  const namespace = tryTo(() => readlinkSync('/proc/self/ns/pid'));
  const boot = tryTo(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const machine = tryTo(() => readFileSync('/etc/machine-id', 'utf8'));
  const where = boot ?? (machine && `${machine}/${hostname()}`);
  if (namespace === null || where === null) return null;
  return createHash('sha256').update(`${where}/${namespace}`).digest('hex').slice(0, 10);
}

/** When a process began, in clock ticks since the boot (proc(5), field 22 of stat); null: there is none, or a zombie. */
function beganAt(pid: number): number | null {
  // The second field, a name in brackets, may hold spaces.
  const fields = tryTo(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
    ?.replace(/^.*\) /s, '')
    .split(' ');
  return fields === undefined || fields[0] === 'Z' ? null : Number(fields[19]);
}

const place = findPlace();
const NOWHERE = '0'.repeat(10);
const own = `${place ?? NOWHERE}.${process.pid.toString(36)}.${(beganAt(process.pid) ?? 0).toString(36)}`;

/**
 * This process among all that ever were, at most 30 characters of [0-9a-z.]. A process ID alone is used again: at the latest
 * after a reboot somebody else has it.
 */
export const processIdentity = (): string => own;

/**
 * Has that process ended?
 * @param identity as `processIdentity` gave it to that process
 * @returns null: cannot be told from here
 */
export function hasEnded(identity: string): boolean | null {
  if (identity === own) return false;
  const [where, pid = '', began = ''] = identity.split('.');
  if (where !== place || place === null) return null;
  return beganAt(Number.parseInt(pid, 36)) !== Number.parseInt(began, 36);
}

/**
 * Names one holder of leases, at most 100 characters.
 * @param folder of its journal
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
