import path from 'node:path';
import { addOnVersion } from '../../db/add-on.js';
import { type Database, type DatabaseAddress, openDatabase } from '../../db/database.js';
import { serverIdentity, serverName } from '../../db/database-user.js';
import { openHelpdesk } from '../../db/open-helpdesk.js';
import { createDeployments } from '../../db/repositories/sysconfig.js';
import { PACKAGE_NAME } from '../../sysconfig/opm.js';
import { createSettingsReader } from '../../sysconfig/settings-reader.js';
import { CONFIG_FOLDER, configFiles, type Environment } from '../config/config-file.js';
import { databaseServer } from '../config/database-server.js';
import { helpdeskEnvironment, rootEnvironment } from '../config/helpdesk-environment.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { SidecarError } from '../errors.js';
import { createAbilities } from '../helpdesk/abilities.js';
import { apacheLayout } from '../helpdesk/apache-layouts.js';
import { createConsole, scriptsOf } from '../helpdesk/console.js';
import { listens } from '../lib/listens.js';
import type { Step } from './action.js';
import { type Configuration, configurationOf } from './configuration.js';
import { type DatabaseAdmin, openAdmin } from './database-admin.js';
import { createMachine, type Machine } from './machine.js';
import {
  choosePort,
  installationName,
  type Names,
  namesOf,
  SERVICE_USER,
  type Site,
  surveySite,
} from './site.js';
import { addOnStep } from './steps/add-on.js';
import { databaseUserStep, tablesStep } from './steps/database.js';
import { configurationStep, serviceUserStep } from './steps/files.js';
import { isPackaged, serviceStep } from './steps/service.js';
import {
  apachePart,
  nginxPart,
  type WebServerKind,
  type WebServerPart,
  type WebServerPartOptions,
  webServerKind,
} from './web-server-part.js';
import { webServerUser } from './web-server-user.js';

export interface PlanOptions {
  /** The helpdesk's folder. */
  home: string;
  /** The sidecar's own folder and version. */
  packageFolder: string;
  version: string;
  /** The path of the service's command. */
  program: string;
  env: Record<string, string | undefined>;
  /** Options of the command line; undefined if not given. */
  name: string | undefined;
  port: string | undefined;
  /** Another root than `/`. */
  root: string;
  /** The account that may create database users; null: the sidecar uses the helpdesk's own user. */
  databaseAdmin: DatabaseAdmin | null;
  /** Do not touch the web server: the admin installs the rules by hand. */
  withoutApache: boolean;
  /** The helpdesk's own web server; undefined: as before, or what is there. */
  webServer: WebServerKind | undefined;
  /** How the web server reaches the sidecar; undefined: as configured, or what suits this machine. */
  channel: 'socket' | 'tcp' | undefined;
  /** The web server's user; undefined: as configured, or the distribution's. */
  webServerUser: string | undefined;
  /** Where the relay listens, as SIDECAR_RELAY names it, or `off`; undefined: as configured. */
  relay: string | undefined;
  /** A file of the helpdesk to include in the virtual host of the internal listener, see apacheRules(). */
  include: string | undefined;
  /** Host names of the helpdesk, see apacheRules(). */
  hosts: string[] | undefined;
  isUninstall: boolean;
}

export interface Plan {
  site: Site;
  names: Names;
  port: number;
  steps: Step[];
  /** What the admin still has to do. */
  notes: string[];
  close(): Promise<void>;
}

/**
 * Examines everything before anything is changed.
 * @throws SidecarError config-invalid, config-unreadable, database-unavailable
 */
export async function makePlan(options: PlanOptions): Promise<Plan> {
  const { home, env, root } = options;
  const machine = createMachine(root, env);
  const folder = machine.at(CONFIG_FOLDER);
  const site = await surveySite(home, environmentFor(home, env, folder));
  // Root asks as the user for whom the server expects the helpdesk's connection.
  const own: DatabaseAddress = { ...site.database, systemUser: site.uid };
  const name = installationName(home, options.name, folder);
  const names = namesOf(name, CONFIG_FOLDER, site.database);
  const port = await choosePort(
    options.port,
    { configFile: machine.at(names.configFile), folder },
    options.isUninstall ? async () => false : listens,
  );
  const noted = databaseServer(env.SIDECAR_DATABASE_SERVER ?? '');
  // On the first run any server counts as the helpdesk's; the helpdesk itself never checks the server.
  const first = { ...own, server: noted.length > 0 ? noted : ['any'] };
  const helpdesk = await openHelpdesk(first, site.recognised.product, { max: 2 });
  let admin: Database | null = null;
  try {
    await serverName(helpdesk);
    const server = noted.length > 0 ? noted : await serverIdentity(helpdesk);
    const address = { ...own, server };
    if (options.databaseAdmin)
      admin = await openAdmin(address, helpdesk, options.databaseAdmin, machine.userId);
    const { steps, notes } = await stepsOf(options, { machine, site, names, port, address, helpdesk, admin });
    return { site, names, port, steps, notes, close: () => closeAll(helpdesk, admin) };
  } catch (error) {
    await closeAll(helpdesk, admin);
    throw error;
  }
}

const closeAll = async (...databases: (Database | null)[]): Promise<void> =>
  void (await Promise.all(databases.map((db) => db?.close())));

/**
 * The environment of the helpdesk's own programs: the harmless part of root's (rootEnvironment()), and what
 * the configuration file sets.
 */
function environmentFor(home: string, env: Environment, folder: string): Record<string, string> {
  const own = configFiles(folder).find(({ values }) => path.resolve(values.HELPDESK_HOME ?? '/') === home);
  return helpdeskEnvironment({ ...rootEnvironment(env), ...own?.values });
}

interface Parts {
  machine: Machine;
  site: Site;
  names: Names;
  port: number;
  /** The address of the helpdesk's own connection, with the server's identity. */
  address: DatabaseAddress;
  helpdesk: Database;
  admin: Database | null;
}

async function stepsOf(options: PlanOptions, parts: Parts): Promise<{ steps: Step[]; notes: string[] }> {
  const { machine, site, names, port, address, helpdesk, admin } = parts;
  const { home } = options;
  const settings = createSettingsReader({
    deployments: createDeployments({ db: helpdesk }),
    source: site.settings,
    clock: () => new Date(),
  });
  const configuration = configurationOf({
    ...options,
    machine,
    names,
    port,
    server: address.server,
    hasOwnUser: admin !== null,
  });
  const packaged = isPackaged(machine);
  const isLast = () => configuration.others().length === 0;
  const group = machine.groupName(site.gid);
  if (group === null)
    throw new SidecarError('config-invalid', {
      detail: `${path.join(home, 'var/tmp')} belongs to group ${site.gid}, which has no name on this machine.`,
    });
  const hasSystemd = machine.has('systemctl');
  const web = await webServer(options, { machine, names, settings, configuration, port, hasSystemd });
  const steps = [
    serviceUserStep(machine, packaged, isLast),
    configurationStep(machine, { names, isPackaged: packaged, isLast }, () =>
      configuration.values(web?.values),
    ),
    tablesStep({ helpdesk, admin }, await createAbilities(home)()),
    databaseUserStep({
      helpdesk,
      admin,
      user: names.databaseUser,
      password: configuration.password,
      sessionTable: async () => (await settings.current()).text('SessionTable', 'sessions'),
      letsIn: (user, password) =>
        letsIn({ ...address, user, password, systemUser: machine.userId(SERVICE_USER) ?? site.uid }),
    }),
    addOn(options, parts),
    ...(web?.steps ?? []),
    ...(hasSystemd ? [service(options, parts, { group, configuration })] : []),
  ];
  return { steps, notes: notesFor(options, { hasRules: web !== null, hasSystemd }) };
}

function addOn(options: PlanOptions, { machine, site, helpdesk }: Parts): Step {
  const { home, packageFolder: root, version, env } = options;
  return addOnStep({
    home,
    root,
    version,
    console: createConsole(home, environmentFor(home, env, machine.at(CONFIG_FOLDER))),
    consoleUser: machine.userName(site.uid) ?? scriptsOf(home),
    installed: () => addOnVersion(helpdesk, PACKAGE_NAME),
  });
}

function service(
  options: PlanOptions,
  { machine, names, port }: Parts,
  { group, configuration }: { group: string; configuration: Configuration },
): Step {
  const { home, program, isUninstall } = options;
  const user = () =>
    isUninstall
      ? 'root'
      : webServerUser(
          machine,
          names.socketUnit,
          options.webServerUser,
          webServerKind(machine, names, options.webServer),
        );
  return serviceStep(machine, {
    names,
    home,
    group,
    program,
    relayPlaces: isUninstall ? [] : configuration.relayPlaces,
    reachedBy: configuration.channel === 'tcp' ? { port } : { user: user() },
  });
}

/** What the admin still has to do. */
function notesFor(
  { home, program }: PlanOptions,
  { hasRules, hasSystemd }: { hasRules: boolean; hasSystemd: boolean },
): string[] {
  return [
    ...(hasRules
      ? []
      : [
          `Put the rules into the web server: znuny-oauth2 apache-rules --home ${home} (nginx in front: nginx-rules)`,
        ]),
    ...(hasSystemd ? [] : [`Start the sidecar: ${program} serve --home ${home}`]),
  ];
}

type WebServerFacts = Pick<WebServerPartOptions, 'machine' | 'names' | 'port' | 'hasSystemd'> & {
  settings: SettingsReader;
  configuration: Configuration;
};

/** @returns null: the admin installs the rules by hand */
async function webServer(options: PlanOptions, facts: WebServerFacts): Promise<WebServerPart | null> {
  const { machine, names, settings, configuration } = facts;
  const kind = options.withoutApache ? null : webServerKind(machine, names, options.webServer);
  if (kind === null) return null;
  const part: WebServerPartOptions = {
    ...options,
    ...facts,
    settings: () => settings.current(),
    target: configuration.target,
    secret: configuration.secret,
    isRunning: path.resolve(options.root) === '/',
    others: configuration.others(),
  };
  if (kind === 'nginx') return nginxPart(part);
  const layout = apacheLayout(machine.exists);
  if (!layout)
    throw new SidecarError('config-invalid', { detail: 'There is no Apache here. Nothing was changed.' });
  return apachePart(part, layout);
}

async function letsIn(address: DatabaseAddress): Promise<boolean> {
  const db = openDatabase(address, { max: 1 });
  try {
    await serverName(db);
    return true;
  } catch {
    return false;
  } finally {
    await db.close();
  }
}
