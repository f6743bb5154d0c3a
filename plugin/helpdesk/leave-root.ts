import { closeSync, openSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { NO_HOME } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';
import { lstatIfThere, type Owner, ownerOnTheWay, writableByOthers } from '../lib/file-owner.js';
import { asUser, helpdeskUser, primaryGroup } from './helpdesk-user.js';

export interface RootLeaver {
  /** HELPDESK_HOME. */
  home: string;
  /** SIDECAR_STATE; null if not given. */
  stateFolder: string | null;
  /** The folder of the program itself, which must stay readable. */
  programFolder: string;
}

/**
 * Finds the user the sidecar runs as: the owner of its state folder, as `install` creates it, or else the
 * helpdesk's user.
 * @throws SidecarError ownership-unsafe if root owns the state folder, or a third user could replace it
 */
function serviceUser({ home, stateFolder }: Pick<RootLeaver, 'home' | 'stateFolder'>): Owner {
  const helpdesk = home === NO_HOME ? null : helpdeskUser(home);
  const facts = stateFolder === null ? undefined : lstatIfThere(stateFolder);
  const owner = facts && stateFolder !== null ? ownerOnTheWay(stateFolder) : null;
  if (!facts || !owner || stateFolder === null) {
    if (helpdesk) return helpdesk;
    throw new SidecarError('ownership-unsafe', {
      detail:
        "The sidecar never runs as root. Without a helpdesk, SIDECAR_STATE must name a folder that belongs to the sidecar's user, or run the command as that user.",
    });
  }
  if (facts.uid === 0)
    throw new SidecarError('ownership-unsafe', {
      detail: `The state folder ${stateFolder} belongs to root, and the sidecar never runs as root. Make the sidecar's user its owner: chown -R USER ${stateFolder}`,
    });
  const open = writableByOthers(stateFolder, helpdesk ? [owner, helpdesk] : [owner]);
  if (open !== null)
    throw new SidecarError('ownership-unsafe', {
      detail: `Users other than the sidecar's can change ${open}, through which the state folder is reached. Remove their permission: chmod go-w ${open}`,
    });
  return owner;
}

/**
 * Switches a command of root that does not need root's rights to the service's user for good, with the group
 * that may write the helpdesk's cache. Afterwards nothing that it reads, follows or runs can act as root.
 * @returns the home folder of that user
 * @throws SidecarError config-unreadable, ownership-unsafe
 */
export function leaveRoot({ home, stateFolder, programFolder }: RootLeaver): string {
  const { uid, gid: own } = serviceUser({ home, stateFolder });
  const { gid } = home === NO_HOME ? { gid: primaryGroup(uid) } : helpdeskUser(home);
  const first = firstGroup(uid);
  checkReadable(programFolder, { uid, gid });
  try {
    (process as WithInitgroups).initgroups(uid, gid);
  } catch {
    // The user has no name.
    process.setgroups?.([gid]);
  }
  // The service has its user's primary group in addition to the helpdesk's; that group may open the sidecar's
  // socket.
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

/** Empty if the user has no primary group of their own. */
function firstGroup(uid: number): number[] {
  try {
    return [primaryGroup(uid)];
  } catch {
    return [];
  }
}

/** Node has this function, its types do not. */
type WithInitgroups = NodeJS.Process & { initgroups(user: number, extraGroup: number): void };

/** The new user must be able to read the program, because its parts are loaded when they are needed. */
function checkReadable(programFolder: string, user: Owner): void {
  const file = path.join(programFolder, 'package.json');
  try {
    asUser(user, () => closeSync(openSync(file, 'r')));
  } catch {
    throw new SidecarError('ownership-unsafe', {
      detail: `User ${user.uid} cannot read the folder of the program, ${programFolder}, and the program does not continue as root. Install it where every user can read it, such as /usr/local/lib.`,
    });
  }
}
