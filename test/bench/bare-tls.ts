import { connect, createSecureContext, type TLSSocket } from 'node:tls';

/**
 * A program of its own: Node.js and TLS connections that have spoken one line each, nothing else. `node bare-tls.ts PORT`. Each
 * message on its channel is a number of further connections; the answer comes once they are open.
 */
const port = Number(process.argv[2]);
const secureContext = createSecureContext();
const sockets: TLSSocket[] = [];

const one = () =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, secureContext, rejectUnauthorized: false });
    sockets.push(socket);
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (chunk.toString('latin1').startsWith('* OK')) socket.write('a1 AUTHENTICATE XOAUTH2\r\n');
      else resolve();
    });
  });

process.on('message', async (count: number) => {
  await Promise.all(Array.from({ length: count }, one));
  process.send?.('open');
});
