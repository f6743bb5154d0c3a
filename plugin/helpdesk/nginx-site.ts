import { SidecarError } from '../errors.js';
import { type Directive, type NginxFiles, readNginxConfig, unquoted } from './nginx-config.js';
import { escaped } from './rule-values.js';

/** The main file of nginx's configuration on Debian, Red Hat and their relatives. */
export const NGINX_MAIN = '/etc/nginx/nginx.conf';

/**
 * The rules of one installation, which the helpdesk's server block includes.
 * @param name of the installation's rules, without an extension
 */
export const nginxRulesFile = (name = 'oauth2-sidecar'): string => `/etc/nginx/${name}.rules`;

/** The helpdesk in nginx's configuration. */
export interface NginxSite {
  /** The server blocks that answer for the helpdesk; all lead to the same place. */
  servers: Directive[];
  /** Directives of the `http` block around them. */
  http: Directive[];
}

export interface HelpdeskInNginx {
  /** SysConfig `ScriptAlias`, with or without slashes at its ends. */
  scriptAlias: string;
  /** Host names of the helpdesk, without a port. */
  hosts: string[];
  /** Did the admin name them, so that no server block of another name is the helpdesk's? */
  onlyHosts?: boolean;
  /** Is it a file that the sidecar has written? */
  isOurs(file: string): boolean;
}

const all = (directives: readonly Directive[], name: string): Directive[] =>
  directives.filter((directive) => directive.name === name);

const PASS = /^(?:proxy|fastcgi|uwsgi|scgi|grpc)_pass$/;

/**
 * Describes where a location leads, with the locations inside it. One program may run the scripts of several helpdesks
 * (fcgiwrap), so the description includes the script's folder and the values of variables in it.
 * @param outer the directives around the location, the nearest ones first
 */
const passes = ({ block }: Directive, outer: readonly Directive[]): string[] => {
  const around = [...block, ...outer];
  return block.flatMap((inner) => {
    if (inner.name === 'location') return passes(inner, around);
    if (!PASS.test(inner.name)) return [];
    const script = around.find(({ name, words }) => /_param$/.test(name) && words[0] === 'SCRIPT_FILENAME');
    const folder = around.find(({ name }) => name === 'root' || name === 'alias');
    const byFolder =
      !script || /\$\{?(?:document_root|realpath_root|request_filename)/.test(script.words.join());
    const parts = /^(?:proxy|grpc)_/.test(inner.name)
      ? [inner]
      : [inner, script, byFolder ? folder : undefined];
    const text = parts.map((each) => (each ? [each.name, ...each.words].join(' ') : '')).filter(Boolean);
    const values = all(around, 'set').filter(({ words: [variable = ''] }) =>
      text.some((each) => each.replace(/[{}]/g, '').includes(variable)),
    );
    return [[...text, ...values.map(({ words }) => words.join(' = '))].join(', ')];
  });
};

const pathOf = ({ words }: Directive): string => unquoted(words.at(-1) ?? '').replaceAll('\\', '');

/** Where the server block leads requests of the helpdesk: by a location of that name, or else by `/`. */
function leadsTo(server: Directive, alias: string): { named: string[]; rest: string[] } {
  const names = new RegExp(`(?<![\\w-])${escaped(alias)}(?![\\w-])`);
  const locations = all(server.block, 'location');
  const leads = (location: Directive) => passes(location, server.block);
  return {
    named: locations.filter((location) => names.test(pathOf(location))).flatMap(leads),
    rest: locations.filter((location) => pathOf(location) === '/').flatMap(leads),
  };
}

const namesOf = (server: Directive): string[] =>
  all(server.block, 'server_name').flatMap(({ words }) => words.map((word) => unquoted(word).toLowerCase()));

const refused = (detail: string): SidecarError =>
  new SidecarError('config-invalid', { detail: `${detail} Nothing was changed.` });

const BY_HAND =
  'Or put the rules into the server block of the helpdesk by hand (znuny-oauth2 nginx-rules), and use --without-apache.';

/**
 * Finds the helpdesk's server blocks: those with a location of its ScriptAlias that passes requests on, or else those
 * of its host names that pass everything on.
 * @throws SidecarError config-invalid if there is none, or if more than one helpdesk could be meant
 */
export function findNginxSite(
  files: NginxFiles,
  { scriptAlias, hosts, onlyHosts = false, isOurs }: HelpdeskInNginx,
  main = NGINX_MAIN,
): NginxSite {
  const alias = scriptAlias.replace(/^\/+|\/+$/g, '');
  const http = all(readNginxConfig(files, main), 'http').flatMap(({ block }) => block);
  const wanted = hosts.map((host) => host.toLowerCase());
  const isNamed = (server: Directive) => namesOf(server).some((name) => wanted.includes(name));
  const servers = all(http, 'server').filter(
    (server) => !isOurs(server.file) && (!onlyHosts || isNamed(server)),
  );
  const byAlias = servers.filter((server) => leadsTo(server, alias).named.length > 0);
  const found =
    byAlias.length > 0
      ? byAlias
      : servers.filter((server) => isNamed(server) && leadsTo(server, alias).rest.length > 0);
  if (found.length === 0)
    throw refused(
      `${main} has no server block with a location /${alias}/ that passes requests to the helpdesk${onlyHosts ? ' and a' : ', and none with the'} server_name ${wanted.join(' or ')}. ${BY_HAND}`,
    );
  const target = (server: Directive) => {
    const { named, rest } = leadsTo(server, alias);
    return [...new Set(named.length > 0 ? named : rest)].sort().join('; ');
  };
  const targets = [...new Set(found.map(target))];
  if (targets.length === 1) return { servers: found, http };
  const own = [...new Set(found.filter(isNamed).map(target))];
  if (own.length !== 1)
    throw refused(
      `Several server blocks have a location /${alias}/, and lead to different places: ${targets.join(', ')}. Give the host name of this helpdesk: --host NAME. ${BY_HAND}`,
    );
  return { servers: found.filter((server) => target(server) === own[0]), http };
}

/** Does a part of the configuration include every file in a folder, such as `/etc/nginx/conf.d`? */
export const includesFolder = (http: readonly Directive[], folder: string): boolean =>
  all(http, 'include').some(({ words }) => {
    const given = unquoted(words[0] ?? '');
    const absolute = given.startsWith('/') ? given : `/etc/nginx/${given}`;
    return absolute === `${folder}/*.conf` || absolute === `${folder}/*`;
  });
