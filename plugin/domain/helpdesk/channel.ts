import { SidecarError } from '../../errors.js';
import { sameText } from '../../lib/hash.js';
import { isIpAddress } from '../../lib/ip-address.js';

/** Set by the web server's rules: the browser's address as the web server sees it. */
export const CLIENT_HEADER = 'X-OAuth2-Sidecar-Client';
/**
 * Set by the web server's rules on a TCP connection, and by the sidecar in requests to the internal listener.
 */
export const SECRET_HEADER = 'X-OAuth2-Sidecar-Secret';

/**
 * The listening socket through which a request arrived. `unix`: a Unix socket, which only the web server may
 * open. `tcp`: a TCP port, which every program on this machine may open. `status`: a TCP port for health and
 * metrics only.
 */
export type Channel = 'unix' | 'tcp' | 'status';

/**
 * Where the web server reaches the screens: a Unix socket, or a TCP port. host: the name of the sidecar's container; without
 * it, the port is one of 127.0.0.1.
 */
export type SidecarTarget = { socket: string } | { port: number; host?: string };

/** Every value of a header. Node's parsed headers join or drop repetitions. */
const valuesOf = (rawHeaders: readonly string[], name: string): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);

/**
 * Reads the browser's address, which decides whether a session is accepted. Trusts it only from the web
 * server: over the Unix socket, or with the secret.
 * @param rawHeaders names and values alternating, as Node's `IncomingMessage.rawHeaders`
 * @param secret null: a configuration of version 0.1, in which nothing proves who sends a request
 * @throws SidecarError channel-unproven, client-address-invalid
 */
export function clientAddress(
  rawHeaders: readonly string[],
  channel: Channel,
  secret: string | null,
): string {
  if (channel === 'status')
    throw new SidecarError('channel-unproven', { log: 'The status port serves health and metrics only' });
  if (channel === 'tcp' && secret !== null) {
    const given = valuesOf(rawHeaders, SECRET_HEADER.toLowerCase());
    if (given.length !== 1 || !sameText(given[0] ?? '', secret))
      throw new SidecarError('channel-unproven', {
        log: `${given.length} headers ${SECRET_HEADER}, none right`,
      });
  }
  const addresses = valuesOf(rawHeaders, CLIENT_HEADER.toLowerCase()).map((value) => value.trim());
  const [address = ''] = addresses;
  // Never use the connection's address: it would make every browser look like a program on this machine.
  if (addresses.length !== 1 || !isIpAddress(address))
    throw new SidecarError('client-address-invalid', {
      log: `${addresses.length} headers ${CLIENT_HEADER}${addresses.length === 1 ? ', not an IP address' : ''}`,
    });
  return address;
}
