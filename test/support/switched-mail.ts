import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { freePort } from '../lab/ports.js';

/** works: all goes to the genuine mail server; closed: nobody listens; silent: it accepts and says nothing. */
type Mode = 'works' | 'closed' | 'silent' | { refusesWith: string };

/**
 * A mail server in front of the genuine one, whose faults a test switches on and off.
 * @param behind port of the genuine one
 */
export async function switchedMail(behind: number, first: Mode, tls?: { key: Buffer; cert: Buffer }) {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let mode: Mode = first;

  /** Says that it is ready, offers to sign in with a token, and refuses that. */
  function refuse(socket: Socket, words: string): void {
    let signingIn = '';
    socket.write('* OK ready\r\n');
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
        const [tag = '', command = ''] = line.split(' ');
        if (signingIn || command === 'LOGOUT') socket.write(`${signingIn || tag} NO ${words}\r\n`);
        else if (command === 'CAPABILITY')
          socket.write(`* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n${tag} OK done\r\n`);
        else if (command === 'AUTHENTICATE' && line.split(' ').length < 4) socket.write('+ \r\n');
        else socket.write(`${tag} NO ${words}\r\n`);
        signingIn = command === 'AUTHENTICATE' && line.split(' ').length < 4 ? tag : '';
      }
    });
  }

  function talk(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (mode === 'silent') return;
    if (typeof mode === 'object') {
      refuse(socket, mode.refusesWith);
      return;
    }
    const real = connect(behind, '127.0.0.1');
    real.on('error', () => socket.destroy());
    socket.on('close', () => real.destroy());
    socket.pipe(real).pipe(socket);
  }

  const server = tls ? createTlsServer(tls, talk) : createServer(talk);
  server.on('tlsClientError', () => undefined);
  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) server.close(() => resolve());
      else resolve();
    });
  if (first !== 'closed') await listen();
  return {
    port,
    /** How many connections are open. */
    connections: () => sockets.size,
    async switchTo(next: Mode): Promise<void> {
      mode = next;
      for (const socket of sockets) socket.destroy();
      if (next !== 'closed' && !server.listening) await listen();
    },
    close: stop,
  };
}

/** A key, and a certificate for 127.0.0.1 that expired yesterday. */
export async function expiredCertificate(): Promise<{ key: Buffer; cert: Buffer }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'oauth-test-'));
  const openssl = (line: string) => promisify(execFile)('openssl', line.split(' '), { cwd: folder });
  try {
    await openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem');
    await openssl('req -new -key key.pem -subj /CN=127.0.0.1 -out request.pem');
    await openssl('x509 -req -in request.pem -signkey key.pem -days -1 -out cert.pem');
    const read = (name: string) => readFile(path.join(folder, name));
    return { key: await read('key.pem'), cert: await read('cert.pem') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
