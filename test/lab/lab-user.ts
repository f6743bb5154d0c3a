import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import os from 'node:os';
import { ROOT } from './instance.js';

/**
 * The servers of the lab never run as root. Started by root they run as `www-data`, which every Debian has; started by
 * anybody else they run as that user.
 */
export interface LabUser {
  name: string;
  group: string;
  uid: number;
  gid: number;
  /** What goes before a command so that it runs as this user; empty where we are that user already. */
  prefix: string[];
}

let known: LabUser | undefined;

/** The user that runs the servers; determined once per process. */
export function labUser(): LabUser {
  known ??= process.getuid?.() === 0 ? webServerUser() : ourselves();
  return known;
}

function ourselves(): LabUser {
  const { username, uid, gid } = os.userInfo();
  return { name: username, group: execFileSync('id', ['-gn']).toString().trim(), uid, gid, prefix: [] };
}

function webServerUser(): LabUser {
  const name = 'www-data';
  const id = (flag: string): number => Number(execFileSync('id', [flag, name]).toString());
  const prefix = ['setpriv', `--reuid=${name}`, `--regid=${name}`, '--clear-groups'];
  return { name, group: name, uid: id('-u'), gid: id('-g'), prefix: [...prefix, '--'] };
}

/** Can the lab's user read the checkout? Not below a closed folder: /root has mode 0700. */
export function readsCheckout(): boolean {
  const [command, ...rest] = labUser().prefix;
  if (command === undefined) return true;
  return spawnSync(command, [...rest, 'test', '-r', `${ROOT}/package.json`], { cwd: '/' }).status === 0;
}

/** Gives a file or folder to the lab's user; does nothing unless run by root. */
export function giveToLabUser(file: string): void {
  const user = labUser();
  if (user.prefix.length > 0) chownSync(file, user.uid, user.gid);
}
