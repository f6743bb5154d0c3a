import { isLoopback } from '../../lib/safe-address.js';
import type { MailProtocol, MailType } from '../mailbox/mailbox.js';

/** What SIDECAR_RELAY may name: protocols, and the same with TLS from the first byte (RFC 8314 §3). */
export const RELAY_SCHEMES = ['imap', 'imaps', 'pop3', 'pop3s', 'smtp', 'smtps'] as const;
export type RelayScheme = (typeof RELAY_SCHEMES)[number];

/** Where the relay listens: one entry of SIDECAR_RELAY. */
export interface RelayPlace {
  scheme: RelayScheme;
  /** A TCP address, or the path of a Unix socket. */
  at: { host: string; port: number } | { path: string };
}

export const protocolOfScheme = (scheme: RelayScheme): MailProtocol =>
  scheme.replace(/s$/, '') as MailProtocol;

export const hasImplicitTls = (scheme: RelayScheme): boolean => scheme.endsWith('s');

/** Is the place reachable from this machine only? Passwords need no TLS there. */
export const isLocalPlace = ({ at }: RelayPlace): boolean =>
  'path' in at || at.host === 'localhost' || isLoopback(at.host);

/** What a client on this machine enters to reach a place of the relay. */
export interface RelayEntry {
  protocol: MailProtocol;
  /** Type of the helpdesk's mail account, or its module for outbound mail. */
  type: MailType;
  host: string;
  port: number;
}

/** The address of this machine where the relay listens on all of them. */
const ANY: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * How a client on this machine reaches the relay, in the order of the places. Leaves out Unix sockets, which no
 * helpdesk can enter.
 */
export function relayEntries(places: readonly RelayPlace[]): RelayEntry[] {
  return places.flatMap((place): RelayEntry[] => {
    const { scheme, at } = place;
    if ('path' in at) return [];
    const protocol = protocolOfScheme(scheme);
    const name = protocol.toUpperCase() as 'IMAP' | 'POP3' | 'SMTP';
    const type: MailType = hasImplicitTls(scheme) ? `${name}S` : isLocalPlace(place) ? name : `${name}TLS`;
    return [{ protocol, type, host: ANY[at.host] ?? at.host, port: at.port }];
  });
}

/** As SIDECAR_RELAY names it. */
export const placeUrl = ({ scheme, at }: RelayPlace): string =>
  `${scheme}://${'path' in at ? at.path : entryAddress(at)}`;

/** `host:port` as the helpdesk's forms take it; IPv6 in brackets. */
export const entryAddress = ({ host, port }: Pick<RelayEntry, 'host' | 'port'>): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
