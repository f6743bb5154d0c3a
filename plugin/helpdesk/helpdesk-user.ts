import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { SUPPORTED } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';
import { type Owner, ownerOnTheWay } from '../lib/file-owner.js';

/** Debian's package gives the scripts to root and the others to the helpdesk's user. */
const OWNED = [
  ...new Set(SUPPORTED.flatMap(({ scripts }) => scripts.map((name) => `bin/${name}.Console.pl`))),
  'var/tmp',
  'var/log',
  'Kernel/Config.pm',
  'Kernel/Config/Files',
];

/**
 * Finds the user who owns the helpdesk, with the group of its cache. Only this user and root can change the
 * result: links are not trusted, see ownerOnTheWay().
 * @param home HELPDESK_HOME
 * @throws SidecarError config-unreadable: there is no helpdesk; ownership-unsafe: root owns all of it
 */
export function helpdeskUser(home: string): Owner {
  const files = OWNED.map((name) => path.join(home, name));
  const owned = files.flatMap((file) => {
    const owner = ownerOnTheWay(file);
    return owner ? { file, owner } : [];
  });
  if (owned.length === 0)
    throw new SidecarError('config-unreadable', {
      detail: `There is no Kernel/Config.pm under ${home}. HELPDESK_HOME must be the helpdesk's folder.`,
    });
  const found = owned.find(({ owner }) => owner.uid !== 0);
  if (!found)
    throw new SidecarError('ownership-unsafe', {
      detail: `All files of the helpdesk in ${home} belong to root, and root never runs the helpdesk's Perl. Make the helpdesk's user the owner of ${path.join(home, 'var')} and Kernel/Config.pm, or run the same command as the user of the web server.`,
    });
  const { uid } = found.owner;
  // The web server shares the cache's group with the helpdesk's user.
  const gid = ['var/tmp', found.file]
    .map((file) => groupOf(path.resolve(home, file), uid))
    .find((group) => group !== undefined);
  return { uid, gid: gid || primaryGroup(uid) };
}

/** The group of a file of this user, who can only give it to groups of their own. */
function groupOf(file: string, uid: number): number | undefined {
  try {
    const facts = statSync(file);
    return facts.uid === uid ? facts.gid : undefined;
  } catch {
    return undefined;
  }
}

/** Never returns root's group, which may read files that are not the helpdesk's. */
export function primaryGroup(uid: number): number {
  const gid = Number(execFileSync('id', ['-g', String(uid)], { encoding: 'utf8' }).trim());
  if (gid > 0) return gid;
  throw new SidecarError('ownership-unsafe', {
    detail: `The helpdesk's user (${uid}) is in root's group. Give this user and its files a group of their own.`,
  });
}

/** The user to switch to for a program of the helpdesk; undefined if we are not root and run it ourselves. */
export const otherUser = (home: string): Owner | undefined =>
  process.getuid?.() === 0 ? helpdeskUser(home) : undefined;

/**
 * Works with files as the helpdesk's user if we are root, so that no link can make us do what that user could
 * not do. Only for short synchronous work, because the change applies to the whole process.
 */
export function asHelpdeskUser<T>(home: string, work: () => T): T {
  const user = otherUser(home);
  return user ? asUser(user, work) : work();
}

/** The same, as any user. */
export function asUser<T>({ uid, gid }: Owner, work: () => T): T {
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([gid]);
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}
