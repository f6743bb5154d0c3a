import type { Socket } from 'node:net';

/**
 * Ends a connection whose other side sends more than a dialogue needs, before all of it is processed: a library
 * that answers each line would be busy for seconds. Counts what is read without TLS.
 * @param most in bytes
 */
export function limitInput(socket: Socket, most: number): Socket {
  const push = socket.push.bind(socket);
  let size = 0;
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    size += chunk?.length ?? 0;
    if (size <= most) return push(chunk, encoding);
    socket.destroy(Object.assign(new Error('The server sends too much'), { code: 'EPROTOCOL' }));
    return false;
  };
  return socket;
}
