import { existsSync } from 'node:fs';
import type { DatabaseSocket } from '../../plugin/domain/helpdesk/database-credentials.js';

/**
 * Finds the socket for the next connection: the first that exists. If none does, the first is returned, so that
 * the connection fails: a port is no replacement, because any local user may listen there.
 * @returns null for a connection to a port
 */
export function findSocket(
  socket: DatabaseSocket,
  exists: (path: string) => boolean = existsSync,
): string | null {
  if (socket === null || typeof socket === 'string') return socket;
  return socket.find((path) => exists(path)) ?? socket[0] ?? null;
}
