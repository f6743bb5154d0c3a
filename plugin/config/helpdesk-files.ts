import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { readRegularFileSync } from '../lib/regular-file.js';

const FOLDER = 'Kernel/Config/Files';

/** The paths of the files that contain the helpdesk's configuration. */
export function configFiles(home: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(path.join(home, FOLDER)).filter((name) => name.endsWith('.pm'));
  } catch {
    // The helpdesk itself works without this folder, too.
  }
  return [
    'Kernel/Config.pm',
    'Kernel/Config/Defaults.pm',
    'RELEASE',
    FOLDER,
    ...names.map((name) => `${FOLDER}/${name}`),
  ].map((file) => path.join(home, file));
}

/** Changes when one of the files was written, added or removed. Takes some microseconds per file. */
export function fingerprintOf(files: string[]): string {
  return files
    .sort()
    .map((file) => {
      const facts = statIfThere(file);
      return facts ? `${file}:${facts.ino}:${facts.size}:${facts.mtimeMs}` : `${file}:-`;
    })
    .join('\n');
}

/** A folder that we may not enter counts as missing. */
function statIfThere(file: string) {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The helpdesk's own copy of the newest deployment; null if there is none that we may read. */
export function deploymentCopy(home: string): string | null {
  try {
    return readRegularFileSync(path.join(home, FOLDER, 'ZZZAAuto.pm')).toString('utf8');
  } catch {
    return null;
  }
}
