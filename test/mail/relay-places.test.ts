import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { RelayRefusal } from '../../plugin/domain/relay/relay-refusal.js';
import type { OpenMailbox } from '../../plugin/relay/serve-client.js';
import { until } from '../lab/ports.js';
import { clientOf, closeRelays, mailServer, relayOf } from '../support/relay-in-process.js';

/** A sign-in that ends only when its client has left. */
function endless() {
  const signals: AbortSignal[] = [];
  const open: OpenMailbox = ({ signal }) => {
    signals.push(signal);
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new RelayRefusal('passing', 'Left.'))),
    );
  };
  return { signals, open };
}

describe('the places of the relay', () => {
  afterEach(closeRelays);

  for (const tls of [null, 'implicit'] as const)
    it(`are free as soon as a client has left whose sign-in is examined, ${tls ? 'with' : 'without'} TLS`, async () => {
      const { signals, open } = endless();
      const { port, relay, outcomes, log } = await relayOf({ open, tls, limits: { mostBefore: 2 } });
      const dial = () =>
        tls ? connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }) : connect(port, '127.0.0.1');
      for (const leave of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.end()]) {
        signals.length = 0;
        const clients = [dial(), dial()];
        for (const client of clients) {
          client.on('error', () => undefined);
          client.write('a LOGIN x y\r\n');
        }
        await until('two sign-ins', () => signals.length === 2);
        expect(relay.figures().imap.connections).to.equal(2);
        for (const client of clients) leave(client);
        await until('no connection', () => relay.figures().imap.connections === 0);
        expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true]);
      }
      expect(outcomes).to.deep.equal(['left', 'left', 'left', 'left']);
      expect(log.filter((line) => !line.startsWith('the relay listens'))).to.deep.equal([]);
    });

  it('are free when the time for the sign-in is over, whatever it still waits for', async () => {
    const { port, relay, outcomes } = await relayOf({
      open: () => new Promise(() => undefined),
      patience: 200,
    });
    const client = await clientOf(port);
    client.send('a LOGIN x y\r\n');
    await client.says('* BYE The sign-in takes too long\r\n');
    await client.closed();
    await until('no connection', () => relay.figures().imap.connections === 0);
    expect(outcomes).to.deep.equal(['late']);
  });

  it('are not taken by a mailbox that opens after its client has left: it is closed', async () => {
    const server = await mailServer();
    let opens = 0;
    const open: OpenMailbox = async ({ signal }) => {
      opens++;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      const socket = connect(server.port, '127.0.0.1');
      await new Promise((resolve) => socket.once('connect', resolve));
      return {
        connection: { socket, rest: Buffer.alloc(0), capability: null },
        password: { id: 1, configId: 7, client: 'Test' },
      };
    };
    const { port, relay, outcomes } = await relayOf({ open });
    const client = await clientOf(port);
    client.send('a LOGIN x y\r\n');
    await until('a sign-in', () => opens === 1);
    client.socket.destroy();
    await until(
      'the end',
      () => server.sockets[0]?.destroyed === true || server.sockets[0]?.readableEnded === true,
    );
    expect(relay.figures().imap).to.deep.include({ connections: 0, relayed: 0 });
    expect(outcomes).to.deep.equal(['left']);
  });

  it('stay taken by a connection that the relay has ended until it is closed', async () => {
    const { port, relay, outcomes } = await relayOf({ limits: { most: 5, mostBefore: 5 } });
    const sockets: Socket[] = [];
    const said: string[] = [];
    for (let count = 0; count < 8; count++) {
      // Half-open: this client keeps its side of the connection.
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      let text = '';
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        text += chunk;
      });
      await until('a greeting', () => text.includes('\r\n'));
      said.push(text.split(' ', 2).join(' '));
      socket.write('\n');
      await until('the end', () => socket.readableEnded);
    }
    expect(said).to.deep.equal([
      ...Array.from({ length: 5 }, () => '* OK'),
      ...Array.from({ length: 3 }, () => '* BYE'),
    ]);
    for (const socket of sockets) socket.destroy();
    await until('no connection', () => relay.figures().imap.connections === 0);
    expect(outcomes.filter((outcome) => outcome === 'protocol')).to.have.length(5);
  });
});
