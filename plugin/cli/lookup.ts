import type { Adapters } from '../adapters/adapters.js';
import type { TokenConfig } from '../domain/configuration/token-config.js';
import { SYSTEM_USER } from '../domain/helpdesk/system-user.js';
import { SidecarError } from '../errors.js';
import { type Argument, type Call, UsageError } from './command.js';

/** The argument that names a configuration. */
export const CONFIGURATION: Argument = {
  name: 'configuration',
  description: 'ID or name; "name:7" for one whose name is a number',
  names: 'configurations',
};

/**
 * The word by which `findConfig` finds a name: the name itself, unless it looks like an ID, an option or
 * starts with `name:`.
 */
export const wordOf = (name: string): string => (/^(\d+$|-|name:)/.test(name) ? `name:${name}` : name);

type Configs = {
  byId(id: number): Promise<TokenConfig | null>;
  byName(name: string): Promise<TokenConfig | null>;
};

/**
 * Finds a configuration: a number is an ID, everything else a name. The helpdesk compares names without case.
 * @throws SidecarError unknown-token-config
 */
async function findConfig(configs: Configs, word: string): Promise<TokenConfig> {
  const [, forced] = /^name:(.*)$/s.exec(word) ?? [];
  const config =
    forced === undefined && /^[1-9]\d{0,8}$/.test(word)
      ? await configs.byId(Number(word))
      : await configs.byName(forced ?? word);
  if (!config) throw new SidecarError('unknown-token-config', { detail: `No configuration "${word}".` });
  return config;
}

/** Runs `findConfig` for an argument of the call. */
export const configOf = async (adapters: Adapters, word: string | undefined): Promise<TokenConfig> =>
  findConfig(await adapters.tokenConfigs(), word ?? '');

/**
 * The user that the history names: --user, or else the system user. Anyone whose shell may read
 * Kernel/Config.pm may do everything, so this is a name and not a permission.
 * @throws SidecarError unknown-user
 */
export async function actorOf(call: Call, adapters: Adapters): Promise<number> {
  const login = call.text('user');
  if (login === undefined) return SYSTEM_USER;
  const user = await (await adapters.permissions()).byLogin(login);
  if (!user?.valid) throw new SidecarError('unknown-user', { detail: `No valid user "${login}".` });
  return user.id;
}

/**
 * Reads for a command that only reads. If our own tables are missing, creates them and reads again. Checking
 * first would take longer than most of these commands.
 */
export async function reading<T>(adapters: Adapters, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SidecarError) || error.code !== 'schema-unknown') throw error;
    await adapters.ready();
    return read();
  }
}

/**
 * Reads an option that is a whole number in a range.
 * @throws UsageError
 */
export function numberOf(call: Call, option: string, usual: number, most: number): number {
  const text = call.text(option);
  if (text === undefined) return usual;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most)
    throw new UsageError(`--${option} is a number from 1 to ${most}.`);
  return number;
}
