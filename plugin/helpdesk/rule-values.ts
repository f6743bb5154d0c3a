import type { SidecarTarget } from '../domain/helpdesk/channel.js';
import { isSecret, isSocketPath } from '../lib/configuration-text.js';

/** What the rules of Apache and nginx have in common. Each throws RangeError for what cannot stand in a configuration file. */

/** @returns the ScriptAlias without slashes at its ends */
export function aliasOf(scriptAlias: string): string {
  const alias = scriptAlias.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(alias))
    throw new RangeError('ScriptAlias holds characters that do not belong in a path');
  return alias;
}

/** As a pattern that means exactly this text. */
export const escaped = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}#]/g, '\\$&');

/** The page in parts must end no quote, and hold nothing that a web server replaces by something else. */
export function pageOf(awayPage: string[]): string[] {
  if (awayPage.some((part) => /['$%\\]|[^ -~]/.test(part)))
    throw new RangeError('The page holds characters that do not belong in a configuration file');
  return awayPage;
}

/** A port of 127.0.0.1. */
export function portOf(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new RangeError('A port is a number from 1 to 65535');
  return port;
}

/** How the sidecar is reached, with what is checked. */
export function targetOf(target: SidecarTarget): SidecarTarget {
  if ('port' in target) portOf(target.port);
  else if (!isSocketPath(target.socket))
    throw new RangeError(
      'The path of the socket holds characters that do not belong in a configuration file',
    );
  return target;
}

/** What web server and sidecar prove themselves to each other by. */
export function secretOf(secret: string): string {
  if (!isSecret(secret))
    throw new RangeError('The secret holds characters that do not belong in a configuration file');
  return secret;
}
