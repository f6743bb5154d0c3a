import { closeSync, openSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { SidecarError } from '../errors.js';
import { lstatIfThere, type Owner, ownerOnTheWay, writableByOthers } from '../lib/file-owner.js';
import { asUser, helpdeskUser, primaryGroup } from './helpdesk-user.js';

export interface RootLeaver {
  /** HELPDESK_HOME. */
  home: string;
  /** SIDECAR_STATE; null where it was not given. */
  stateFolder: string | null;
  /** Where the program itself lies, which goes on being read. */
  programFolder: string;
}

/**
 * Whoever the sidecar runs as: the owner of its state folder, as `install` makes it; without one the helpdesk's user.
 * @throws SidecarError ownership-unsafe where the state folder is root's own, or can be exchanged by yet another user
 */
function serviceUser({ home, stateFolder }: Pick<RootLeaver, 'home' | 'stateFolder'>): Owner {
  const helpdesk = helpdeskUser(home);
  if (stateFolder === null) return helpdesk;
  const facts = lstatIfThere(stateFolder);
  const owner = facts ? ownerOnTheWay(stateFolder) : null;
  if (!facts || !owner) return helpdesk;
  if (facts.uid === 0)
    throw new SidecarError('ownership-unsafe', {
      detail: `The state folder ${stateFolder} belongs to root, and the sidecar never runs as root. Give it to the sidecar's user: chown -R USER ${stateFolder}`,
    });
  const open = writableByOthers(stateFolder, [owner, helpdesk]);
  if (open !== null)
    throw new SidecarError('ownership-unsafe', {
      detail: `Others than the sidecar's user may write ${open}, on the way to the state folder. Take that right away: chmod go-w ${open}`,
    });
  return owner;
}

/**
 * A command of root that needs no right of root becomes what the service runs as, for good: its user, with the group that
 * may write the helpdesk's cache. Nothing that it reads, follows or runs afterwards can have an effect as root.
 * @returns the home folder of that user
 * @throws SidecarError config-unreadable, ownership-unsafe
 */
export function leaveRoot({ home, stateFolder, programFolder }: RootLeaver): string {
  const { uid, gid: own } = serviceUser({ home, stateFolder });
  const { gid } = helpdeskUser(home);
  const first = firstGroup(uid);
  checkReadable(programFolder, { uid, gid });
  try {
    (process as WithInitgroups).initgroups(uid, gid);
  } catch {
    // A user without a name.
    process.setgroups?.([gid]);
  }
  // The service has the first group of its user beside that of the helpdesk; it may open the sidecar's socket.
  const groups = [...(process.getgroups?.() ?? []), gid, own, ...first].filter((group) => group !== 0);
  process.setgroups?.([...new Set(groups)]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  if (process.getuid?.() === 0 || process.geteuid?.() === 0)
    throw new SidecarError('internal', { log: 'root could not be left' });
  try {
    return userInfo().homedir;
  } catch {
    return '/';
  }
}

/** None where the user has none of their own. */
function firstGroup(uid: number): number[] {
  try {
    return [primaryGroup(uid)];
  } catch {
    return [];
  }
}

/** Node has it, its types do not. */
type WithInitgroups = NodeJS.Process & { initgroups(user: number, extraGroup: number): void };

/** Parts of the program are loaded when they are needed. */
function checkReadable(programFolder: string, user: Owner): void {
  const file = path.join(programFolder, 'package.json');
  try {
    asUser(user, () => closeSync(openSync(file, 'r')));
  } catch {
    throw new SidecarError('ownership-unsafe', {
      detail: `The program lies in ${programFolder}, which user ${user.uid} may not read, and it does not go on as root. Install it where everybody may read it, such as /usr/local/lib.`,
    });
  }
}
