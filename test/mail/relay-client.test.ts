import { connect, createServer, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { expect } from 'chai';
import type { MailProtocol } from '../../plugin/domain/mailbox/mailbox.js';
import { protocolOfScheme, type RelayScheme } from '../../plugin/domain/relay/relay-listener.js';
import { RelayRefusal } from '../../plugin/domain/relay/relay-refusal.js';
import { createRelayClient } from '../../plugin/mail/relay-client.js';
import { startRelay } from '../../plugin/relay/relay-server.js';
import type { ClientTerms } from '../../plugin/relay/serve-client.js';
import { freePort } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';

const LOGIN = 'support@example.test';
const PASSWORD = 'right-password';
/** What a mail server answers to the client's last question. */
const ANSWERS: Record<MailProtocol, [question: RegExp, answer: string]> = {
  imap: [/^(\S+) EXAMINE "INBOX"/, '* 3 EXISTS\r\n$1 OK [READ-ONLY] Done\r\n'],
  pop3: [/^STAT/, '+OK 3 120\r\n'],
  smtp: [/^EHLO localhost/, '250-mail.example.test\r\n250 8BITMIME\r\n'],
};
const closers: (() => void)[] = [];

async function listening(onConnect: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnect(socket);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return port;
}

/** A relay of one protocol in front of a mail server that answers one question. */
async function relayOf(protocol: MailProtocol, tls: ClientTerms['tls'] = null, refusal?: RelayRefusal) {
  const [question, answer] = ANSWERS[protocol];
  const upstream = await listening((socket) =>
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (question.test(text)) socket.write(answer.replace('$1', question.exec(text)?.[1] ?? ''));
    }),
  );
  const { key, cert } = await selfSigned();
  const port = await freePort();
  const relay = await startRelay(
    [
      {
        ...{ protocol, tls, plain: tls === null, name: protocol, mayRetry: true },
        start: (server) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
      },
    ],
    {
      async open({ login, password }) {
        if (refusal) throw refusal;
        if (login !== LOGIN || password !== PASSWORD)
          throw new RelayRefusal('credentials', 'Wrong user name or relay password.');
        const socket = connect(upstream, '127.0.0.1');
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
        return {
          connection: { socket, rest: Buffer.alloc(0), capability: null },
          password: { id: 1, configId: 7, client: 'Test' },
        };
      },
      secureContext: () => createSecureContext({ key, cert }),
      hostName: async () => 'helpdesk.example.test',
      log: { info() {}, warn() {}, error() {} },
      limits: { most: 100, mostBefore: 50, mostOfAddress: 10 },
      count: () => undefined,
    },
  );
  closers.push(relay.closeAll);
  return port;
}

const placeOf = (scheme: RelayScheme, port: number) => ({ scheme, at: { host: '127.0.0.1', port } });
const client = createRelayClient();
const GOOD = { login: LOGIN, password: PASSWORD };

describe('a client of the relay for tests', () => {
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  for (const scheme of ['imap', 'imaps', 'pop3', 'pop3s', 'smtp', 'smtps'] as const)
    it(`signs in by ${scheme}, and hears from the mail server behind the relay`, async () => {
      const protocol = protocolOfScheme(scheme);
      const place = placeOf(scheme, await relayOf(protocol, scheme === protocol ? null : 'implicit'));
      expect(await client.greet(place)).to.equal(null);
      expect(await client.signIn(place, GOOD)).to.equal(null);
    });

  for (const protocol of ['imap', 'pop3', 'smtp'] as const)
    it(`tells by ${protocol} why the relay refuses, without the password`, async () => {
      const place = placeOf(protocol, await relayOf(protocol));
      const wrong = await client.signIn(place, { login: LOGIN, password: 'wrong-password' });
      expect(wrong).to.include({ step: 'sign-in', code: 'token-refused' });
      expect(wrong?.said).to.match(/Wrong user name or relay password\./);
      const passing = new RelayRefusal('passing', 'Renewal is on its way.');
      const later = await client.signIn(placeOf(protocol, await relayOf(protocol, null, passing)), GOOD);
      expect(later?.step).to.equal('sign-in');
      expect(later?.said).to.match(/Renewal is on its way\./);
      expect(JSON.stringify([wrong, later])).to.not.match(/(wrong|right)-password/);
    });

  it('tells a closed port, a silent program and another mail server from the relay', async () => {
    const closed = placeOf('imap', await freePort());
    expect(await client.greet(closed)).to.deep.equal({
      step: 'connect',
      code: 'connection-refused',
      said: 'ECONNREFUSED',
    });
    const silent = placeOf('smtp', await listening(() => undefined));
    const hasty = createRelayClient({ greeting: 200, whole: 400 });
    expect(await hasty.greet(silent)).to.include({ step: 'greeting', code: 'timeout' });
    const other = await listening((socket) => socket.write('* OK Dovecot ready.\r\n'));
    expect(await client.greet(placeOf('imap', other))).to.include({
      step: 'greeting',
      code: 'other-protocol',
    });
    expect(await client.signIn(placeOf('imap', other), GOOD)).to.include({ step: 'greeting' });
  });
});
