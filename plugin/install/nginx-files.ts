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
import { filesOfConfig, type NginxFiles } from '../helpdesk/nginx-config.js';
import { NGINX_MAIN } from '../helpdesk/nginx-site.js';
import { lstatIfThere, writableByOthers } from '../lib/file-owner.js';
import { readRegularFileSync } from '../lib/regular-file.js';
import type { Action } from './action.js';
import type { Machine } from './machine.js';

/** The folder of nginx's configuration. */
export const NGINX_FOLDER = '/etc/nginx';

/**
 * The line that `install` adds at the end of the helpdesk's server block, so that the block's own conditions apply
 * before the rules.
 */
const includeLine = (name: string): string => `\n    include ${name}.rules;`;

/** What an admin's file contains without our line. */
const withoutLine = (text: string, name: string): string => text.replaceAll(includeLine(name), '');

/** Follows links to files, as Debian's sites-enabled contains them, and to folders, below the machine's root. */
export function real(machine: Machine, file: string): string {
  let rest = file.split('/').filter(Boolean);
  let at = '';
  for (let links = 0; links < 20; ) {
    const name = rest.shift();
    if (name === undefined) return at;
    const next = `${at}/${name}`;
    if (lstatIfThere(machine.at(next))?.isSymbolicLink()) {
      const target = path.posix.resolve(at || '/', readlinkSync(machine.at(next)));
      rest = [...target.split('/').filter(Boolean), ...rest];
      at = '';
      links += 1;
    } else at = next;
  }
  return file;
}

/**
 * The text of a file of nginx's configuration, one character per byte; null if there is none. Other users may own it
 * (include /home/*.conf), so it may be a named pipe.
 */
function textOf(machine: Machine, file: string): string | null {
  try {
    return readRegularFileSync(machine.at(real(machine, file))).toString('latin1');
  } catch {
    return null;
  }
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
    const text = textOf(machine, file);
    return text === null ? null : withoutLine(text, name);
  },
  list: (folder) => list(machine, real(machine, folder)),
});

/** Real files below a folder. */
function filesBelow(machine: Machine, folder: string): string[] {
  return list(machine, folder).flatMap((entry) => {
    const file = `${folder}/${entry}`;
    const facts = lstatSync(machine.at(file), { throwIfNoEntry: false });
    if (facts?.isDirectory()) return filesBelow(machine, file);
    return facts?.isFile() ? [file] : [];
  });
}

/**
 * Files with our line: those below nginx's folder, whether nginx reads them or not, and those that nginx reads from
 * elsewhere.
 * @param line a pattern, if it is not only the line as `install` writes it
 */
export function filesWithLine(machine: Machine, name: string, line?: RegExp): string[] {
  const files = nginxFiles(machine, name);
  const known = [...filesBelow(machine, NGINX_FOLDER), ...filesOfConfig(files, NGINX_MAIN)];
  return [...new Set(known.map((file) => real(machine, file)))].filter((file) => {
    const text = textOf(machine, file) ?? '';
    return line ? line.test(text) : text.includes(includeLine(name));
  });
}

/**
 * Without the rules, nginx would not start as long as a line names them.
 * @throws SidecarError install-failed if an admin wrote that line in another way
 */
export function checkNoLine(machine: Machine, name: string): void {
  const line = new RegExp(`^[^#\\n]*\\binclude\\s+["']?(?:${NGINX_FOLDER}/)?${name}\\.rules["']?\\s*;`, 'm');
  const [file] = filesWithLine(machine, name, line);
  if (file !== undefined)
    throw new SidecarError('install-failed', {
      detail: `${machine.at(file)} still includes ${name}.rules, so the rules stay. Remove that line, and run the command again.`,
    });
}

/** Takes our line out of every file. */
export const lineRemovals = (machine: Machine, name: string): Action[] =>
  filesWithLine(machine, name).flatMap((file) => editAction(machine, file, name, []));

/**
 * Root is about to change this file.
 * @throws SidecarError ownership-unsafe: others could make root write elsewhere
 */
function checkOwner(machine: Machine, file: string): void {
  const target = machine.at(real(machine, file));
  const open = process.getuid?.() === 0 ? writableByOthers(target, []) : null;
  if (open !== null)
    throw new SidecarError('ownership-unsafe', {
      detail: `Users other than root can change ${open}, through which ${target} is reached. Remove their permission: chown root ${open} && chmod go-w ${open}`,
    });
}

/**
 * Puts our line into an admin's file, completely or not at all; owner and mode stay.
 * @param file may be a link, which stays
 * @param closes where the server blocks that get the line end (the brace), in the text without our line; none: no
 *   block of this file has the line afterwards
 * @throws SidecarError ownership-unsafe
 */
export function editAction(
  machine: Machine,
  file: string,
  name: string,
  closes: readonly number[],
): Action[] {
  const target = machine.at(real(machine, file));
  const current = textOf(machine, file) ?? '';
  let text = withoutLine(current, name);
  for (const place of [...new Set(closes)].sort((a, b) => b - a)) {
    const before = text.slice(0, place).replace(/[ \t\r\n]+$/, '');
    text = `${before}${includeLine(name)}${text.slice(before.length)}`;
  }
  if (current === text) return [];
  checkOwner(machine, file);
  const line = `"include ${name}.rules;"`;
  return [
    {
      what: `change ${target}`,
      byHand: [
        closes.length > 0
          ? `add ${line} at the end of the server block of the helpdesk in ${target}`
          : `remove ${line} from ${target}`,
      ],
      async run() {
        const { mode, uid, gid } = statSync(target);
        // No pattern of an include matches a name with a dot in front.
        const part = path.join(path.dirname(target), `.${path.basename(target)}.part`);
        rmSync(part, { force: true });
        writeFileSync(part, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
        chmodSync(part, mode & 0o7777);
        if (process.getuid?.() === 0) chownSync(part, uid, gid);
        renameSync(part, target);
      },
    },
  ];
}
