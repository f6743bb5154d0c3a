import { X509Certificate } from 'node:crypto';
import { CONFIG_FOLDER, type ConfigFile } from '../config/config-file.js';
import { scriptAlias } from '../domain/consent/redirect-uri.js';
import type { SidecarTarget } from '../domain/helpdesk/channel.js';
import type { Settings } from '../domain/helpdesk/settings.js';
import { SidecarError } from '../errors.js';
import { type ApacheLayout, apacheLayout, rulesFile } from '../helpdesk/apache-layouts.js';
import { apacheRules } from '../helpdesk/apache-rules.js';
import { fingerprintOf, openListener } from '../helpdesk/internal-listener.js';
import { checkAccess } from '../helpdesk/nginx-access.js';
import { nginxListener } from '../helpdesk/nginx-listener.js';
import { nginxRules } from '../helpdesk/nginx-rules.js';
import { findNginxSite, NGINX_MAIN, nginxRulesFile } from '../helpdesk/nginx-site.js';
import { ruleFacts } from '../helpdesk/rule-facts.js';
import { defaultFramePort } from '../lib/configuration-text.js';
import type { Step } from './action.js';
import type { Machine } from './machine.js';
import { nginxFiles } from './nginx-files.js';
import { type Names, namesOf } from './site.js';
import { listenerFile, nginxStep, pairFile } from './steps/nginx.js';
import { hasSelinux, selinuxStep } from './steps/selinux.js';
import { apacheStep, checkAddresses, toldBefore } from './steps/web-server.js';

export type WebServerKind = 'apache' | 'nginx';

export interface WebServerPartOptions {
  machine: Machine;
  names: Names;
  home: string;
  packageFolder: string;
  settings(): Promise<Settings>;
  target: SidecarTarget;
  /** Port of health and metrics. */
  port: number;
  secret: () => string;
  hasSystemd: boolean;
  isUninstall: boolean;
  /** Is this the machine itself, and not another root? */
  isRunning: boolean;
  /** The configuration files of other installations. */
  others: readonly ConfigFile[];
  /** Options of the command line; undefined if not given. */
  include: string | undefined;
  hosts: string[] | undefined;
}

/** What an installation does to the web server. */
export interface WebServerPart {
  steps: Step[];
  /** Lines of the configuration file. */
  values: Record<string, string>;
}

/**
 * Which web server serves the helpdesk itself: as given, as an earlier run was told, or Apache before nginx, which may
 * stand in front of it. null: neither is there.
 */
export function webServerKind(
  machine: Machine,
  names: Names,
  given: WebServerKind | undefined,
): WebServerKind | null {
  if (given) return given;
  if (machine.exists(nginxRulesFile(names.rules))) return 'nginx';
  if (apacheLayout(machine.exists)) return 'apache';
  return machine.exists(NGINX_MAIN) ? 'nginx' : null;
}

const refused = (detail: string): SidecarError =>
  new SidecarError('config-invalid', { detail: `${detail} Nothing was changed.` });

const listenerOf = ({ port }: WebServerPartOptions): number => defaultFramePort(port);

const factsFor = async ({ settings, home, packageFolder, names }: WebServerPartOptions) =>
  ruleFacts({ scriptAlias: scriptAlias(await settings()), home, packageFolder, unit: names.unit });

/** SELinux confines Apache and nginx in the same way (httpd_t). */
const selinux = (options: WebServerPartOptions): Step[] =>
  hasSelinux(options.machine) ? [selinuxStep(options.machine, listenerOf(options), options.isUninstall)] : [];

/** @throws SidecarError config-invalid if the requests of two helpdesks would reach one sidecar */
export async function apachePart(
  options: WebServerPartOptions,
  layout: ApacheLayout,
): Promise<WebServerPart> {
  const { machine, names, target, hasSystemd } = options;
  const told = toldBefore(machine, layout, names.rules);
  const include = options.include ?? told.include;
  const rules = async () =>
    apacheRules({
      ...(await factsFor(options)),
      target,
      framePort: listenerOf(options),
      secret: options.secret(),
      ...(include === undefined ? {} : { include }),
      hosts: options.hosts ?? told.hosts,
    });
  if (!options.isUninstall) {
    const others = options.others.map(
      ({ file }) => namesOf(file.replace(/^.*\/|\.conf$/g, ''), CONFIG_FOLDER).rules,
    );
    const fqdn = (await options.settings()).text('FQDN', '');
    checkAddresses(machine, layout, { name: names.rules, rules: await rules(), others, fqdn });
  }
  return {
    steps: [...selinux(options), apacheStep(machine, layout, { name: names.rules, rules, hasSystemd })],
    values: {},
  };
}

/** Makes key and certificate (PEM). Nobody renews them, so they are valid for a hundred years. */
const newPair = (machine: Machine): Promise<string> =>
  machine.output(
    'openssl',
    ...['req', '-x509', '-sha256', '-newkey', 'rsa:2048', '-nodes', '-days', '36500'],
    ...['-subj', '/CN=oauth2-sidecar', '-keyout', '-'],
  );
/** The line of the rules that keeps the host names of an earlier run. */
const GIVEN = /^# --host (\S+)$/m;

/**
 * Does the internal listener answer with this certificate? Needs no secret.
 * @param certificate fingerprint
 */
async function isUp(port: number, certificate: string): Promise<boolean> {
  const connection = openListener({ host: '127.0.0.1', port, secret: null, certificate });
  try {
    return (await connection.probe('127.0.0.1')).isProven;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

/** @throws SidecarError config-invalid: the rules for Apache are installed, or an option is for Apache only */
function refuseApache({ machine, names, include }: WebServerPartOptions): void {
  const layout = apacheLayout(machine.exists);
  if (layout && machine.exists(rulesFile(layout, names.rules)))
    throw refused(
      `${rulesFile(layout, names.rules)} contains the rules for Apache. Run "znuny-oauth2 uninstall" first, then "znuny-oauth2 install --web-server nginx".`,
    );
  if (include !== undefined) throw refused('--include is for Apache only.');
}

/** The helpdesk's servers in nginx's configuration, examined. */
function nginxSite(
  { machine, names }: WebServerPartOptions,
  settings: Settings,
  hosts: string[] | undefined,
) {
  const alias = scriptAlias(settings);
  const found = findNginxSite(nginxFiles(machine, names.rules), {
    scriptAlias: alias,
    hosts: hosts ?? [settings.text('FQDN', '').replace(/:\d+$/, '')],
    onlyHosts: hosts !== undefined,
    isOurs: (file) => file.startsWith(listenerFile('oauth2-sidecar').replace(/\.conf$/, '')),
  });
  for (const server of found.servers) checkAccess(server, alias);
  return found;
}

/** @throws SidecarError config-invalid if nginx's configuration is not understood, or suits no rules; ownership-unsafe */
export async function nginxPart(options: WebServerPartOptions): Promise<WebServerPart> {
  const { machine, names, target, hasSystemd, isUninstall, secret } = options;
  const { rules: name } = names;
  refuseApache(options);
  const told = GIVEN.exec(machine.read(nginxRulesFile(name)) ?? '')?.[1]?.split(',');
  const hosts = options.hosts ?? told;
  const settings = await options.settings();
  const framePort = listenerOf(options);
  const pair = isUninstall ? '' : (machine.read(pairFile(name)) ?? (await newPair(machine)));
  const certificate = isUninstall
    ? ''
    : fingerprintOf(new X509Certificate(pair.slice(pair.indexOf('-----BEGIN CERT'))).raw);
  const step = nginxStep(machine, {
    name,
    site: () => nginxSite(options, settings, hosts),
    rules: async () => {
      const text = nginxRules({ ...(await factsFor(options)), target, secret: secret() });
      return hosts === undefined ? text : `${text}# --host ${hosts.join(',')}\n`;
    },
    listener: (server, http) =>
      nginxListener({ server, http, framePort, secret: secret(), pair: `${name}.pem` }),
    pair,
    hasSystemd,
    isUp: options.isRunning ? () => isUp(framePort, certificate) : null,
  });
  // Refuse here what cannot be done: earlier steps would otherwise have changed something already.
  if (!isUninstall)
    await step.todo().catch((error: unknown) => {
      throw error instanceof RangeError ? refused(`${error.message}.`) : error;
    });
  return {
    steps: [...selinux(options), step],
    values: isUninstall ? {} : { SIDECAR_LISTENER_CERTIFICATE: certificate },
  };
}
