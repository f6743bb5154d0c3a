import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Node's codes of requests that it does not read to the end (http, clientError); all others are a 400. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
/** How long the rest of such a request is received, in milliseconds. */
const LONGEST_WAIT = 5000;

/**
 * Answers requests that are not HTTP, such as one with the method `get`, which a web server passes on. Node.js would
 * close the connection together with its answer. A web server that is still passing on a body then answers 502, as if the
 * sidecar were down. So the connection stays open a while, and what arrives is discarded.
 * @param longestWait milliseconds; replaced in tests
 */
export function answerUnreadable(server: Server, longestWait = LONGEST_WAIT): void {
  // Node.js reports an error for each further piece that arrives.
  const answered = new WeakSet<object>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (answered.has(socket)) return;
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    answered.add(socket);
    socket.on('error', () => undefined);
    socket.end(`HTTP/1.1 ${STATUS[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), longestWait).unref();
    socket.once('close', () => clearTimeout(timer));
  });
}
