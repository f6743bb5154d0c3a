import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 where the server closed the connection without an answer. */
  status: number;
  /** Status line and headers. */
  head: string;
  body: string;
}

/**
 * Sends these bytes on a separate connection and reads the answer until the server closes it. No library normalises
 * anything.
 */
export function sendRaw(port: number, bytes: Buffer, timeout = 120_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.setTimeout(timeout, () => socket.destroy(new Error('No answer in time')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server that refuses a request early does not read the rest of it.
      if (['ECONNRESET', 'EPIPE'].includes(error.code ?? '')) resolve(parse(Buffer.concat(chunks)));
      else reject(error);
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(parse(Buffer.concat(chunks))));
    socket.write(bytes);
  });
}

function parse(bytes: Buffer): RawAnswer {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const rest = end < 0 ? '' : text.slice(end + 4);
  const isChunked = /^transfer-encoding:\s*chunked/im.test(head);
  const body = isChunked ? rest.replace(/(^|\r\n)[\da-f]+(;[^\r\n]*)?\r\n/gi, '') : rest;
  return { status: Number(/^HTTP\/\S+ (\d{3})/.exec(head)?.[1] ?? 0), head, body };
}
