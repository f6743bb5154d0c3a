import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds how many clients are connected: each takes a file descriptor, of which renewals need theirs. Where there is one
 * too many, the client that has been idle for the longest is cut, one that never asked for anything included; only where
 * all of them wait for an answer the newest is.
 * @param most connections at once
 */
export function limitConnections(server: Server, most: number): void {
  /** In the order in which they last were of use. */
  const idle = new Set<Socket>();
  const busy = new Map<Socket, number>();

  server.on('connection', (socket: Socket) => {
    idle.add(socket);
    socket.once('close', () => {
      idle.delete(socket);
      busy.delete(socket);
    });
    if (idle.size + busy.size <= most) return;
    const [longest = socket] = idle;
    // At once, and not when the event comes: the next one may be here already.
    idle.delete(longest);
    longest.destroy();
  });

  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (busy.get(socket) ?? 1) - 1;
      if (left > 0) busy.set(socket, left);
      else if (busy.delete(socket) && !socket.destroyed) idle.add(socket);
    });
  });
}
