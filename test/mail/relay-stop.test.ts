import { expect } from 'chai';
import { until } from '../lab/ports.js';
import {
  clientOf,
  closeRelays,
  LOGIN,
  mailServer,
  PASSWORD,
  PLAIN,
  relayOf,
} from '../support/relay-in-process.js';

describe('the stop of the relay', function () {
  this.timeout(40_000);
  afterEach(closeRelays);

  it('waits for the answer to what a client has sent, such as a mail that is checked', async () => {
    const server = await mailServer((socket) =>
      socket.on('data', (chunk) => {
        if (/^DATA\r\n/.test(String(chunk))) socket.write('354 Go on\r\n');
      }),
    );
    const { port, relay } = await relayOf({ protocol: 'smtp', upstream: server.port });
    const [sending, idle] = [await clientOf(port), await clientOf(port)];
    for (const client of [sending, idle]) {
      client.send(`EHLO a.example.test\r\nAUTH PLAIN ${PLAIN}\r\n`);
      await client.says('235 ');
    }
    sending.send('DATA\r\n');
    await sending.says('354 Go on\r\n');
    sending.send('Subject: x\r\n\r\nbody\r\n.\r\n');
    await until('the mail', () => server.text().endsWith('\r\n.\r\n'));
    const stopped = relay.stop();
    await idle.closed();
    // All are looked at in the same round; this one has been silent for as long as the other.
    expect(relay.figures().smtp.connections).to.equal(1);
    server.sockets[0]?.write('250 2.0.0 Queued\r\n');
    await sending.says('250 2.0.0 Queued\r\n');
    sending.send('QUIT\r\n');
    await until('QUIT', () => server.text().endsWith('QUIT\r\n'));
    server.sockets[0]?.end('221 2.0.0 Goodbye\r\n');
    await sending.closed();
    expect(sending.text().endsWith('221 2.0.0 Goodbye\r\n')).to.equal(true);
    await stopped;
  });

  it('waits for what was sent together with the sign-in', async () => {
    const server = await mailServer();
    const { port, relay } = await relayOf({ upstream: server.port });
    const [asking, idle] = [await clientOf(port), await clientOf(port)];
    asking.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\nb SEARCH TEXT x\r\n`);
    await until('the question', () => server.text() === 'b SEARCH TEXT x\r\n');
    idle.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\n`);
    await idle.says('a OK');
    const stopped = relay.stop();
    await idle.closed();
    expect(relay.figures().imap.connections).to.equal(1);
    server.sockets[0]?.end('b OK\r\n');
    await asking.closed();
    expect(asking.text().endsWith('b OK\r\n')).to.equal(true);
    await stopped;
  });

  it('ends clients that are not signed in, however busy they are', async () => {
    const { port, relay } = await relayOf();
    const client = await clientOf(port);
    await client.says('* OK');
    client.send('a LOGIN "');
    const timer = setInterval(() => client.send('x'), 50).unref();
    await relay.stop();
    clearInterval(timer);
    await client.closed();
    expect(client.text()).to.contain('* BYE The relay is restarting\r\n');
  });

  it('ends all clients when its time is over', async () => {
    const server = await mailServer((socket) => socket.on('data', () => socket.write('x OK\r\n')));
    const { port, relay, outcomes } = await relayOf({ upstream: server.port });
    const client = await clientOf(port);
    client.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\n`);
    await client.says('a OK');
    const timer = setInterval(() => client.send('x NOOP\r\n'), 50).unref();
    await relay.stop(500);
    clearInterval(timer);
    await client.closed();
    expect(outcomes).to.deep.equal(['relayed']);
  });
});
