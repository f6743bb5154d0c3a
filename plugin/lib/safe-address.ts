import { BlockList, isIP } from 'node:net';

/** Never a provider, but where clouds keep their machines' secrets, and what is no single host. */
const FORBIDDEN = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  FORBIDDEN.addSubnet(network, prefix, 'ipv4');
FORBIDDEN.addAddress('100.100.100.200', 'ipv4');
FORBIDDEN.addAddress('::', 'ipv6');
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addSubnet('ff00::', 8, 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const listed = (list: BlockList, address: string): boolean => {
  // An IPv4 address in IPv6 dress (::ffff:127.0.0.1) is looked at as what it is.
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
};

export const isLoopback = (address: string): boolean => listed(LOOPBACK, address);

/**
 * Link-local (169.254.169.254 and its like), unspecified, multicast and reserved addresses. Private networks are
 * allowed: the provider of many a helpdesk stands in one, and there TLS and the issuer protect.
 */
export const isForbidden = (address: string): boolean => listed(FORBIDDEN, address);

/** The host of a URL without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** Is the host of a URL written as loopback? A name that only resolves to loopback is not. */
export const isLoopbackHost = (url: URL): boolean => hostOf(url) === 'localhost' || isLoopback(hostOf(url));
