import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';

export interface Owner {
  uid: number;
  gid: number;
}

const MOST_LINKS = 20;

/** undefined also below a file, and for a name that no file system takes. */
export function lstatIfThere(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (['ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/**
 * Whose a path is: the first owner on the way to it that is not root. Everything behind a folder or link of somebody
 * else is theirs, whatever owner it shows: they could have put it there.
 * @returns null where the path does not exist; uid 0 where all of it is root's
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
 * The first place on the way to a path that somebody else than root and the trusted may write; null where there is none.
 * What lies behind it could be exchanged by them. A sticky folder such as /tmp protects what others own in it.
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
