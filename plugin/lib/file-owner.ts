import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';

export interface Owner {
  uid: number;
  gid: number;
}

const MOST_LINKS = 20;

/** Returns undefined where a parent is a file, too, and for a name that no file system accepts. */
export function lstatIfThere(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (['ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/**
 * Returns the first owner on a path that is not root. Everything behind another user's folder or link counts
 * as that user's, whatever owner it shows: the user could have put it there.
 * @returns null where the path does not exist; uid 0 where root owns all of it
 */
export function ownerOnTheWay(file: string): Owner | null {
  let rest = path.resolve(file).split('/').filter(Boolean);
  let at = '/';
  let owner: Owner = { uid: 0, gid: 0 };
  for (let links = 0; ; ) {
    const name = rest.shift();
    if (name === undefined) return owner;
    const next = path.join(at, name);
    const facts = lstatIfThere(next);
    if (!facts) return null;
    owner = { uid: facts.uid, gid: facts.gid };
    if (!facts.isSymbolicLink()) {
      if (facts.uid !== 0) return owner;
      at = next;
      continue;
    }
    if (facts.uid !== 0) return owner;
    if (++links > MOST_LINKS) return null;
    const target = path.resolve(at, readlinkSync(next));
    rest = [...target.split('/').filter(Boolean), ...rest];
    at = '/';
  }
}

/**
 * Returns the first place on a path that is writable by anyone except root and the trusted owners; null where
 * there is none. Others could replace what lies behind that place. A sticky folder such as /tmp protects the
 * files that other users own in it.
 */
export function writableByOthers(file: string, trusted: Owner[]): string | null {
  const isTrusted = (uid: number) => uid === 0 || trusted.some((owner) => owner.uid === uid);
  const isGroupTrusted = (gid: number) => gid === 0 || trusted.some((owner) => owner.gid === gid);
  const absolute = path.resolve(file);
  const steps = absolute.split('/').filter(Boolean);
  let at = '/';
  for (const [index, name] of ['', ...steps].entries()) {
    at = path.join(at, name);
    const facts = lstatIfThere(at);
    if (!facts) return null;
    if (facts.isSymbolicLink()) {
      if (!isTrusted(facts.uid)) return at;
      const target = path.resolve(path.dirname(at), readlinkSync(at));
      return writableByOthers(path.join(target, ...steps.slice(index)), trusted);
    }
    const isSticky = facts.isDirectory() && (facts.mode & 0o1000) !== 0 && at !== absolute;
    const isOpen = (facts.mode & 0o002) !== 0 || ((facts.mode & 0o020) !== 0 && !isGroupTrusted(facts.gid));
    if (!isTrusted(facts.uid) || (isOpen && !isSticky)) return at;
  }
  return null;
}
