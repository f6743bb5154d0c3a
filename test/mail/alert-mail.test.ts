import type { Socket } from 'node:net';
import { expect } from 'chai';
import { SMTPServer } from 'smtp-server';
import { type AlertMailDeps, createMail } from '../../plugin/alert/mail.js';
import type { AlertMessage } from '../../plugin/domain/alert/alert-message.js';
import type { AlertMail } from '../../plugin/domain/alert/mail-settings.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { connectAllowed } from '../../plugin/mail/connect.js';
import { selfSigned } from '../lab/self-signed.js';
import { listen } from '../oauth/hostile-server.js';
import { scriptedServer } from './scripted-server.js';

const PASSWORD = 'the-password-of-the-alerts';
const TOKEN = 'the-token-that-the-server-takes';
const MESSAGE: AlertMessage = {
  id: 'msg_0123456789abcdef',
  type: 'problem',
  at: '2026-11-24T12:00:00.000Z',
  title: '[help.example] Muss beachtet werden: Büro',
  text: '- Das Client-Secret ist abgelaufen.\n.\nEnde',
  link: 'https://help.example/index.pl',
  groups: [],
};

interface Received {
  from: string;
  to: string[];
  user: string;
  isEncrypted: boolean;
  source: string;
}

describe('an alert by mail, at an SMTP server', () => {
  let pair: { key: Buffer; cert: Buffer };
  const servers: SMTPServer[] = [];
  const received: Received[] = [];
  before(async () => {
    pair = await selfSigned();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(resolve));
    received.length = 0;
  });

  const rules = { loopback: addressRules([], { loopback: true }), strict: addressRules([]) };
  const deps = (rule = rules.loopback): AlertMailDeps => ({
    connect: (server) => connectAllowed(server, rule, 2000),
    accessToken: async (name) => (name === 'Outbound' ? TOKEN : null),
  });

  async function start(options: object = {}): Promise<number> {
    const server = new SMTPServer({
      ...pair,
      authMethods: ['PLAIN', 'LOGIN', 'XOAUTH2'],
      onAuth(auth, _session, done) {
        if (auth.password === PASSWORD || auth.accessToken === TOKEN) done(null, { user: auth.username });
        else done(new Error(`Wrong password ${auth.password ?? ''}`));
      },
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          received.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            user: String(session.user ?? ''),
            isEncrypted: session.secure,
            source: Buffer.concat(chunks).toString('utf8'),
          });
          done(null, 'Queued as 4711');
        });
      },
      ...options,
    });
    servers.push(server);
    server.on('error', () => undefined);
    return listen(server.server as never);
  }

  const mailTo = (port: number, server: Partial<AlertMail['server']> = {}): AlertMail => ({
    recipients: ['admin@example.org', 'boss@example.org'],
    sender: 'desk@help.example',
    isHelpdesks: false,
    server: {
      host: '127.0.0.1',
      port,
      tls: 'starttls',
      verify: false,
      auth: { user: 'alerts', password: PASSWORD },
      ...server,
    },
  });

  it('arrives once at everybody, encrypted, readable, and marked as sent by a program', async () => {
    const port = await start();
    const delivery = await createMail(mailTo(port), deps()).send(MESSAGE);
    expect(delivery).to.deep.equal({ ok: true, answer: '250 Queued as 4711' });
    expect(received).to.have.length(1);
    const [{ source, ...mail }] = received as [Received];
    expect(mail).to.deep.equal({
      from: 'desk@help.example',
      to: ['admin@example.org', 'boss@example.org'],
      user: 'alerts',
      isEncrypted: true,
    });
    expect(source).to.match(/^Auto-Submitted: auto-generated\r$/m);
    expect(source).to.match(/^Message-ID: <msg_0123456789abcdef@help\.example>\r$/m);
    expect(source).to.match(/^Subject: =\?UTF-8\?/m);
    expect(source).to.contain('- Das Client-Secret ist abgelaufen.').and.not.contain(PASSWORD);
  });

  it("signs in with the token of the helpdesk's outbound mail", async () => {
    const port = await start();
    const auth = { user: 'desk@example.org', tokenConfig: 'Outbound' };
    expect((await createMail(mailTo(port, { auth }), deps()).send(MESSAGE)).ok).to.equal(true);
    expect(received[0]?.user).to.equal('desk@example.org');
    const none = { user: 'desk@example.org', tokenConfig: 'Other' };
    expect(await createMail(mailTo(port, { auth: none }), deps()).send(MESSAGE)).to.deep.equal({
      ok: false,
      answer: 'no access token: Other',
    });
  });

  it('is not sent to a server whose certificate is not trusted', async () => {
    const port = await start();
    const delivery = await createMail(mailTo(port, { verify: true }), deps()).send(MESSAGE);
    expect(delivery.ok).to.equal(false);
    expect(received).to.deep.equal([]);
  });

  it('hands the password to no server without the encryption that is set', async () => {
    let signIns = 0;
    const port = await start({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth(_auth: unknown, _session: unknown, done: (error: null, answer: object) => void) {
        signIns++;
        done(null, { user: 'x' });
      },
    });
    expect((await createMail(mailTo(port), deps()).send(MESSAGE)).ok).to.equal(false);
    expect([signIns, received.length]).to.deep.equal([0, 0]);
  });

  it("shows the server's refusal, but not a password that it repeats", async () => {
    const port = await start();
    const wrong = { user: 'alerts', password: 'quite-another-password' };
    const delivery = await createMail(mailTo(port, { auth: wrong }), deps()).send(MESSAGE);
    expect(delivery.ok).to.equal(false);
    expect(JSON.stringify(delivery)).to.not.contain('quite-another');
    const full = await start({
      onMailFrom: (_address: unknown, _session: unknown, done: (error: Error) => void) =>
        done(Object.assign(new Error('4.3.1 Mailbox full'), { responseCode: 452 })),
    });
    expect(await createMail(mailTo(full), deps()).send(MESSAGE)).to.deep.equal({
      ok: false,
      answer: '452 4.3.1 Mailbox full',
    });
  });

  it('goes to no special address, and reports a server that is away', async () => {
    const port = await start();
    expect(await createMail(mailTo(port), deps(rules.strict)).send(MESSAGE)).to.deep.equal({
      ok: false,
      answer: 'address-refused',
    });
    const metadata = mailTo(25, { host: '169.254.169.254' });
    expect(await createMail(metadata, deps()).send(MESSAGE)).to.deep.equal({
      ok: false,
      answer: 'address-refused',
    });
    expect(await createMail(mailTo(1), deps()).send(MESSAGE)).to.deep.equal({
      ok: false,
      answer: 'connection-refused',
    });
  });

  for (const tls of ['none', 'implicit', 'starttls'] as const)
    it(`ends the dialogue with a server that asks without end (TLS: ${tls})`, async () => {
      const ask = (socket: Socket): void => {
        if (socket.destroyed) return;
        if (socket.write('334 eA==\r\n'.repeat(500))) setImmediate(ask, socket);
        else socket.once('drain', () => ask(socket));
      };
      const endless = await scriptedServer({
        greeting: '220 ready',
        ...(tls === 'none' ? {} : { tls: pair }),
        ...(tls === 'starttls' ? { upgradeAfter: /^STARTTLS/i } : {}),
        answer(line, socket) {
          if (/^EHLO/i.test(line)) return '250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN';
          if (/^STARTTLS/i.test(line)) return '220 go on';
          if (/^AUTH/i.test(line)) ask(socket);
          return undefined;
        },
      });
      const auth = { user: 'alerts', password: PASSWORD };
      const mail: AlertMail = {
        recipients: ['a@b.example'],
        sender: 's@b.example',
        server: { host: '127.0.0.1', port: endless.port, tls, verify: false, auth },
        isHelpdesks: false,
      };
      expect(await createMail(mail, deps()).send(MESSAGE)).to.deep.equal({ ok: false, answer: 'ESOCKET' });
      // Each answer is for one of the questions in the first 64 KB, which are 6,554 with no other byte.
      expect(endless.received.length).to.be.lessThan(6554);
      await endless.close();
    }).timeout(30_000);
});
