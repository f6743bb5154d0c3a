import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** The files of the helpdesk that its configuration is made of. */
export const DEFAULTS = 'Kernel/Config/Defaults.pm';
export const CONFIG_PM = 'Kernel/Config.pm';
export const RELEASE = 'RELEASE';
const FOLDER = 'Kernel/Config/Files';
/** The helpdesk's own copy of the newest deployment. The database is asked instead: it is never behind. */
export const DEPLOYED = `${FOLDER}/ZZZAAuto.pm`;

/**
 * Perl files that the helpdesk loads between its defaults and the second pass of Config.pm, in its order: those with
 * `Ticket` anywhere in the path first, then the rest, both by name.
 */
export function configFiles(home: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(path.join(home, FOLDER)).filter(
      (name) => name.endsWith('.pm') && !name.startsWith('.'),
    );
  } catch {
    // The helpdesk does without this folder, too.
  }
  const files = [...new Set([...names.map((name) => `${FOLDER}/${name}`), DEPLOYED])].sort();
  const isFirst = (file: string): boolean => path.join(home, file).includes('Ticket');
  return [...files.filter(isFirst), ...files.filter((file) => !isFirst(file))];
}

/** Changes when one of the files was written, added or removed. Some microseconds for each file. */
export function fingerprint(home: string, files: string[]): string {
  return files
    .map((file) => {
      const facts = statSync(path.join(home, file), { throwIfNoEntry: false });
      return facts ? `${file}:${facts.ino}:${facts.size}:${facts.mtimeMs}` : `${file}:-`;
    })
    .join('\n');
}
