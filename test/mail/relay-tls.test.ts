import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureVersion } from 'node:tls';
import { expect } from 'chai';
import { startRelay } from '../../plugin/relay/relay-server.js';
import { freePort, until } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';
import { clientOf, closeRelays, LOGIN, mailServer, PASSWORD, relayOf } from '../support/relay-in-process.js';

const PROTOCOLS = ['imap', 'pop3', 'smtp'] as const;
const GREETINGS = { imap: /^\* OK /, pop3: /^\+OK /, smtp: /^220 / };
/** Type of a record of TLS. */
const ALERT = 0x15;
const PROVIDERS_PASSWORD = 'the-real-password-of-the-mailbox';

describe('the relay over TLS', () => {
  afterEach(closeRelays);

  /** @returns the first line that the server says, or the error */
  async function greeting(port: number, maxVersion: SecureVersion = 'TLSv1.3'): Promise<string> {
    const socket = connectTls({
      ...{ host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion, minVersion: 'TLSv1' as const },
      ...{ ciphers: 'DEFAULT:@SECLEVEL=0' },
    });
    const line = await new Promise<string>((resolve) => {
      socket.once('data', (chunk) => resolve(String(chunk)));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    });
    socket.destroy();
    return line;
  }

  it('speaks TLS from the first byte where the scheme says so, in version 1.2 or newer', async () => {
    for (const protocol of PROTOCOLS) {
      const { port } = await relayOf({ protocol, tls: 'implicit', plain: false });
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
        expect(await greeting(port, version), `${protocol} ${version}`).to.match(GREETINGS[protocol]);
      expect(await greeting(port, 'TLSv1.1'), protocol).to.match(/^ERR_SSL_|ECONNRESET/);
    }
  });

  it('says nothing to a client that speaks in the clear where TLS is due, and ends a TLS client where it is not', async () => {
    for (const protocol of PROTOCOLS) {
      const secure = await relayOf({ protocol, tls: 'implicit', plain: false });
      const clear = await clientOf(secure.port);
      clear.send(`a LOGIN ${LOGIN} ${PASSWORD}\r\n`);
      await clear.closed();
      // At most an alert of TLS (RFC 8446 §6).
      expect(clear.text().charCodeAt(0) || ALERT, protocol).to.equal(ALERT);
      expect(secure.attempts).to.deep.equal([]);

      const plain = await relayOf({ protocol });
      expect(await greeting(plain.port), protocol).to.match(/^ERR_SSL_|ECONNRESET|EPROTO/);
      await until('the end', () => plain.relay.figures()[protocol].connections === 0, 10_000);
    }
  });

  it('uses a new certificate for the next connection', async () => {
    const [first, second] = [await selfSigned(), await selfSigned()];
    let now = createSecureContext(first);
    const { port } = await relayOf({ tls: 'implicit', secureContext: () => now });
    const fingerprint = async () => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      return { socket, fingerprint256 };
    };
    const before = await fingerprint();
    now = createSecureContext(second);
    const after = await fingerprint();
    expect(after.fingerprint256).to.not.equal(before.fingerprint256);
    before.socket.write('a NOOP\r\n');
    await until('an answer', () => before.socket.bytesRead > 60, 10_000);
    for (const { socket } of [before, after]) socket.destroy();
  });

  it('cuts a client whose handshake or sign-in never ends, and one that sends its command byte by byte', async () => {
    const { port, outcomes } = await relayOf({ tls: 'implicit', plain: false, patience: 300 });
    const silent = await clientOf(port);
    const half = await clientOf(port);
    // The beginning of a record of TLS.
    half.send('\x16\x03\x01\x02\x00\x01');
    await Promise.all([silent.closed(), half.closed()]);
    const plain = await relayOf({ patience: 300 });
    const slow = await clientOf(plain.port);
    const timer = setInterval(() => slow.send('a'), 20);
    await slow.says('* BYE The sign-in takes too long');
    clearInterval(timer);
    await slow.closed();
    await until('the ends', () => [...outcomes, ...plain.outcomes].join() === 'late,late,late');
  });

  it('ends a client where the certificate cannot be used, and its log names the fault and nothing else', async () => {
    const { port, log, relay } = await relayOf({
      tls: 'starttls',
      secureContext: () => {
        throw new Error(`secret ${PASSWORD}`);
      },
    });
    const client = await clientOf(port);
    client.send('a STARTTLS\r\n');
    await client.closed();
    expect(log).to.deep.equal([
      'the relay listens {"at":"test"}',
      'the relay could not serve a client {"protocol":"imap","address":"127.0.0.1","fault":"Error"}',
    ]);
    expect(relay.figures().imap.connections).to.equal(0);
  });
});

describe('what the relay keeps to itself, and what keeps it going', () => {
  afterEach(closeRelays);

  it('logs no password, whatever clients send as one, in the right place or a wrong one', async () => {
    const server = await mailServer();
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const secret = PROVIDERS_PASSWORD;
    const tries = {
      imap: [
        `a LOGIN ${LOGIN} ${secret}\r\n`,
        `a LOGIN ${LOGIN} {${secret.length}+}\r\n${secret}\r\n`,
        `a AUTHENTICATE PLAIN ${base64(`\0${LOGIN}\0${secret}`)}\r\n`,
        `${secret} ${secret}\r\n`,
        `a LOGIN ${secret}\n`,
      ],
      pop3: [`USER ${LOGIN}\r\nPASS ${secret}\r\n`, `USER ${secret}\r\nPASS x\r\n`, `${secret}\n`],
      smtp: [
        `EHLO x\r\nAUTH PLAIN ${base64(`\0${LOGIN}\0${secret}`)}\r\n`,
        `EHLO ${secret}\r\nAUTH LOGIN ${base64(LOGIN)}\r\n${base64(secret)}\r\n`,
        `AUTH ${secret}\0\r\n`,
      ],
    };
    for (const protocol of PROTOCOLS) {
      const { port, log, relay, outcomes } = await relayOf({ protocol, upstream: server.port });
      for (const bytes of tries[protocol]) {
        const client = await clientOf(port);
        client.send(bytes);
        await client.says(/\r\n[\s\S]*\r\n|BYE|ERR/);
        client.socket.end();
        await client.closed();
      }
      await until('the ends', () => relay.figures()[protocol].connections === 0, 10_000);
      expect(outcomes).to.have.length(tries[protocol].length);
      for (const form of [secret, base64(secret), base64(`\0${LOGIN}\0${secret}`)])
        expect(log.join('\n').includes(form), `${protocol} ${form}`).to.equal(false);
    }
  });

  it('listens at its other places where one is taken, and there too as soon as it is free', async () => {
    const [taken, free] = [await freePort(), await freePort()];
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(taken, '127.0.0.1', resolve));
    const log: string[] = [];
    const note = (facts: { at?: string }, text: string) => void log.push(`${text}: ${facts.at}`);
    const listener = (port: number) => ({
      ...({ protocol: 'imap', tls: null, plain: true, name: String(port), mayRetry: true } as const),
      start: (server: import('node:net').Server) =>
        new Promise<void>((resolve, reject) =>
          server.once('error', reject).listen(port, '127.0.0.1', resolve),
        ),
    });
    const relay = await startRelay(
      [listener(taken), listener(free)],
      {
        open: () => Promise.reject(new Error('not used')),
        secureContext: () => createSecureContext({}),
        hostName: async () => 'helpdesk.example.test',
        log: { info: note, warn: note, error: note },
        limits: { most: 10, mostBefore: 10, mostOfAddress: 10 },
        count: () => undefined,
      },
      20,
    );
    try {
      const client = await clientOf(free);
      await client.says('* OK');
      expect(log.slice(0, 2)).to.deep.equal([
        `the relay does not listen: ${taken}`,
        `the relay listens: ${free}`,
      ]);
      await new Promise((resolve) => squatter.close(resolve));
      await until('the other place', () => log.at(-1) === `the relay listens: ${taken}`, 10_000);
      await (await clientOf(taken)).says('* OK');
    } finally {
      relay.closeAll();
    }
  });
});
