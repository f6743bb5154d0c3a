import { readdirSync } from 'node:fs';
import path from 'node:path';
import { SidecarError } from '../errors.js';
import { writableByOthers } from '../lib/file-owner.js';
import { readRegularFileSync } from '../lib/regular-file.js';

/** The folder in which `znuny-oauth2 install` writes a file for each helpdesk of the machine. */
export const CONFIG_FOLDER = '/etc/znuny-oauth2';

export type Environment = Record<string, string | undefined>;

/** A configuration file; its name without `.conf` is the name of the installation. */
export interface ConfigFile {
  file: string;
  values: Record<string, string>;
}

/**
 * Adds the values of the configuration file to the environment; a variable that is set takes precedence. The
 * file is the one that SIDECAR_CONFIG names, or the one in /etc/znuny-oauth2 for this helpdesk, or the only
 * one there.
 * @param home the helpdesk's folder if it is already known (--home); otherwise HELPDESK_HOME
 * @throws SidecarError ownership-unsafe: root reads it, and others can write it
 * @throws SidecarError config-invalid: an invalid line, a named file that is not readable, or several files
 *   to choose from
 */
export function withConfigFile(env: Environment, home?: string, folder = CONFIG_FOLDER): Environment {
  const named = env.SIDECAR_CONFIG?.trim();
  const found = named ? read(path.resolve(named)) : choose(folder, home || env.HELPDESK_HOME?.trim());
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  return { ...found?.values, ...Object.fromEntries(set) };
}

function choose(folder: string, home: string | undefined): ConfigFile | null {
  const files = configFiles(folder);
  if (home !== undefined) {
    const wanted = path.resolve(home);
    return files.find(({ values }) => path.resolve(values.HELPDESK_HOME ?? '/') === wanted) ?? null;
  }
  if (files.length > 1)
    throw invalid(
      `There are several: ${files.map(({ file, values }) => `${file} for ${values.HELPDESK_HOME}`).join(', ')}. Choose the helpdesk with --home or HELPDESK_HOME.`,
    );
  return files[0] ?? null;
}

/** All configuration files that we may read; empty if the folder does not exist. */
export function configFiles(folder = CONFIG_FOLDER): ConfigFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => {
    try {
      return [read(path.join(folder, name))];
    } catch (error) {
      // An ordinary user may not read the password in it, but can still name a helpdesk.
      if ((error as SidecarError).cause) return [];
      throw error;
    }
  });
}

/** Reads lines of the form `NAME=value`. `#` begins a comment line; quotes around a value are removed. */
function read(file: string): ConfigFile {
  let text: string;
  try {
    text = readRegularFileSync(file).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SidecarError('config-invalid', { detail: `${file} cannot be read (${code}).`, cause: error });
  }
  // The file decides which program root runs and where root writes.
  const open = process.getuid?.() === 0 ? writableByOthers(file, []) : null;
  if (open !== null)
    throw new SidecarError('ownership-unsafe', {
      detail: `Users other than root can change ${open}, through which ${file} is reached. Remove their permission: chown root ${open} && chmod go-w ${open}`,
    });
  const values: Record<string, string> = {};
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name = '', value = ''] = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === '') throw invalid(`${file}, line ${index + 1} is not of the form NAME=value.`);
    values[name] = value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return { file, values };
}

const invalid = (detail: string): SidecarError => new SidecarError('config-invalid', { detail });
