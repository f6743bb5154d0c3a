import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SidecarError } from '../errors.js';
import { type DatabaseCredentials, databaseCredentials } from './database-credentials.js';
import { followFile } from './perl-statements.js';
import { newScope, type PerlHash, type PerlScope, type SourcePlace, unknownAt } from './perl-values.js';

/** What HELPDESK_HOME/Kernel/Config.pm says. */
export interface ConfigPm {
  database: DatabaseCredentials;
  /** Settings that the file sets, assembled: `{ FQDN: '…', 'Frontend::Module': { AdminX: {…} } }`. */
  overrides: PerlHash;
  /** Settings (path joined with `###`) that the file sets to something that only Perl could work out, with the line. */
  unknown: Record<string, number>;
  /** Lines that may set any setting, in a way that cannot be followed. */
  blindLines: number[];
}

const CREDENTIALS = ['DatabaseDSN', 'DatabaseUser', 'DatabasePw'];

/** Does the file say everything about the database by itself? Then the shipped defaults, which are long, need not be read. */
function standsAlone(source: string, settings: PerlHash): boolean {
  const code = source.replace(/^\s*#.*$/gm, '');
  const named = [...code.matchAll(/\$Self->\{\s*['"]?([\w:]+)['"]?\s*\}/g)].map(([, name = '']) => name);
  const references = code.match(/\$Self\b(?!\s*=)/g)?.length ?? 0;
  // Whatever else is done with $Self could read any setting.
  return (
    references <= named.length &&
    [...CREDENTIALS, ...named].every((name) => settings[name] !== undefined) &&
    CREDENTIALS.every((name) => typeof settings[name] === 'string')
  );
}

/** The shipped defaults come first, as in the helpdesk: some systems set the password only. */
function withDefaults(home: string, source: string): PerlScope {
  const whole = newScope(readTextIfThere);
  const defaults = readTextIfThere(path.join(home, 'Kernel/Config/Defaults.pm'));
  if (defaults !== null) followFile(defaults, 'Kernel/Config/Defaults.pm', 'LoadDefaults', whole);
  followFile(source, 'Kernel/Config.pm', 'Load', whole);
  return whole;
}

/**
 * Reads the helpdesk's own configuration file without executing it.
 * @param home HELPDESK_HOME
 * @throws SidecarError config-unreadable: missing, no permission, no credentials, not a MySQL database
 */
export function readConfigPm(home: string): ConfigPm {
  const own = newScope(readTextIfThere);
  const source = readHelpdeskFile(home, 'Kernel/Config.pm');
  followFile(source, 'Kernel/Config.pm', 'Load', own);

  const whole = standsAlone(source, own.settings) ? own : withDefaults(home, source);
  for (const name of CREDENTIALS) {
    const place = unknownAt(whole, [name]);
    if (place) throw unknownCredential(name, place);
  }
  return {
    database: databaseCredentials(whole.settings),
    overrides: own.settings,
    unknown: Object.fromEntries([...own.unknown].map(([name, { line }]) => [name, line])),
    blindLines: own.blind.map(({ line }) => line),
  };
}

const unknownCredential = (name: string, { file, line }: SourcePlace): SidecarError =>
  new SidecarError('config-unreadable', {
    detail: `${file}, line ${line}: ${name} is worked out by Perl code that is not executed here. Write it as a plain text.`,
  });

/**
 * Text of a file below the helpdesk's home. UTF-8, or Latin-1 where it is no UTF-8.
 * @throws SidecarError config-unreadable with the reason
 */
export function readHelpdeskFile(home: string, file: string): string {
  try {
    return decode(readFileSync(path.join(home, file)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const detail =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `There is no ${file} under ${home}. HELPDESK_HOME must be the helpdesk's folder.`
        : code === 'EACCES' || code === 'EPERM'
          ? `No permission to read ${path.join(home, file)}. Run the sidecar as the helpdesk's user, or in its group.`
          : `${path.join(home, file)} cannot be read (${code ?? 'unknown reason'}).`;
    throw new SidecarError('config-unreadable', { detail });
  }
}

/** Text of a file; null where it is not there or must not be read. */
export function readTextIfThere(file: string): string | null {
  try {
    return decode(readFileSync(file));
  } catch {
    return null;
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
