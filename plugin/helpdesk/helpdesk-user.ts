import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { SUPPORTED } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';
import { type Owner, ownerOnTheWay } from '../lib/file-owner.js';

/** Debian's package leaves the scripts to root, and these to the helpdesk's user. */
const OWNED = [
  ...new Set(SUPPORTED.flatMap(({ scripts }) => scripts.map((name) => `bin/${name}.Console.pl`))),
  'var/tmp',
  'var/log',
  'Kernel/Config.pm',
  'Kernel/Config/Files',
];

/**
 * The user whose program the helpdesk is, with the group of its cache. Nobody but this user and root can make it another
 * one: links are not trusted, see ownerOnTheWay().
 * @param home HELPDESK_HOME
 * @throws SidecarError config-unreadable: no helpdesk there; ownership-unsafe: all of it belongs to root
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
      detail: `All files of the helpdesk in ${home} belong to root, so there is no user who could run its Perl: root never does. Give ${path.join(home, 'var')} and Kernel/Config.pm to the helpdesk's user, or run the same command as the user of the web server.`,
    });
  const { uid } = found.owner;
  // The group of the cache is what the web server shares with the helpdesk's user.
  const gid = ['var/tmp', found.file]
    .map((file) => groupOf(path.resolve(home, file), uid))
    .find((group) => group !== undefined);
  return { uid, gid: gid || primaryGroup(uid) };
}

/** The group of what belongs to this user; a user can only give it to groups of their own. */
function groupOf(file: string, uid: number): number | undefined {
  try {
    const facts = statSync(file);
    return facts.uid === uid ? facts.gid : undefined;
  } catch {
    return undefined;
  }
}

/** Never the group of root, which may read what is not the helpdesk's. */
export function primaryGroup(uid: number): number {
  const gid = Number(execFileSync('id', ['-g', String(uid)], { encoding: 'utf8' }).trim());
  if (gid > 0) return gid;
  throw new SidecarError('ownership-unsafe', {
    detail: `The helpdesk's user (${uid}) has the group of root. Give it, and its files, a group of their own.`,
  });
}

/** The user to switch to for a program of the helpdesk; undefined where we are not root, and run it ourselves. */
export const otherUser = (home: string): Owner | undefined =>
  process.getuid?.() === 0 ? helpdeskUser(home) : undefined;

/**
 * Does something with files as the helpdesk's user where we are root: whatever a link leads to, nothing happens that this
 * user could not have done. Only for what ends at once, because it holds for the whole process meanwhile.
 */
export function asHelpdeskUser<T>(home: string, work: () => T): T {
  const user = otherUser(home);
  return user ? asUser(user, work) : work();
}

/** The same as any user. */
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
