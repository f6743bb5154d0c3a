import { BlockList, isIP } from 'node:net';
import { Address6 } from 'ip-address';

/**
 * Addresses that belong to one machine or to a cloud, never to a provider or a mail server: this network (RFC
 * 1122), link-local (RFC 3927, with the metadata service of most clouds), protocol assignments (RFC 6890,
 * with Oracle's), multicast, reserved. Then single addresses: Alibaba's metadata, Azure's host, and the IPv6
 * ones of AWS and Google.
 */
const SPECIAL = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  SPECIAL.addSubnet(network, prefix, 'ipv4');
for (const address of ['100.100.100.200', '168.63.129.16']) SPECIAL.addAddress(address, 'ipv4');
for (const address of ['::', 'fd00:ec2::254', 'fd20:ce::254']) SPECIAL.addAddress(address, 'ipv6');
for (const [network, prefix] of [
  ['fe80::', 10],
  ['ff00::', 8],
  ['100::', 64],
] as const)
  SPECIAL.addSubnet(network, prefix, 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Names that lead there by convention, whatever a name server says; a proxy would resolve them. */
const LOOPBACK_NAMES =
  /(?:^|\.)localhost$|^localhost[46]?(?:\.localdomain[46]?)?$|^ip6-(?:localhost|loopback)$/;
const SPECIAL_NAMES = /^metadata(?:\.google\.internal|\.goog)?$|^instance-data(?:\.ec2\.internal)?$/;

/** Removes a URL's brackets, the zone of a link-local address (RFC 4007 §11) and the trailing dot. */
function bare(host: string): string {
  const name = (host.split('%', 1)[0] ?? '').toLowerCase().replace(/^\[|\]$/g, '');
  let end = name.length;
  while (name.charAt(end - 1) === '.') end--;
  return name.slice(0, end);
}

const startsWith = (bytes: number[], ...prefix: number[]) => prefix.every((byte, at) => bytes[at] === byte);
const isZero = (bytes: number[]) => bytes.every((byte) => byte === 0);

/** The IPv4 addresses to which translation or a tunnel leads, or may lead, from an IPv6 address. */
function embedded(bytes: number[]): number[][] {
  const last = bytes.slice(12);
  const found: number[][] = [];
  // IPv4-compatible (RFC 4291 §2.5.5.1), IPv4-mapped (§2.5.5.2), IPv4-translated (RFC 2765 §2.1).
  if (isZero(bytes.slice(0, 12)) && !isZero(last.slice(0, 3))) found.push(last);
  if (isZero(bytes.slice(0, 10)) && startsWith(bytes.slice(10), 255, 255)) found.push(last);
  if (isZero(bytes.slice(0, 8)) && startsWith(bytes.slice(8), 255, 255, 0, 0)) found.push(last);
  // NAT64: the well-known prefix (RFC 6052 §2.1), and the local one (RFC 8215) with the IPv4 address at each
  // possible place.
  if (startsWith(bytes, 0, 0x64, 0xff, 0x9b) && isZero(bytes.slice(4, 12))) found.push(last);
  if (startsWith(bytes, 0, 0x64, 0xff, 0x9b, 0, 1))
    for (const places of [
      [6, 7, 9, 10],
      [7, 9, 10, 11],
      [9, 10, 11, 12],
      [12, 13, 14, 15],
    ]) {
      const address = places.map((place) => bytes[place] ?? 0);
      if (address[0] !== 0) found.push(address);
    }
  // 6to4 (RFC 3056 §2), Teredo (RFC 4380 §4: server, and client with all bits inverted), ISATAP (RFC 5214
  // §6.1).
  if (startsWith(bytes, 0x20, 0x02)) found.push(bytes.slice(2, 6));
  if (startsWith(bytes, 0x20, 0x01, 0, 0))
    found.push(
      bytes.slice(4, 8),
      last.map((byte) => byte ^ 255),
    );
  if ((bytes[8] === 0 || bytes[8] === 2) && startsWith(bytes.slice(9), 0, 0x5e, 0xfe)) found.push(last);
  return found;
}

/** The address and those embedded in it, in normal form; empty if the text is not an address. */
function meanings(text: string): string[] {
  const address = bare(text);
  if (isIP(address) === 4) return [address];
  if (isIP(address) === 0) return [];
  return [address, ...embedded(new Address6(address).toUnsignedByteArray()).map((bytes) => bytes.join('.'))];
}

const listed = (list: BlockList, address: string): boolean =>
  list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Is it loopback, directly or embedded in an IPv6 address? */
export const isLoopback = (address: string): boolean =>
  meanings(address).some((meaning) => listed(LOOPBACK, meaning));

/**
 * What the sidecar may connect to. Private networks are allowed: the provider of many a helpdesk is in one.
 */
export interface AddressRules {
  /** Decides on an address at the moment of the connection. Refuses anything that is not an address. */
  mayReach(address: string): boolean;
  /** Decides on the host of a URL. A name that is not an address is allowed until it is resolved. */
  mayAsk(host: string): boolean;
}

/**
 * Refuses special addresses, and by default loopback, in every form that leads there.
 * @param allowed exceptions: validated addresses and networks such as `127.0.0.0/8`
 */
export function addressRules(allowed: readonly string[] = [], { loopback = false } = {}): AddressRules {
  const exceptions = new BlockList();
  for (const entry of allowed) {
    const [network = '', prefix] = entry.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    exceptions.addSubnet(network, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  const isRefused = (meaning: string) =>
    !listed(exceptions, meaning) && (listed(SPECIAL, meaning) || (!loopback && listed(LOOPBACK, meaning)));
  function mayReach(address: string): boolean {
    const all = meanings(address);
    return all.length > 0 && !all.some(isRefused);
  }
  return {
    mayReach,
    mayAsk(host) {
      const name = bare(host);
      if (isIP(name) !== 0) return mayReach(name);
      if (LOOPBACK_NAMES.test(name)) return mayReach('127.0.0.1') || mayReach('::1');
      return SPECIAL_NAMES.test(name) ? mayReach('169.254.169.254') : name !== '';
    },
  };
}

/** The host of a URL, without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** Is the host of a URL written as loopback? A name that only resolves to loopback is not. */
export const isLoopbackHost = (url: URL): boolean =>
  LOOPBACK_NAMES.test(bare(url.hostname)) || isLoopback(url.hostname);
