import { SidecarError } from '../errors.js';
import { type Dumped, readDumped } from '../lib/dumped.js';
import { readRegularFileSync } from '../lib/regular-file.js';
import type { Environment } from './config-file.js';
import { fingerprintOf } from './helpdesk-files.js';
import {
  isHash,
  REFERENCE,
  type SettingHash,
  type SettingsSource,
  type SettingValue,
} from './setting-values.js';

/** Variable -> the setting that it provides. */
const DATABASE = {
  HELPDESK_DATABASE_DSN: 'DatabaseDSN',
  HELPDESK_DATABASE_USER: 'DatabaseUser',
  HELPDESK_DATABASE_PASSWORD: 'DatabasePw',
} as const;

/** Settings that are given instead of the helpdesk's Perl. */
export interface GivenSettings {
  /** HELPDESK_SETTINGS: a JSON file with settings; null without one. */
  file: string | null;
  /** From HELPDESK_DATABASE_…; they take precedence over the file. */
  values: Record<string, string>;
}

/** @returns null if nothing is given: the helpdesk's Perl provides the settings */
export function givenSettings(env: Environment): GivenSettings | null {
  const file = env.HELPDESK_SETTINGS?.trim() || null;
  const values = Object.fromEntries(
    Object.entries(DATABASE).flatMap(([name, setting]) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[setting, value]];
    }),
  );
  return file === null && Object.keys(values).length === 0 ? null : { file, values };
}

/**
 * Settings where there is no helpdesk. Nobody answers at the redirect URI, http://localhost/…: providers permit this host without
 * TLS (RFC 8252 §7.3), and `token complete` takes the address from the browser.
 */
export const settingsAlone: SettingHash = { HttpType: 'http', FQDN: 'localhost', ScriptAlias: '' };

/**
 * Reads settings without Perl: those of the newest deployment, as the database has it, overridden by the
 * given ones, which replace Kernel/Config.pm.
 * @param usual what is neither deployed nor given
 */
export function createGivenSettings(
  { file, values }: GivenSettings,
  usual: SettingHash = {},
): SettingsSource {
  const own = (): SettingHash => ({ ...(file === null ? {} : readSettingsFile(file)), ...values });
  return {
    fingerprint: () => (file === null ? '' : fingerprintOf([file])),
    deployment: () => null,
    async read(deployment) {
      const deployed = deployment === undefined ? {} : readDeployment(deployment);
      return resolveReferences({ ...usual, ...deployed, ...own() });
    },
  };
}

/** @throws SidecarError config-unreadable */
function readSettingsFile(file: string): SettingHash {
  let content: unknown;
  try {
    content = JSON.parse(readRegularFileSync(file).toString('utf8'));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is not JSON';
    throw unreadable(`${file} (HELPDESK_SETTINGS) cannot be read: ${why}.`);
  }
  if (!isHash(content)) throw unreadable(`${file} (HELPDESK_SETTINGS) holds no JSON object.`);
  return plain(content) as SettingHash;
}

/** Converts numbers and booleans as Perl would have them. */
function plain(value: unknown): SettingValue {
  if (Array.isArray(value)) return value.map(plain);
  if (isHash(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  if (typeof value === 'boolean') return value ? '1' : '0';
  return value === null || value === undefined ? null : String(value);
}

const STATEMENT = /\s*(delete\s+)?\$Self((?:->\{'(?:[^'\\]|\\[\s\S])*'\})+)\s*(=\s*|;)/y;

/**
 * Reads a deployment as the helpdesk generates it: one statement for each setting, with a value of
 * Data::Dumper.
 * @throws SidecarError config-unreadable for any other text
 */
export function readDeployment(text: string): SettingHash {
  const settings: SettingHash = {};
  let at = Math.max(text.search(/\$Self->\{|delete \$Self/), 0);
  for (;;) {
    STATEMENT.lastIndex = at;
    const [whole, isDelete, names, end] = STATEMENT.exec(text) ?? [];
    if (whole === undefined || names === undefined) break;
    at += whole.length;
    const path = [...names.matchAll(/'((?:[^'\\]|\\[\s\S])*)'/g)].map(([, name = '']) =>
      name.replace(/\\([\\'])/g, '$1'),
    );
    if (isDelete) put(settings, path, undefined);
    else if (end !== ';') {
      const { value, end: next } = dumped(text, at);
      put(settings, path, value);
      at = next;
      if (text[at] === ';') at += 1;
    }
  }
  if (!/^\s*return;?\s*\}\s*1;\s*$/.test(text.slice(at)))
    throw unreadable(
      'The newest deployment (sysconfig_deployment) is not in the form that the helpdesk writes.',
    );
  return settings;
}

function dumped(text: string, at: number): { value: Dumped; end: number } {
  try {
    return readDumped(text, at);
  } catch {
    throw unreadable(
      'The newest deployment (sysconfig_deployment) is not in the form that the helpdesk writes.',
    );
  }
}

function put(settings: SettingHash, path: string[], value: Dumped): void {
  let place = settings;
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(place, name) ? place[name] : undefined;
    if (isHash(inner)) place = inner;
    else {
      const made: SettingHash = {};
      define(place, name, made);
      place = made;
    }
  }
  const last = path.at(-1) ?? '';
  if (value === undefined) delete place[last];
  else define(place, last, plain(value));
}

/** Works for a key such as `__proto__`, too. */
const define = (place: SettingHash, name: string, value: SettingValue): void =>
  void Object.defineProperty(place, name, { value, writable: true, enumerable: true, configurable: true });

/**
 * Replaces references: `<OTRS_CONFIG_FQDN>` in a text stands for that setting. One pass in the order of the
 * names, as in the helpdesk.
 */
function resolveReferences(settings: SettingHash): SettingHash {
  for (const name of Object.keys(settings).sort()) {
    const value = settings[name];
    if (typeof value !== 'string' || !value.includes('<')) continue;
    settings[name] = value.replace(REFERENCE, (_, other: string) => {
      const text = settings[other];
      return typeof text === 'string' ? text : '';
    });
  }
  return settings;
}

const unreadable = (detail: string): SidecarError => new SidecarError('config-unreadable', { detail });
