import { execFile } from 'node:child_process';
import { existsSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Scripts } from '../domain/helpdesk-scripts.js';

const run = promisify(execFile);

/** Runs a command of the helpdesk's console; resolves with what it prints. */
export type HelpdeskConsole = (...args: string[]) => Promise<string>;

/** Debian's package leaves the scripts to root, and these to the helpdesk's user. */
const OWNED = ['var/tmp', 'var/log', 'Kernel/Config.pm'];

/**
 * What the helpdesk's scripts are called. Looked for, because no version says when they were renamed, and an update may
 * leave the old ones behind.
 * @param home HELPDESK_HOME
 */
export const scriptsOf = (home: string): Scripts =>
  existsSync(path.join(home, 'bin/znuny.Console.pl')) ? 'znuny' : 'otrs';

/** @param home HELPDESK_HOME @returns its console; whether it is there is another question */
export const consoleScript = (home: string): string => path.join(home, `bin/${scriptsOf(home)}.Console.pl`);

function scriptOf(home: string): string {
  const script = consoleScript(home);
  if (!existsSync(script)) throw new Error('The helpdesk has no console script');
  return script;
}

/** The user that the helpdesk's console runs as. */
export function consoleOwner(home: string): { uid: number; gid: number } {
  const files = [scriptOf(home), ...OWNED.map((name) => path.join(home, name))];
  const [script, ...others] = files.flatMap((file) => statSync(file, { throwIfNoEntry: false }) ?? []);
  return [script, ...others].find((facts) => facts?.uid !== 0) ?? (script as Stats);
}

/**
 * bin/znuny.Console.pl or bin/otrs.Console.pl, run as the owner of the helpdesk's files: it refuses to run as root.
 * @param home HELPDESK_HOME
 */
export function createConsole(home: string): HelpdeskConsole {
  return async (...args) => {
    const script = scriptOf(home);
    const { uid, gid } = consoleOwner(home);
    const isRoot = process.getuid?.() === 0;
    const { stdout } = await run('perl', [script, ...args], {
      cwd: home,
      timeout: 60_000,
      ...(isRoot ? { uid, gid } : {}),
    });
    return stdout;
  };
}
