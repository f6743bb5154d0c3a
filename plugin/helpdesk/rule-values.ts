import type { SidecarTarget } from '../domain/helpdesk/channel.js';
import { isChannelSecret, isHostName, isSocketPath } from '../lib/configuration-text.js';

/**
 * Checks shared by the rules of Apache and nginx. Each throws RangeError for a value that a configuration
 * file cannot contain.
 */

/** @returns the ScriptAlias without slashes at its ends */
export function aliasOf(scriptAlias: string): string {
  const alias = scriptAlias.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(alias))
    throw new RangeError('ScriptAlias holds characters that do not belong in a path');
  return alias;
}

/** Escapes a text as a pattern that matches exactly this text. */
export const escaped = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}#]/g, '\\$&');

/** Checks that no part of the page ends a quote or contains characters that a web server replaces. */
export function pageOf(awayPage: string[]): string[] {
  if (awayPage.some((part) => /['$%\\]|[^ -~]/.test(part)))
    throw new RangeError('The page holds characters that do not belong in a configuration file');
  return awayPage;
}

/** Checks a port of 127.0.0.1. */
export function portOf(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new RangeError('A port is a number from 1 to 65535');
  return port;
}

/** The address of a TCP target, for a URL. */
export const addressOf = ({ host = '127.0.0.1', port }: { host?: string; port: number }): string =>
  `${host}:${port}`;

/** Checks the address of the sidecar. */
export function targetOf(target: SidecarTarget): SidecarTarget {
  if ('port' in target) {
    portOf(target.port);
    if (target.host !== undefined && !isHostName(target.host))
      throw new RangeError(`"${target.host}" is not a host name`);
  } else if (!isSocketPath(target.socket))
    throw new RangeError(
      'The path of the socket holds characters that do not belong in a configuration file',
    );
  return target;
}

/** Checks the secret with which web server and sidecar authenticate to each other. */
export function secretOf(secret: string): string {
  if (!isChannelSecret(secret))
    throw new RangeError('The secret holds characters that do not belong in a configuration file');
  return secret;
}
