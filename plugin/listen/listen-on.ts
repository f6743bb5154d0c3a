import type { Server } from 'node:net';
import { SidecarError } from '../errors.js';
import { bindSocket } from './bind-socket.js';

/** Where a server that is not one of HTTP listens. */
export type Place = { host: string; port: number } | { path: string } | { fd: number };

const CURE = 'Correct SIDECAR_RELAY.';

const describe = (place: Place): string =>
  'fd' in place
    ? 'the socket that systemd has passed on'
    : 'path' in place
      ? place.path
      : `port ${place.port}`;

/**
 * Listens on an address, on a Unix socket of our own, or on a socket from systemd.
 * @throws SidecarError config-invalid
 */
export async function listenOn(server: Server, place: Place): Promise<void> {
  if ('path' in place) return bindSocket(server, place.path, CURE);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SidecarError('config-invalid', {
          detail: `The relay cannot listen on ${describe(place)} (${error.code}). ${CURE}`,
          cause: error,
        }),
      ),
    );
    server.listen(place, resolve);
  });
}
