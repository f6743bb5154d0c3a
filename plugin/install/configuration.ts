import { randomBytes } from 'node:crypto';
import type { DatabaseAddress } from '../../db/database.js';
import { CONFIG_FOLDER, type ConfigFile, configFiles } from '../config/config-file.js';
import { relaySettings } from '../config/relay-settings.js';
import type { SidecarTarget } from '../domain/helpdesk/channel.js';
import type { RelayPlace } from '../domain/relay/relay-listener.js';
import { randomText } from '../lib/hash.js';
import type { Machine } from './machine.js';
import { databasePassword, type Names } from './site.js';
import { hasSelinux } from './steps/selinux.js';

type Values = Record<string, string>;

export interface ConfigurationOptions {
  home: string;
  machine: Machine;
  names: Names;
  port: number;
  /** How the web server reaches the sidecar; undefined: as configured, or what suits this machine. */
  channel: 'socket' | 'tcp' | undefined;
  /** Where the relay listens, as SIDECAR_RELAY names it, or `off`; undefined: as configured. */
  relay: string | undefined;
  /** The identity of the database server. */
  server: DatabaseAddress['server'];
  /** Has the sidecar a database user of its own? */
  hasOwnUser: boolean;
}

/** What the configuration file of an installation says, and what it will say. */
export interface Configuration {
  channel: 'socket' | 'tcp';
  target: SidecarTarget;
  /** Where the relay listens. */
  relayPlaces: readonly RelayPlace[];
  /** The secret with which the web server authenticates. */
  secret(): string;
  /** The password of the sidecar's own database user. */
  password(): string;
  /** The files of other installations on this machine. */
  others(): ConfigFile[];
  /** @param ofWebServer what the part for the web server adds */
  values(ofWebServer: Values | undefined): Values;
}

/** Secrets are generated once; later runs use those in the file. */
export function configurationOf(options: ConfigurationOptions): Configuration {
  const { home, machine, names, port, server, hasOwnUser } = options;
  const configFile = machine.at(names.configFile);
  const all = () => configFiles(machine.at(CONFIG_FOLDER));
  const configured = (): Values => all().find(({ file }) => file === configFile)?.values ?? {};
  const fresh = { password: randomBytes(24).toString('base64url'), secret: randomText(256) };
  const secret = () => configured().SIDECAR_SECRET || fresh.secret;
  const password = () => databasePassword({ ...names, configFile }, all(), fresh.password);
  const suitsSocket = machine.has('systemctl') && !hasSelinux(machine);
  const channel = options.channel ?? usualChannel(configured(), suitsSocket);
  const relay = relayOf(options.relay, configured());
  return {
    channel,
    target: channel === 'tcp' ? { port } : { socket: names.socket },
    relayPlaces: relay.places,
    secret,
    password,
    others: () => all().filter(({ file }) => file !== configFile),
    values: (ofWebServer) => ({
      HELPDESK_HOME: home,
      SIDECAR_PORT: String(port),
      SIDECAR_SOCKET: channel === 'tcp' ? '' : names.socket,
      SIDECAR_SECRET: secret(),
      SIDECAR_STATE: names.stateFolder,
      // Empty where nginx was the web server before.
      ...(configured().SIDECAR_LISTENER_CERTIFICATE ? { SIDECAR_LISTENER_CERTIFICATE: '' } : {}),
      ...ofWebServer,
      ...(options.relay === undefined ? {} : { SIDECAR_RELAY: relay.text }),
      ...(server?.length ? { SIDECAR_DATABASE_SERVER: server.join(',') } : {}),
      ...(hasOwnUser
        ? { SIDECAR_DATABASE_USER: names.databaseUser, SIDECAR_DATABASE_PASSWORD: password() }
        : {}),
    }),
  };
}

/**
 * Follows the configuration file, otherwise chooses the Unix socket. Chooses TCP with SELinux, because the
 * sidecar has not been tested with a web server that SELinux confines to a socket, and without systemd,
 * because nothing else creates the socket before the sidecar starts.
 * @param values of the configuration file; one of version 0.1 names neither a socket nor a secret
 */
function usualChannel(values: Values, suitsSocket: boolean): 'socket' | 'tcp' {
  if (values.SIDECAR_SOCKET) return 'socket';
  if (values.SIDECAR_SECRET) return 'tcp';
  return suitsSocket ? 'socket' : 'tcp';
}

/**
 * Where the relay listens.
 * @param given the value of --relay; undefined: as the configuration file says
 * @throws SidecarError config-invalid
 */
function relayOf(given: string | undefined, values: Values): { text: string; places: readonly RelayPlace[] } {
  const text =
    given === 'off'
      ? ''
      : (given ?? values.SIDECAR_RELAY ?? '')
          .trim()
          .split(/[\s,]+/)
          .join(' ');
  const settings = relaySettings((name) => ({ ...values, SIDECAR_RELAY: text })[name] || undefined);
  return { text, places: settings.places };
}
