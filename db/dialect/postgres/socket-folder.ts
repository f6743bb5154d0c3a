import { existsSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseAddress } from '../connection.js';
import { findSocket } from '../find-socket.js';

/**
 * Finds the folder of the server's Unix socket, for the next connection: the first of the address's folders that
 * contains a socket for its port, otherwise the first of all, so that the connection fails.
 * @returns null for a connection to host and port
 */
export const socketFolder = ({ socket, port }: DatabaseAddress): string | null =>
  findSocket(socket, (folder) => existsSync(path.join(folder, `.s.PGSQL.${port}`)));
