import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { RelayRefusal } from '../../plugin/domain/relay/relay-refusal.js';
import type { OpenMailbox } from '../../plugin/relay/serve-client.js';
import { until } from '../lab/ports.js';
import { createRandom } from '../support/random.js';
import {
  base64,
  clientOf,
  closeRelays,
  LOGIN,
  mailServer,
  PASSWORD,
  PLAIN,
  relayOf,
} from '../support/relay-in-process.js';

describe('the relay', () => {
  afterEach(closeRelays);

  it('speaks IMAP up to the sign-in, then passes on what the client has sent ahead, byte by byte', async () => {
    const server = await mailServer();
    const { port } = await relayOf({ upstream: server.port });
    const client = await clientOf(port);
    await client.says('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] helpdesk.example.test');
    client.send('1 CAPABILITY\r\n2 ID NIL\r\n3 NOOP\r\n4 SELECT INBOX\r\n');
    await client.says('4 BAD Sign in first\r\n');
    expect(client.text()).to.contain('* ID NIL\r\n2 OK Completed\r\n3 OK Completed\r\n');
    client.send(`5 LOGIN {20}\r\n`);
    await client.says('+ OK\r\n');
    client.send(`${LOGIN} "${PASSWORD}"\r\n6 APPEND x {3}\r\n\xff\n\0\r\n7 I`);
    await client.says('5 OK [CAPABILITY IMAP4rev1 IDLE] Signed in\r\n* early\r\n');
    await until('the bytes', () => server.text().endsWith('7 I'));
    expect(server.text()).to.equal('6 APPEND x {3}\r\n\xff\n\0\r\n7 I');
    server.sockets[0]?.end('* BYE\r\n');
    await client.closed();
    expect(client.text().endsWith('Signed in\r\n* early\r\n* BYE\r\n')).to.equal(true);
  });

  it('answers ID with 30 fields, as programs send them before the sign-in, and ends a longer one', async () => {
    const { port } = await relayOf();
    const client = await clientOf(port);
    const literals = (count: number) => Array.from({ length: count }, () => '{2+}\r\n\n"').join(' ');
    client.send('1 ID ("name" "Scanner" "version" NIL)\r\n');
    await client.says('1 OK Completed\r\n');
    client.send(`2 ID (${literals(60)})\r\n3 NOOP\r\n`);
    await client.says('* ID NIL\r\n2 OK Completed\r\n3 OK Completed\r\n');
    client.send(`4 ID (${literals(61)})\r\n`);
    await client.says('* BYE This is not the protocol\r\n');
    await client.closed();
  });

  it('takes AUTHENTICATE with PLAIN and LOGIN, and refuses with the code of RFC 5530 three times', async () => {
    const server = await mailServer();
    const { port, attempts, outcomes } = await relayOf({ upstream: server.port });
    const client = await clientOf(port);
    client.send('a AUTHENTICATE LOGIN\r\n');
    await client.says('+ VXNlcm5hbWU6\r\n');
    client.send(`${base64(LOGIN)}\r\n`);
    await client.says('+ UGFzc3dvcmQ6\r\n');
    client.send(`${base64('wrong')}\r\n`);
    await client.says('a NO [AUTHENTICATIONFAILED] Wrong "words"...\r\n');
    client.send('b AUTHENTICATE XOAUTH2 x\r\nc AUTHENTICATE PLAIN ***\r\n');
    await client.says('b NO [CANNOT] Use PLAIN or LOGIN\r\nc BAD This is not a message of PLAIN\r\n');
    client.send(`d LOGIN x y\r\ne LOGIN x y\r\nf AUTHENTICATE PLAIN ${PLAIN}\r\n`);
    await client.says('* BYE Too many failed sign-ins\r\n');
    await client.closed();
    expect(attempts).to.have.length(3);
    await until('the end', () => outcomes.join() === 'wrong-password');
    const second = await clientOf(port);
    second.send(`a AUTHENTICATE PLAIN ${PLAIN}\r\n`);
    await second.says('a OK [CAPABILITY IMAP4rev1 IDLE] Signed in\r\n');
  });

  it('speaks POP3: CAPA, USER and PASS with a password of several words, AUTH, refusals of RFC 3206', async () => {
    const server = await mailServer();
    const words: string[] = [];
    const open: OpenMailbox = async ({ login, password }) => {
      words.push(`${login}|${password}`);
      throw new RelayRefusal(words.length === 1 ? 'action' : 'passing', 'Request a new token.');
    };
    const { port } = await relayOf({ protocol: 'pop3', upstream: server.port, open });
    const client = await clientOf(port);
    client.send('CAPA\r\nSTAT\r\nPASS x\r\nUSER me\r\nPASS two  words \r\n');
    await client.says('-ERR [SYS/PERM] Request a new token.\r\n');
    expect(client.text()).to.equal(
      '+OK helpdesk.example.test relay ready\r\n+OK Capabilities\r\nUSER\r\nSASL PLAIN LOGIN\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n.\r\n-ERR Sign in first\r\n-ERR Send USER first\r\n+OK\r\n-ERR [SYS/PERM] Request a new token.\r\n',
    );
    client.send(`AUTH PLAIN ${PLAIN}\r\n`);
    await client.says('-ERR [SYS/TEMP] Request a new token.\r\n');
    expect(words).to.deep.equal(['me|two  words ', `${LOGIN}|${PASSWORD}`]);
    const good = await relayOf({ protocol: 'pop3', upstream: server.port });
    const other = await clientOf(good.port);
    other.send(`AUTH PLAIN\r\n`);
    await other.says('+ \r\n');
    other.send(`${PLAIN}\r\nSTAT\r\n`);
    await other.says('+OK Signed in\r\n');
    await until('STAT', () => server.text() === 'STAT\r\n');
    other.socket.end();
    await other.closed();
  });

  it("speaks SMTP, gives the client's name to the mail server, and never changes what follows the sign-in", async () => {
    const server = await mailServer();
    const { port, attempts } = await relayOf({ protocol: 'smtp', upstream: server.port });
    const client = await clientOf(port);
    client.send(
      'MAIL FROM:<a@example.test>\r\nAUTH PLAIN x\r\nEHLO bad host\r\nEHLO scanner.example.test\r\n',
    );
    await client.says('250 ENHANCEDSTATUSCODES\r\n');
    expect(client.text()).to.equal(
      '220 helpdesk.example.test ESMTP relay\r\n530 5.7.0 Sign in first (AUTH)\r\n503 5.5.1 Send EHLO first\r\n501 5.5.4 Give your host name\r\n250-helpdesk.example.test\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n',
    );
    client.send(`AUTH PLAIN ${base64('\0x\0y')}\r\n`);
    await client.says('535 5.7.8 Wrong "words"...\r\n');
    // Smuggling: a line feed alone around a dot. The mail server judges it, not the relay.
    const data = 'DATA\r\nhello\n.\nMAIL FROM:<b>\r\n.\r\n\r.\r\x00\xfe';
    client.send(`AUTH PLAIN ${PLAIN}\r\n${data}`);
    await client.says('235 2.7.0 Signed in\r\n');
    await until('the bytes', () => server.text().length >= data.length);
    expect(server.text()).to.equal(data);
    expect(attempts[1]).to.equal(`${LOGIN} ${PASSWORD} scanner.example.test`);
  });

  it('ends a connection with commands sent ahead of the TLS handshake, and takes passwords only after it where required', async () => {
    const server = await mailServer();
    for (const [protocol, start, early] of [
      ['imap', 'a STARTTLS\r\n', `b LOGIN ${LOGIN} ${PASSWORD}\r\n`],
      ['pop3', 'STLS\r\n', `USER ${LOGIN}\r\nPASS ${PASSWORD}\r\n`],
      ['smtp', 'STARTTLS\r\n', `EHLO x\r\nAUTH PLAIN ${PLAIN}\r\n`],
    ] as const) {
      const terms = { protocol, tls: 'starttls', plain: false, upstream: server.port } as const;
      const { port, attempts, outcomes } = await relayOf(terms);
      const client = await clientOf(port);
      client.send(protocol === 'smtp' ? `EHLO x\r\nAUTH PLAIN ${PLAIN}\r\n` : early);
      await client.says(/PRIVACYREQUIRED|\[AUTH\] Begin TLS|530 5\.7\.0/);
      client.send(start + early);
      await client.closed();
      expect(attempts, protocol).to.deep.equal([]);
      await until(`the end of ${protocol}`, () => outcomes.join() === 'protocol');
      const second = await clientOf(port);
      second.send(start);
      await second.says(/Begin TLS now\r\n$/);
      const secured = connectTls({ socket: second.socket, rejectUnauthorized: false });
      second.listen(secured);
      secured.write(early);
      await second.says(/Signed in\r\n/);
    }
  });

  it('lives on where the system cannot accept a connection', async () => {
    const { port, log, servers } = await relayOf();
    // What Node.js does then (ENOMEM, ENOBUFS and others of accept).
    const fault = Object.assign(new Error('accept ENOMEM'), { code: 'ENOMEM' });
    for (const server of servers) for (let count = 0; count < 3; count++) server.emit('error', fault);
    await (await clientOf(port)).says('* OK');
    expect(log.join()).to.contain('the relay could not accept a connection {"at":"test","code":"ENOMEM"}');
  });

  it('ends connections beyond its limits with words of the protocol, and keeps room for clients that are signed in', async () => {
    const server = await mailServer();
    const { port, outcomes, relay } = await relayOf({
      upstream: server.port,
      limits: { most: 4, mostBefore: 2 },
    });
    const first = await clientOf(port);
    first.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\n`);
    await first.says('a OK');
    const waiting = [await clientOf(port), await clientOf(port)];
    for (const client of waiting) await client.says('* OK');
    const refused = await clientOf(port);
    await refused.says('* BYE [UNAVAILABLE] Too many connections');
    await refused.closed();
    waiting[0]?.socket.destroy();
    await until('room', () => relay.figures().imap.connections === 2);
    const next = await clientOf(port);
    await next.says('* OK');
    expect(outcomes).to.deep.equal(['too-many', 'left']);
  });

  it('holds no more than the buffers of the sockets for a slow client of a fast server', async () => {
    let sent = 0;
    const block = Buffer.alloc(64 * 1024, 'x');
    const server = await mailServer((socket) => {
      const fill = () => {
        while (sent < 200e6 && socket.write(block)) sent += block.length;
      };
      socket.on('drain', fill);
      socket.on('data', fill);
    });
    const { port, relay } = await relayOf({ upstream: server.port });
    const client = await clientOf(port);
    client.socket.removeAllListeners('data');
    client.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\nb FETCH\r\n`);
    await until('a standstill', async () => {
      client.socket.pause();
      const before = relay.figures().imap.received;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return before > 0 && relay.figures().imap.received === before;
    });
    const { received } = relay.figures().imap;
    // What the kernel holds on both ways is a few megabytes; all else would be in this process.
    expect(received).to.be.lessThan(20e6);
    let got = 0;
    client.socket.on('data', (chunk) => {
      got += chunk.length;
    });
    client.socket.resume();
    await until('more', () => got > received);
  });

  it('holds no more than that for a slow mail server of a fast client', async () => {
    const block = Buffer.alloc(64 * 1024, 'x');
    const server = await mailServer((socket) => void socket.removeAllListeners('data').pause());
    const { port, relay } = await relayOf({ upstream: server.port });
    const client = await clientOf(port);
    client.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\n`);
    await client.says('a OK');
    let given = 0;
    const fill = () => {
      while (given < 200e6 && client.socket.write(block)) given += block.length;
    };
    client.socket.on('drain', fill);
    fill();
    const taken = () => client.socket.bytesWritten - client.socket.writableLength;
    await until('a standstill', async () => {
      const before = taken();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return before > 0 && taken() === before;
    });
    const held = taken();
    expect(held).to.be.lessThan(20e6);
    server.sockets[0]?.resume();
    await until('more', () => relay.figures().imap.sent > held);
  });

  it('stops: ends clients that are silent, with words before the sign-in, and lets a transfer finish', async function () {
    this.timeout(40_000);
    const server = await mailServer();
    const { port, relay } = await relayOf({ upstream: server.port });
    const [waiting, silent, busy] = [await clientOf(port), await clientOf(port), await clientOf(port)];
    for (const client of [silent, busy]) {
      client.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\n`);
      await client.says('a OK');
    }
    let isOn = true;
    const upstream = server.sockets[1];
    const timer = setInterval(() => isOn && upstream?.write('x'), 100);
    const stopped = relay.stop();
    await waiting.says('* BYE The relay is restarting');
    await silent.closed();
    expect(busy.socket.destroyed).to.equal(false);
    isOn = false;
    clearInterval(timer);
    upstream?.end('end');
    await stopped;
    await busy.closed();
    expect(busy.text().endsWith('end')).to.equal(true);
    expect(relay.figures().imap.connections).to.equal(0);
  });

  it('survives whatever clients send, while another one is served', async function () {
    this.timeout(60_000);
    const server = await mailServer((socket) => socket.pipe(socket));
    const random = createRandom(7);
    const relays = {
      imap: await relayOf({ upstream: server.port, limits: { most: 500, mostBefore: 300 } }),
      pop3: await relayOf({
        protocol: 'pop3',
        upstream: server.port,
        limits: { most: 500, mostBefore: 300 },
      }),
      smtp: await relayOf({
        protocol: 'smtp',
        upstream: server.port,
        limits: { most: 500, mostBefore: 300 },
      }),
    };
    const good = await clientOf(relays.imap.port);
    good.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\n`);
    await good.says('a OK');
    const words = [
      'a ',
      'LOGIN ',
      'AUTHENTICATE ',
      'PLAIN ',
      'LOGIN',
      '{5}',
      '{9999999}',
      '{3+}',
      '\r\n',
      '\n',
      '\0',
      '"',
      '\\',
    ];
    words.push(
      'EHLO x',
      'AUTH ',
      'USER ',
      'PASS ',
      '=',
      '*',
      PLAIN,
      'STARTTLS',
      'CAPA',
      '\xff\xfe',
      ' ',
      'x'.repeat(3000),
    );
    for (let round = 0; round < 60; round++) {
      for (const { port } of Object.values(relays)) {
        const client = await clientOf(port);
        for (let count = random.below(12); count >= 0; count--) {
          client.send(
            Array.from({ length: random.below(8) }, () => words[random.below(words.length)]).join(''),
          );
          if (random.chance(0.3)) await new Promise(setImmediate);
        }
        if (random.chance(0.5)) client.socket.destroy();
        else client.socket.end();
      }
      good.send(`${round} PING\r\n`);
      await good.says(`\r\n${round} PING\r\n`);
    }
    good.socket.end();
    await good.closed();
    for (const { relay } of Object.values(relays))
      await until(
        'no connection',
        () => Object.values(relay.figures()).every(({ connections }) => connections === 0),
        10_000,
      );
  });
});
