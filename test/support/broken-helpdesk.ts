import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { giveToLabUser } from '../lab/lab-user.js';
import { lab } from './instance.js';

export interface Breakage {
  /** Perl inside `Load` of Kernel/Config.pm: overrides take precedence over the deployed settings. */
  config?: string;
  /** Replaces texts of Kernel/Config.pm. */
  replace?: [string, string];
  /** Path below the home -> content; null leaves a file or folder out. */
  files?: Record<string, string | null>;
}

/**
 * The lab's helpdesk under another path: genuine except for what is to be broken.
 * @returns its home and how to remove it
 */
export function brokenHelpdesk({ config = '', replace, files = {} }: Breakage): {
  home: string;
  remove(): void;
} {
  const home = mkdtempSync(path.join(tmpdir(), 'doctor-helpdesk-'));
  const own = { ...files };
  const shipped = readFileSync(path.join(lab.home, 'Kernel/Config.pm'), 'utf8');
  const text = shipped.replace('    return 1;', `${config}\n    return 1;`);
  if (own['Kernel/Config.pm'] === undefined)
    own['Kernel/Config.pm'] = replace ? text.replace(...replace) : text;

  /** Links to everything in a folder, except where something below it differs. */
  function mirror(folder: string): void {
    const target = path.join(home, folder);
    mkdirSync(target, { recursive: true });
    giveToLabUser(target);
    for (const entry of readdirSync(path.join(lab.home, folder))) {
      const below = path.join(folder, entry);
      if (own[below] !== undefined) continue;
      if (Object.keys(own).some((name) => name.startsWith(`${below}/`))) mirror(below);
      else symlinkSync(path.join(lab.home, below), path.join(home, below));
    }
  }
  mirror('');
  for (const [name, content] of Object.entries(own)) {
    if (content === null) continue;
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o640 });
    giveToLabUser(file);
  }
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}
