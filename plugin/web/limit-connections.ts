import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Limits the number of connected clients, because each takes a file descriptor and renewals need theirs. With
 * one client too many, the one that has been idle for the longest is disconnected, including one that never
 * sent a request. Only if all of them wait for an answer, the newest is disconnected.
 * @param most the highest number of concurrent connections
 */
export function limitConnections(server: Server, most: number): void {
  /** In the order of their last use. */
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
    // Now and not in the close event: the next client may connect before it.
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
