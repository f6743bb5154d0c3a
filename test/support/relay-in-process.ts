import { connect, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { RelayRefusal } from '../../plugin/domain/relay/relay-refusal.js';
import { type Relay, type RelayLimits, startRelay } from '../../plugin/relay/relay-server.js';
import type { ClientTerms, OpenMailbox } from '../../plugin/relay/serve-client.js';
import { freePort, until } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';

export const LOGIN = 'support@example.test';
export const PASSWORD = 'right';
const closers: (() => void)[] = [];

/** Ends everything that this file has started. */
export function closeRelays(): void {
  for (const close of closers.splice(0)) close();
}

/** A mail server behind the relay, already signed in: it keeps what arrives, and its connections. */
export async function mailServer(onConnect: (socket: Socket) => void = () => undefined) {
  const sockets: Socket[] = [];
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', () => undefined);
    onConnect(socket);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port, sockets, text: () => Buffer.concat(received).toString('latin1') };
}

interface Start extends Partial<ClientTerms> {
  limits?: Partial<RelayLimits>;
  upstream?: number;
  open?: OpenMailbox;
  secureContext?: () => SecureContext;
  /** Milliseconds up to the sign-in. */
  patience?: number;
}

export async function relayOf({ limits, upstream, open, secureContext, patience, ...terms }: Start = {}) {
  const { key, cert } = await selfSigned();
  const log: string[] = [];
  const note = (facts: object, text: string) => void log.push(`${text} ${JSON.stringify(facts)}`);
  const port = await freePort();
  const outcomes: string[] = [];
  const attempts: string[] = [];
  const servers: Server[] = [];
  const opened: OpenMailbox = async ({ login, password, helloName }) => {
    attempts.push(`${login} ${password} ${helloName}`);
    if (login !== LOGIN || password !== PASSWORD) throw new RelayRefusal('credentials', 'Wrong “words”…');
    const socket = connect(upstream ?? 0, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return {
      connection: { socket, rest: Buffer.from('* early\r\n'), capability: 'IMAP4rev1 IDLE' },
      password: { id: 1, configId: 7, client: 'Test' },
    };
  };
  const relay: Relay = await startRelay(
    [
      {
        ...{ protocol: 'imap', tls: null, plain: true, name: 'test', mayRetry: true, ...terms },
        start(server) {
          servers.push(server);
          return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
        },
      },
    ],
    {
      open: open ?? opened,
      secureContext: secureContext ?? (() => createSecureContext({ key, cert, minVersion: 'TLSv1.2' })),
      ...(patience === undefined ? {} : { patience }),
      hostName: async () => 'helpdesk.example.test',
      log: { info: note, warn: note, error: note },
      limits: { most: 100, mostBefore: 50, mostOfAddress: 10, ...limits },
      count: (_protocol, outcome) => outcomes.push(outcome),
    },
  );
  closers.push(relay.closeAll);
  return { port, relay, outcomes, attempts, log, servers };
}

/** A client that sends bytes and collects what comes. */
export async function clientOf(port: number) {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let isClosed = false;
  const listen = (to: Socket) => {
    to.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    to.on('error', () => undefined);
    to.on('close', () => {
      isClosed = true;
    });
  };
  listen(socket);
  closers.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    socket,
    listen,
    text: () => text,
    send: (bytes: string) => socket.write(bytes, 'latin1'),
    says: (part: string | RegExp) =>
      until(
        `"${part}" in ${JSON.stringify(text)}`,
        () => (typeof part === 'string' ? text.includes(part) : part.test(text)),
        10_000,
      ),
    closed: () => until('the end of the connection', () => isClosed, 10_000),
  };
}

export const base64 = (text: string) => Buffer.from(text).toString('base64');
export const PLAIN = base64(`\0${LOGIN}\0${PASSWORD}`);
