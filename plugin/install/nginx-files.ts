import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { SidecarError } from '../errors.js';
import type { NginxFiles } from '../helpdesk/nginx-config.js';
import { writableByOthers } from '../lib/file-owner.js';
import type { Action } from './action.js';
import type { Machine } from './machine.js';

/** The folder of nginx's configuration. */
export const NGINX_FOLDER = '/etc/nginx';

/** The line that `install` adds to the helpdesk's server block, right after its brace. */
export const includeLine = (name: string): string => `\n    include ${name}.rules;`;

/** What an admin's file contains without our line. */
export const withoutLine = (text: string, name: string): string => text.replaceAll(includeLine(name), '');

/** Follows links, as Debian's sites-enabled contains them, below the machine's root. */
function real(machine: Machine, file: string): string {
  let at = file;
  for (let step = 0; step < 20; step++) {
    if (!lstatSync(machine.at(at), { throwIfNoEntry: false })?.isSymbolicLink()) return at;
    at = path.posix.resolve(path.posix.dirname(at), readlinkSync(machine.at(at)));
  }
  return file;
}

const list = (machine: Machine, folder: string): string[] => {
  try {
    return readdirSync(machine.at(folder));
  } catch {
    return [];
  }
};

/**
 * Nginx's configuration as the admin wrote it, without our line in it.
 * @param name of this installation's rules
 */
export const nginxFiles = (machine: Machine, name: string): NginxFiles => ({
  read: (file) => {
    const text = machine.read(real(machine, file));
    return text === null ? null : withoutLine(text, name);
  },
  list: (folder) => list(machine, folder),
});

/** Files below nginx's folder that contain our line. */
export function filesWithLine(machine: Machine, name: string, folder = NGINX_FOLDER): string[] {
  return list(machine, folder).flatMap((entry) => {
    const file = `${folder}/${entry}`;
    const facts = lstatSync(machine.at(file), { throwIfNoEntry: false });
    if (facts?.isDirectory()) return filesWithLine(machine, name, file);
    return facts?.isFile() && machine.read(file)?.includes(includeLine(name)) ? [file] : [];
  });
}

/**
 * Root is about to change this file.
 * @throws SidecarError ownership-unsafe: others could make root write elsewhere
 */
export function checkOwner(machine: Machine, file: string): void {
  const target = machine.at(real(machine, file));
  const open = process.getuid?.() === 0 ? writableByOthers(target, []) : null;
  if (open !== null)
    throw new SidecarError('ownership-unsafe', {
      detail: `Others than root may write ${open}, on the way to ${target}. Take that right away: chown root ${open} && chmod go-w ${open}`,
    });
}

/**
 * Replaces the text of an admin's file, completely or not at all; owner and mode stay.
 * @param file may be a link, which stays
 * @throws SidecarError ownership-unsafe
 */
export function editAction(machine: Machine, file: string, text: string, byHand: string[]): Action[] {
  const target = machine.at(real(machine, file));
  if (machine.read(real(machine, file)) === text) return [];
  checkOwner(machine, file);
  return [
    {
      what: `change ${target}`,
      byHand,
      async run() {
        const { mode, uid, gid } = statSync(target);
        // No pattern of an include matches a name with a dot in front.
        const part = path.join(path.dirname(target), `.${path.basename(target)}.part`);
        rmSync(part, { force: true });
        writeFileSync(part, text, { mode: 0o600, flag: 'wx' });
        chmodSync(part, mode & 0o7777);
        if (process.getuid?.() === 0) chownSync(part, uid, gid);
        renameSync(part, target);
      },
    },
  ];
}
