import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';

export interface Owner {
  uid: number;
  gid: number;
}

const MOST_LINKS = 20;

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
    const facts = lstatSync(next, { throwIfNoEntry: false });
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
 * The nearest place on the way to a path that somebody else than root and the given user may write; null where there is none. What lies
 * there could be exchanged by them. A sticky folder such as /tmp protects what others own in it.
 */
export function writableByOthers(file: string, trusted: number[]): string | null {
  const absolute = path.resolve(file);
  const steps = absolute.split('/').filter(Boolean);
  let at = '/';
  for (const [index, name] of ['', ...steps].entries()) {
    at = path.join(at, name);
    const facts = lstatSync(at, { throwIfNoEntry: false });
    if (!facts) return null;
    if (facts.isSymbolicLink()) {
      if (![0, ...trusted].includes(facts.uid)) return at;
      const target = path.resolve(path.dirname(at), readlinkSync(at));
      return writableByOthers(path.join(target, ...steps.slice(index)), trusted);
    }
    const isSticky = facts.isDirectory() && (facts.mode & 0o1000) !== 0 && at !== absolute;
    if (![0, ...trusted].includes(facts.uid) || ((facts.mode & 0o022) !== 0 && !isSticky)) return at;
  }
  return null;
}
