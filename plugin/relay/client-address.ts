import { isIPv6, type Socket } from 'node:net';

/** The first four groups of an IPv6 address: what one subscriber usually has. */
function network(address: string): string {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const front = head.split(':').filter(Boolean);
  const back = (tail ?? '').split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/**
 * What a client counts as for limits and log: its IPv4 address; the /64 network of its IPv6 address, because a single machine has
 * all of it; the empty text for a Unix socket.
 */
export function clientAddress({ remoteAddress = '' }: Partial<Pick<Socket, 'remoteAddress'>>): string {
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIPv6(address) && address !== '::1' ? network(address) : address;
}
