import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { CONFIG_FOLDER, type ConfigFile, configFiles } from '../config/config-file.js';
import { databaseCredentials, usualOf } from '../config/database-credentials.js';
import { createPerlSettings } from '../config/perl-settings.js';
import type { SettingsSource } from '../config/setting-values.js';
import type { DatabaseCredentials } from '../domain/helpdesk/database-credentials.js';
import { COMMON } from '../domain/product/records.js';
import type { RelayScheme } from '../domain/relay/relay-listener.js';
import { SidecarError } from '../errors.js';
import { consoleScript } from '../helpdesk/console.js';
import { asHelpdeskUser, helpdeskUser } from '../helpdesk/helpdesk-user.js';
import { createHelpdeskPerl } from '../helpdesk/perl.js';
import { type Recognised, recogniseHome } from '../helpdesk/product.js';
import { sha256 } from '../lib/hash.js';
import { readRegularFileSync } from '../lib/regular-file.js';

/** The helpdesk that the sidecar is installed for, as found before anything is changed. */
export interface Site {
  home: string;
  recognised: Recognised;
  /** How the helpdesk itself connects to its database. */
  database: DatabaseCredentials;
  settings: SettingsSource;
  /** The user who runs the helpdesk's own programs. */
  uid: number;
  /** The group that may write the helpdesk's cache. */
  gid: number;
}

/**
 * Examines the helpdesk.
 * @param env of the helpdesk's own programs
 * @throws SidecarError config-invalid: it is not a helpdesk's folder
 * @throws SidecarError helpdesk-unsupported: a product, version or database that the sidecar does not support
 * @throws SidecarError config-unreadable: a file that we may not read
 * @throws SidecarError ownership-unsafe: the helpdesk has no user of its own
 */
export async function surveySite(home: string, env: Record<string, string>): Promise<Site> {
  try {
    return await survey(home, env);
  } catch (error) {
    const { code, path: file } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES') throw error;
    throw new SidecarError('config-unreadable', {
      detail: `${file} cannot be read (EACCES). Nothing was changed. Run the same command with sudo.`,
      cause: error,
    });
  }
}

async function survey(home: string, env: Record<string, string>): Promise<Site> {
  // Without permission to read the folder, every file in it would seem to be missing.
  if (existsSync(home)) accessSync(home, constants.R_OK | constants.X_OK);
  const [release = '', config = ''] = ['RELEASE', 'Kernel/Config.pm'].map((name) => path.join(home, name));
  const missing = [release, consoleScript(home), config].filter((file) => !existsSync(file));
  // Report an unsupported product before its missing files. If more than RELEASE is missing, it is not a
  // helpdesk's folder.
  if (missing.length > 1 && missing.includes(release)) throw notThere(home, missing);
  const recognised = recogniseHome(home);
  if (missing.length > 0) throw notThere(home, missing);
  accessSync(config, constants.R_OK);
  const { uid, gid } = helpdeskUser(home);
  const settings = createPerlSettings(home, createHelpdeskPerl(home, env));
  const readFile = (file: string) => asHelpdeskUser(home, () => readRegularFileSync(file));
  const database = databaseCredentials(await settings.read(), readFile);
  return { home, recognised, database, settings, uid, gid };
}

const notThere = (home: string, missing: string[]): SidecarError =>
  invalid(
    `${home} is not a helpdesk's folder: ${missing.map((file) => path.relative(home, file)).join(', ')} missing. Nothing was changed. Give the folder that holds bin and Kernel: --home ${COMMON.exampleHome}`,
  );

/** The names that belong to one installation; a machine may have several helpdesks. */
export interface Names {
  /** `sidecar`, or the value of --name. */
  name: string;
  configFile: string;
  databaseUser: string;
  unit: string;
  /** The unit that listens for the service. */
  socketUnit: string;
  /** The Unix socket through which the web server reaches the sidecar. */
  socket: string;
  /** The unit that listens for clients of the relay, by the scheme of SIDECAR_RELAY. */
  relaySocketUnit(scheme: RelayScheme): string;
  stateFolder: string;
  /** The name of the web server's file, without an extension. */
  rules: string;
}

/** The system user of the service. */
export const SERVICE_USER = 'znuny-oauth2';

/**
 * @param database the helpdesk's connection: a server may have several helpdesks' databases, each with its own sidecar
 *   user; missing where that name does not matter
 */
export function namesOf(
  name: string,
  folder: string,
  database: Pick<DatabaseCredentials, 'family' | 'socket' | 'database'> | null = null,
): Names {
  const more = name === 'sidecar' ? '' : name;
  return {
    name,
    configFile: path.join(folder, `${name}.conf`),
    databaseUser: database ? databaseUser(database) : '',
    unit: more ? `znuny-oauth2@${more}.service` : 'znuny-oauth2.service',
    socketUnit: more ? `znuny-oauth2@${more}.socket` : 'znuny-oauth2.socket',
    socket: `/run/znuny-oauth2/${name}.sock`,
    relaySocketUnit: (scheme) => `znuny-oauth2-relay-${scheme}${more ? `@${more}` : ''}.socket`,
    stateFolder: more ? `/var/lib/znuny-oauth2-${more}` : '/var/lib/znuny-oauth2',
    rules: more ? `oauth2-sidecar-${more}` : 'oauth2-sidecar',
  };
}

/** MySQL allows at most 32 characters in a user name. */
function databaseUser({
  family,
  socket,
  database,
}: Pick<DatabaseCredentials, 'family' | 'socket' | 'database'>): string {
  if (socket !== null && usualOf({ family }).signsInSystemUser) return SERVICE_USER;
  const name = `oauth2_sidecar_${database}`;
  return name.length <= 32 && /^\w+$/.test(name) ? name : `oauth2_sidecar_${sha256(database).slice(0, 12)}`;
}

/**
 * The password of the sidecar's database user: the configured one, or `fresh`. A role that several helpdesks share, because
 * the server signs in the system user of that name, keeps its password for all of them.
 */
export function databasePassword(
  { databaseUser, configFile }: Pick<Names, 'databaseUser' | 'configFile'>,
  files: readonly ConfigFile[],
  fresh: string,
): string {
  const own = files.find(({ file }) => file === configFile);
  const sharing =
    databaseUser === SERVICE_USER
      ? files.find(({ values }) => values.SIDECAR_DATABASE_USER === SERVICE_USER)
      : undefined;
  return own?.values.SIDECAR_DATABASE_PASSWORD ?? sharing?.values.SIDECAR_DATABASE_PASSWORD ?? fresh;
}

const nameOf = ({ file }: ConfigFile): string => path.basename(file, '.conf');

const configOf = (home: string, files: readonly ConfigFile[]): ConfigFile | undefined =>
  files.find(({ values }) => path.resolve(values.HELPDESK_HOME ?? '/') === home);

/**
 * Names what belongs to the installation for this helpdesk. Without one, the names are those of a first installation.
 * @param folder of the configuration files
 */
export function installationOf(home: string, folder = CONFIG_FOLDER): Names & { isInstalled: boolean } {
  const own = configOf(home, configFiles(folder));
  return { ...namesOf(own ? nameOf(own) : 'sidecar', folder), isInstalled: own !== undefined };
}

/**
 * Finds the existing installation for this helpdesk, or names a new one.
 * @param folder of the configuration files
 * @throws SidecarError config-invalid if the name belongs to another helpdesk
 */
export function installationName(home: string, given: string | undefined, folder: string): string {
  const files = configFiles(folder);
  const own = configOf(home, files);
  const name = given ?? (own ? nameOf(own) : 'sidecar');
  if (!/^[a-z][a-z0-9]{0,15}$/.test(name))
    throw invalid('--name is a word of at most 16 small letters and digits.');
  if (own && nameOf(own) !== name)
    throw invalid(`${own.file} is for ${home} already. Leave out --name, or uninstall that one first.`);
  const taken = files.find((file) => nameOf(file) === name && file !== own);
  if (taken)
    throw invalid(
      `${taken.file} is for another helpdesk (${taken.values.HELPDESK_HOME}). Give this one a name of its own: --name second`,
    );
  return name;
}

/**
 * Chooses the port: as given, as configured, or 18270.
 * @param listens called for the sidecar's port and the next one, which is the internal listener's
 * @throws SidecarError config-invalid if either is in use
 */
export async function choosePort(
  given: string | undefined,
  { configFile, folder }: { configFile: string; folder: string },
  listens: (port: number) => Promise<boolean>,
): Promise<number> {
  const files = configFiles(folder);
  const own = files.find(({ file }) => file === configFile)?.values.SIDECAR_PORT;
  const port = Number(given ?? own ?? 18270);
  if (!Number.isInteger(port) || port < 1024 || port > 65534)
    throw invalid('--port is a number from 1024 to 65534.');
  const other = files.find(
    ({ file, values }) => file !== configFile && Math.abs(Number(values.SIDECAR_PORT) - port) <= 1,
  );
  if (other) throw invalid(`Port ${port} is used by ${other.file}. Choose another one: --port ${port + 10}`);
  if (own !== String(port))
    for (const each of [port, port + 1])
      if (await listens(each))
        throw invalid(
          `Port ${each} is in use. Nothing was changed. Stop what listens there, or choose another one: --port ${port + 10}`,
        );
  return port;
}

const invalid = (detail: string): SidecarError => new SidecarError('config-invalid', { detail });
