import { isIP } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import type { AlertSecrets } from '../domain/alert/alert-secrets.js';
import { COMMON, NO_HOME } from '../domain/product/records.js';
import { SidecarError } from '../errors.js';
import { defaultFramePort, isChannelSecret, isHostName, isSocketPath } from '../lib/configuration-text.js';
import { sha256 } from '../lib/hash.js';
import { isLocalHost } from '../lib/ip-address.js';
import { alertSecrets } from './alert-secrets.js';
import { databaseServer } from './database-server.js';
import { type GivenSettings, givenSettings } from './given-settings.js';
import { helpdeskEnvironment } from './helpdesk-environment.js';
import { type RelaySettings, relaySettings } from './relay-settings.js';

export interface DatabaseUser {
  user: string;
  password: string;
}

/** The sidecar's environment. Everything else comes from the helpdesk. */
export interface Config {
  /** HELPDESK_HOME: the helpdesk's folder, for example /opt/znuny. Absolute; `none` where there is no helpdesk. */
  home: string;
  /** There is no helpdesk (HELPDESK_HOME=none): the sidecar is a relay with a database of its own. */
  isAlone: boolean;
  /**
   * SIDECAR_SOCKET: the Unix socket through which the web server reaches the screens. Default:
   * /run/znuny-oauth2/sidecar.sock if SIDECAR_PORT is not set either. null: SIDECAR_PORT serves them.
   */
  socket: string | null;
  /**
   * SIDECAR_PORT: health and metrics, and the screens if there is no Unix socket. Default 18270; 0 takes any
   * free port.
   */
  port: number;
  /** SIDECAR_HOST: the address of SIDECAR_PORT: loopback, or any address if there is a secret (containers). */
  host: string;
  /**
   * SIDECAR_WEB_SERVER: the web server's internal listener, which gives the page around the screens. Default:
   * 127.0.0.1, on the port after SIDECAR_PORT. In another container only if there is a secret.
   */
  listener: { host: string; port: number };
  /**
   * SIDECAR_SECRET: the secret with which web server and sidecar authenticate to each other on TCP
   * connections. null: they do not, as in version 0.1.
   */
  secret: string | null;
  /**
   * SIDECAR_LISTENER_CERTIFICATE: the fingerprint (`SHA256:…`) of the certificate by which nginx proves its identity at
   * the internal listener, where nginx is the only web server. null: the web server is an Apache.
   */
  listenerCertificate: string | null;
  /** SIDECAR_TEMPLATES: a folder with further templates for token configurations. */
  templatesFolder: string | null;
  /**
   * SIDECAR_STATE, or STATE_DIRECTORY from systemd: the folder of the journal. Default:
   * ~/.local/state/znuny-oauth2, with a subfolder for each helpdesk.
   */
  stateFolder: string;
  /** CREDENTIALS_DIRECTORY from systemd: may hold keys of certificates. null: systemd has given none. */
  credentialsFolder: string | null;
  /**
   * SIDECAR_DATABASE_USER and SIDECAR_DATABASE_PASSWORD: a database user with fewer rights than the
   * helpdesk's own, as `znuny-oauth2 install` creates it. null: the helpdesk's user, from Kernel/Config.pm.
   */
  databaseUser: DatabaseUser | null;
  /**
   * SIDECAR_DATABASE_SERVER: how the sidecar recognises the database server before it sends the password; see
   * database-server.ts. Default: it does not.
   */
  databaseServer: readonly string[];
  /** The environment of the helpdesk's own programs. */
  helpdeskEnv: Record<string, string>;
  /**
   * SIDECAR_ALLOW_ADDRESSES: addresses and networks such as `127.0.0.0/8 ::1` that requests to providers and
   * mailbox tests may connect to although they are loopback, link-local or otherwise special. Default: none.
   */
  allowedAddresses: readonly string[];
  /**
   * HELPDESK_SETTINGS and HELPDESK_DATABASE_…, which replace Kernel/Config.pm; null: the helpdesk's Perl
   * provides the settings.
   */
  given: GivenSettings | null;
  /** SIDECAR_ALERT_…: secrets of the alert channels, and what a helpdesk admin must not set. */
  alertSecrets: AlertSecrets;
  /** SIDECAR_RELAY and SIDECAR_RELAY_…: where the relay listens, and its certificate. Default: nowhere. */
  relay: RelaySettings;
  /** LOG_LEVEL: fatal, error, warn, info, debug, trace or silent. Default info. */
  logLevel: string;
}

/** The same as in the service's unit. */
const SOCKET = '/run/znuny-oauth2/sidecar.sock';
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/**
 * Validates the environment; an empty variable counts as missing.
 * @throws SidecarError config-invalid, which names the variable and what to change
 */
export function loadConfig(env: Record<string, string | undefined>): Readonly<Config> {
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;
  const production = given('NODE_ENV') === 'production';
  // simple-oauth2 prints client secrets and tokens in its debug output.
  const debug = (given('DEBUG') ?? '').split(/[\s,]+/).filter((name) => !name.startsWith('-'));
  if (production && debug.some(showsSecrets))
    throw invalid('DEBUG', 'would print client secrets and tokens. Remove it, or leave out simple-oauth2.');

  const home = given('HELPDESK_HOME');
  if (home === undefined)
    throw invalid(
      'HELPDESK_HOME',
      `is not set. Give the helpdesk's folder: HELPDESK_HOME=${COMMON.exampleHome}`,
    );
  const templates = given('SIDECAR_TEMPLATES');
  const ownPort = port(given('SIDECAR_PORT') ?? '18270');
  const hasSecret = given('SIDECAR_SECRET') !== undefined;
  return Object.freeze({
    home: home === NO_HOME ? home : path.resolve(home),
    isAlone: home === NO_HOME,
    socket: socket(given('SIDECAR_SOCKET') ?? (given('SIDECAR_PORT') === undefined ? SOCKET : null)),
    port: ownPort,
    host: hostAddress(given('SIDECAR_HOST') ?? '127.0.0.1', hasSecret),
    listener: webServer(given('SIDECAR_WEB_SERVER'), ownPort, hasSecret),
    secret: secret(given('SIDECAR_SECRET') ?? null),
    listenerCertificate: fingerprint(given('SIDECAR_LISTENER_CERTIFICATE') ?? null),
    templatesFolder: templates === undefined ? null : path.resolve(templates),
    stateFolder: stateFolder(
      given('SIDECAR_STATE') ?? given('STATE_DIRECTORY'),
      given('HOME') ?? homedir(),
      path.resolve(home),
    ),
    credentialsFolder: given('CREDENTIALS_DIRECTORY') ?? null,
    databaseUser: databaseUser(given('SIDECAR_DATABASE_USER'), given('SIDECAR_DATABASE_PASSWORD')),
    databaseServer: databaseServer(given('SIDECAR_DATABASE_SERVER') ?? ''),
    helpdeskEnv: helpdeskEnvironment(env),
    allowedAddresses: networks(given('SIDECAR_ALLOW_ADDRESSES') ?? ''),
    given: givenSettings(env),
    alertSecrets: alertSecrets(given),
    relay: relaySettings(given),
    logLevel: logLevel(given('LOG_LEVEL') ?? 'info'),
  });
}

/** Does a pattern of DEBUG (`*` matches anything) enable a logger of simple-oauth2? */
function showsSecrets(pattern: string): boolean {
  const [prefix = '', ...more] = pattern.split('*');
  const wanted = 'simple-oauth2';
  return more.length > 0
    ? wanted.startsWith(prefix) || prefix.startsWith(wanted)
    : prefix === wanted || prefix.startsWith(`${wanted}:`);
}

/** Each helpdesk on a machine has its own folder. */
function stateFolder(given: string | undefined, ownHome: string, home: string): string {
  if (given !== undefined) return path.resolve(given);
  return path.join(ownHome, '.local/state/znuny-oauth2', sha256(home).slice(0, 12));
}

function databaseUser(user: string | undefined, password: string | undefined): DatabaseUser | null {
  if (user === undefined && password === undefined) return null;
  if (user === undefined)
    throw invalid('SIDECAR_DATABASE_USER', 'is not set, although SIDECAR_DATABASE_PASSWORD is.');
  if (password === undefined)
    throw invalid('SIDECAR_DATABASE_PASSWORD', 'is not set, although SIDECAR_DATABASE_USER is.');
  return { user, password };
}

function socket(file: string | null): string | null {
  if (file !== null && !isSocketPath(file))
    throw invalid(
      'SIDECAR_SOCKET',
      'must be an absolute path of at most 107 letters, digits and the characters _ . @ -',
    );
  return file;
}

function secret(text: string | null): string | null {
  if (text !== null && !isChannelSecret(text))
    throw invalid(
      'SIDECAR_SECRET',
      'must have 22 to 128 letters, digits, - or _, chosen at random. Make one: openssl rand -hex 24',
    );
  return text;
}

function fingerprint(text: string | null): string | null {
  if (text !== null && !/^SHA256:[\w-]{43}$/.test(text))
    throw invalid(
      'SIDECAR_LISTENER_CERTIFICATE',
      'must be the fingerprint of a certificate (SHA256:…). "znuny-oauth2 install" writes it.',
    );
  return text;
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65535)
    throw invalid('SIDECAR_PORT', 'must be a port number from 0 to 65535.');
  return number;
}

/** Outside of loopback, only the secret proves who sends a request. */
function hostAddress(host: string, hasSecret: boolean): string {
  if (isLocalHost(host) || (hasSecret && isIP(host) !== 0)) return host;
  throw invalid(
    'SIDECAR_HOST',
    hasSecret
      ? 'must be an IP address: a loopback address, or in a container the one of its network (0.0.0.0 for all).'
      : "must be a loopback address (127.0.0.1, ::1 or localhost): the helpdesk's web server stands in front. In a container, set SIDECAR_SECRET as well.",
  );
}

/** `helpdesk:18271`: a name or an IPv4 address. */
function webServer(text: string | undefined, ownPort: number, hasSecret: boolean): Config['listener'] {
  if (text === undefined) return { host: '127.0.0.1', port: defaultFramePort(ownPort) };
  const [, host = '', number = ''] = /^([\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (!isHostName(host) || Number(number) < 1 || Number(number) > 65535)
    throw invalid('SIDECAR_WEB_SERVER', 'must be HOST:PORT, such as helpdesk:18271.');
  if (!hasSecret && !isLocalHost(host))
    throw invalid(
      'SIDECAR_WEB_SERVER',
      'names another machine or container. Set SIDECAR_SECRET as well: without it, nothing proves who answers there.',
    );
  return { host, port: Number(number) };
}

function networks(text: string): readonly string[] {
  const entries = text.split(/[\s,]+/).filter(Boolean);
  for (const entry of entries) {
    const [, network = '', prefix = '0'] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(entry) ?? [];
    const family = isIP(network);
    if (family === 0 || Number(prefix) > (family === 6 ? 128 : 32))
      throw invalid(
        'SIDECAR_ALLOW_ADDRESSES',
        'must be a list of addresses and networks, such as "127.0.0.0/8 ::1".',
      );
  }
  return Object.freeze(entries);
}

function logLevel(level: string): string {
  if (LOG_LEVELS.includes(level)) return level;
  throw invalid('LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}.`);
}

const invalid = (name: string, what: string): SidecarError =>
  new SidecarError('config-invalid', { detail: `${name} ${what}` });
