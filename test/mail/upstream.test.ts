import { createSecureContext } from 'node:tls';
import { expect } from 'chai';
import { RelayRefusal } from '../../plugin/domain/relay/relay-refusal.js';
import type { UpstreamTarget } from '../../plugin/domain/relay/upstream-target.js';
import { mailAddresses } from '../../plugin/mail/mailbox-probe.js';
import { signInUpstream } from '../../plugin/mail/upstream.js';
import { selfSigned } from '../lab/self-signed.js';
import { imapScript, type Script, type ScriptedServer, scriptedServer } from './scripted-server.js';

const TOKEN = 'token-of-the-test-0123456789';
const RULES = mailAddresses([]);

describe("the relay's sign-in at a mail server", () => {
  let tls: Awaited<ReturnType<typeof selfSigned>>;
  const servers: ScriptedServer[] = [];

  before(async () => {
    tls = await selfSigned();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function signIn(script: Script, target: Partial<UpstreamTarget> = {}, isTrusted = true) {
    const server = await scriptedServer(script);
    servers.push(server);
    const whole: UpstreamTarget = {
      ...{ type: 'IMAPS', host: '127.0.0.1', port: server.port, login: 'support@example.test' },
      ...{ accessToken: TOKEN, helloName: 'helpdesk.example.test' },
      ...target,
    };
    const context = createSecureContext(isTrusted ? { ca: tls.cert } : {});
    const said = await signInUpstream(whole, RULES, context).then(
      ({ socket, rest, capability }) => {
        socket.destroy();
        return `signed in: ${capability} ${rest.toString()}`;
      },
      (error) => `${error.kind}: ${error.message}`,
    );
    return { said, received: server.received };
  }
  const imap = (more: Parameters<typeof imapScript>[0] = {}, greeting = '* OK ready'): Script => ({
    greeting,
    answer: imapScript(more),
    tls,
  });

  it('sends the token once the certificate is verified, and hands over what the server said next', async () => {
    const { said } = await signIn(
      imap({ token: (tag) => `${tag} OK [CAPABILITY IMAP4rev1 IDLE] in\r\n* 1 EXISTS` }),
    );
    expect(said).to.equal('signed in: IMAP4rev1 IDLE * 1 EXISTS\r\n');
  });

  it('sends the token with the command where the greeting offers SASL-IR', async () => {
    const greeting = '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready';
    const { said, received } = await signIn(
      imap({ AUTHENTICATE: (tag) => `* CAPABILITY IMAP4rev1\r\n${tag} OK in` }, greeting),
    );
    expect(said).to.equal('signed in: IMAP4rev1 ');
    expect(received).to.have.length(1);
    expect(received[0]).to.match(/^a1 AUTHENTICATE XOAUTH2 [\w+/]+=*$/);
  });

  it('asks for the capabilities once where the server does not tell them with its answer', async () => {
    const told = await signIn(imap());
    expect(told.said).to.equal('signed in: IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 ');
    expect(told.received.at(-1)).to.equal('a2 CAPABILITY');
    const { said } = await signIn(imap({ CAPABILITY: (tag) => `${tag} BAD what?` }));
    expect(said).to.equal('signed in: null ');
  });

  it('sends no token to a server with an untrusted certificate, with another name, or without TLS', async () => {
    const untrusted = await signIn(imap(), {}, false);
    expect(untrusted.said).to.match(
      /^lasting: The token was not sent, because the certificate of 127\.0\.0\.1:\d+/,
    );
    const other = await signIn(imap(), { host: 'localhost' });
    expect(other.said).to.match(/^lasting: The token was not sent/);
    const plain = await signIn({ greeting: '* OK', answer: imapScript() }, { type: 'IMAP' });
    expect(plain.said).to.match(/^lasting: The token was not sent/);
    for (const { received } of [untrusted, other, plain]) expect(received).to.deep.equal([]);
  });

  it('sends no token where lines were put in before the TLS handshake', async () => {
    for (const [type, greeting, answer, upgradeAfter] of [
      ['IMAPTLS', '* OK', 'a1 OK go\r\n* PREAUTH', /STARTTLS/],
      ['POP3TLS', '+OK', '+OK go\r\n+OK in', /STLS/],
      ['SMTPTLS', '220 ready', '220 go\r\n250 x', /STARTTLS/],
    ] as const) {
      const { said, received } = await signIn(
        {
          ...{ greeting, tls, upgradeAfter },
          answer: (line) =>
            upgradeAfter.test(line) ? answer : line.startsWith('EHLO') ? '250 x' : undefined,
        },
        { type },
      );
      expect(said, type).to.match(/^lasting: /);
      expect(received.join('\n'), type).to.not.match(/XOAUTH2/);
    }
  });

  it('tells a refused token from faults that pass, in the words of each protocol, and never repeats the token', async () => {
    const line = Buffer.from(`user=support@example.test\x01auth=Bearer ${TOKEN}\x01\x01`).toString('base64');
    const pop3 = (answer: string): Script => ({
      ...{ greeting: '+OK', tls },
      answer: (said) => (said === 'AUTH XOAUTH2' ? '+ ' : answer),
    });
    const smtp = (answer: string): Script => ({
      greeting: '220 ready',
      tls,
      answer: (said) => (said.startsWith('EHLO') ? '250-x\r\n250 AUTH XOAUTH2' : answer),
    });
    for (const [script, type, expected] of [
      [imap({ token: (tag) => `${tag} NO AUTHENTICATE failed ${TOKEN}` }), 'IMAPS', /^token-refused: /],
      [imap({ token: (tag) => `${tag} NO [UNAVAILABLE] ${line}` }), 'IMAPS', /^passing: /],
      [imap({}, '* BYE too busy'), 'IMAPS', /^passing: .*too busy|^passing: /],
      [pop3('-ERR [AUTH] no'), 'POP3S', /^token-refused: /],
      [pop3('-ERR [SYS/TEMP] later'), 'POP3S', /^passing: /],
      [smtp('535 5.7.3 no'), 'SMTPS', /^token-refused: /],
      [smtp('454 4.7.0 later'), 'SMTPS', /^passing: /],
    ] as const) {
      const { said } = await signIn(script, { type });
      expect(said).to.match(expected);
      expect(said).to.not.contain(TOKEN).and.not.contain(line.slice(0, 30));
    }
  });

  it('gives the cause where the token itself cannot be obtained, and closes the connection', async () => {
    const refusal = Promise.reject(new RelayRefusal('action', 'Request a new token.'));
    refusal.catch(() => undefined);
    const { said, received } = await signIn(imap(), { accessToken: refusal });
    expect(said).to.equal('action: Request a new token.');
    expect(received).to.deep.equal([]);
    await servers[0]?.idle();
  });

  it('is closed at once when its client has left, whatever it waits for', async () => {
    const left = new AbortController();
    const { said, received } = await signIn(
      imap({
        AUTHENTICATE: () => {
          left.abort();
          return '* OK still checking';
        },
      }),
      { signal: left.signal },
    );
    expect(said).to.match(/^passing: /);
    expect(received).to.deep.equal(['a1 AUTHENTICATE XOAUTH2']);
    await servers[0]?.idle();

    const waiting = new AbortController();
    const never = new Promise<string>(() => setImmediate(() => waiting.abort()));
    const second = await signIn(imap(), { accessToken: never, signal: waiting.signal });
    expect([second.said.split(':')[0], second.received]).to.deep.equal(['passing', []]);
    await servers[1]?.idle();

    const gone = await signIn(imap(), { signal: AbortSignal.abort() });
    expect([gone.said.split(':')[0], gone.received]).to.deep.equal(['passing', []]);
    await servers[2]?.idle();
  });

  it('sends a token of any length in whole', async () => {
    const long = 'x'.repeat(5000);
    const answer = Buffer.from(`user=support@example.test\x01auth=Bearer ${long}\x01\x01`).toString('base64');
    const greeting = '* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready';
    const script = imap({ AUTHENTICATE: (tag) => `* CAPABILITY IMAP4rev1\r\n${tag} OK in` }, greeting);
    const { said, received } = await signIn(script, { accessToken: long });
    expect(said).to.equal('signed in: IMAP4rev1 ');
    expect(received).to.deep.equal([`a1 AUTHENTICATE XOAUTH2 ${answer}`]);
  });

  it('sends the token to a POP3 server in a line of its own', async () => {
    const answer = (line: string) => (line === 'AUTH XOAUTH2' ? '+ ' : '+OK in');
    const { said, received } = await signIn({ greeting: '+OK ready', tls, answer }, { type: 'POP3S' });
    expect(said).to.equal('signed in: null ');
    const token = Buffer.from(`user=support@example.test\x01auth=Bearer ${TOKEN}\x01\x01`).toString('base64');
    expect(received).to.deep.equal(['AUTH XOAUTH2', token]);
  });

  it("gives the client's name to an SMTP server, before and after STARTTLS", async () => {
    const { said, received } = await signIn(
      {
        ...{ greeting: '220 ready', tls, upgradeAfter: /STARTTLS/ },
        answer: (line) =>
          line.startsWith('EHLO') ? '250-x\r\n250 AUTH XOAUTH2' : line === 'STARTTLS' ? '220 go' : '235 in',
      },
      { type: 'SMTPTLS' },
    );
    expect(said).to.equal('signed in: null ');
    expect(received.slice(0, 3)).to.deep.equal([
      'EHLO helpdesk.example.test',
      'STARTTLS',
      'EHLO helpdesk.example.test',
    ]);
  });
});
