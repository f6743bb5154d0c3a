import { expect } from 'chai';
import type { MailboxReport, MailboxTarget } from '../../plugin/domain/mailbox/mailbox.js';
import { createMailboxProbe, mailAddresses } from '../../plugin/mail/mailbox-probe.js';
import { freePort } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';
import { codeOf } from '../unit/usecases/setup.js';
import { imapScript, type Script, type ScriptedServer, scriptedServer } from './scripted-server.js';

const TOKEN = 'ya29.a0-secret_token.of~the/mailbox+which=nobody.may.see';
const IN_BASE64 = Buffer.from(`user=support@example.test\x01auth=Bearer ${TOKEN}\x01\x01`).toString('base64');

const target = (more: Partial<MailboxTarget>): MailboxTarget => ({
  type: 'IMAP',
  host: '127.0.0.1',
  port: 1,
  login: 'support@example.test',
  folder: '',
  accessToken: TOKEN,
  split: false,
  allowUnprotected: true,
  helloName: 'helpdesk.example.test',
  ...more,
});

const results = ({ steps }: MailboxReport) =>
  Object.fromEntries(steps.map(({ name, result }) => [name, result]));
const said = ({ transcript }: MailboxReport) => transcript.map(({ text }) => text).join('\n');

describe('the mailbox test against servers of every kind', () => {
  const servers: ScriptedServer[] = [];
  let pair: { key: Buffer; cert: Buffer };
  before(async () => {
    pair = await selfSigned();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function server(script: Script): Promise<ScriptedServer> {
    const made = await scriptedServer(script);
    servers.push(made);
    return made;
  }

  const run = async (script: Script, more: Partial<MailboxTarget> = {}, step = 5000, whole = 15_000) => {
    const { port, received, idle } = await server(script);
    const report = await createMailboxProbe({ step, whole, most: 3 }).run(target({ port, ...more }));
    await idle();
    return { report, received };
  };

  const greeting = '* OK ready';

  it('says only what it needs over IMAP, and leaves the mailbox unchanged', async () => {
    const { report, received } = await run({ greeting, answer: imapScript() }, { folder: 'In "box"' });
    expect(report.fault).to.equal(null);
    expect(report.offersXoauth2).to.equal(true);
    expect(received).to.deep.equal([
      'a1 CAPABILITY',
      'a2 AUTHENTICATE XOAUTH2',
      IN_BASE64,
      'a3 EXAMINE "In \\"box\\""',
      'a4 LOGOUT',
    ]);
    expect(report.steps.at(-1)?.found).to.deep.equal([
      {
        text: 'Folder %s was opened read-only. Messages in it: %s.',
        values: ['In "box"', 3],
      },
    ]);
  });

  it('does not let a line end in a folder name become a command', async () => {
    const { report, received } = await run(
      { greeting, answer: imapScript() },
      { folder: 'INBOX"\r\na9 DELETE "INBOX' },
    );
    expect(report.fault).to.deep.include({ code: 'not-understood', step: 'folder' });
    expect(received.join()).to.not.contain('DELETE');
  });

  it('does everything but the sign-in without a token', async () => {
    const { report, received } = await run({ greeting, answer: imapScript() }, { accessToken: null });
    expect(Object.keys(results(report)).at(-1)).to.equal('capability');
    expect(received).to.deep.equal(['a1 CAPABILITY', 'a2 LOGOUT']);
  });

  it('decodes the challenge of an IMAP refusal', async () => {
    const challenge = Buffer.from('{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}');
    let tag = '';
    const answer = imapScript({
      token: (of) => {
        tag = of;
        return `+ ${challenge.toString('base64')}`;
      },
      '': () => `${tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)`,
    });
    const { report } = await run({ greeting, answer });
    expect(report.fault).to.deep.equal({
      code: 'token-refused',
      step: 'sign-in',
      said: '[AUTHENTICATIONFAILED] Invalid credentials (Failure)',
    });
    expect(report.challenge).to.equal(challenge.toString());
  });

  it('recognises a token that signs in over IMAP but opens no mailbox', async () => {
    const answer = imapScript({ EXAMINE: (tag) => `${tag} BAD User is authenticated but not connected.` });
    const { report } = await run({ greeting, answer });
    expect(results(report)['sign-in']).to.equal('ok');
    expect(report.fault?.code).to.equal('folder-refused');
    expect(report.fault?.said).to.equal('User is authenticated but not connected.');
  });

  for (const [type, hello] of [
    ['IMAP', '* BYE too many connections'],
    ['POP3', '-ERR too many connections'],
    ['SMTP', '554 too many connections'],
  ] as const)
    it(`reports that a server turns us away (${type})`, async () => {
      const { report } = await run({ greeting: hello }, { type });
      expect(report.fault?.code).to.equal('turned-away');
      expect(report.fault?.said).to.contain('too many connections');
    });

  it('reports a closed port', async () => {
    const report = await createMailboxProbe().run(target({ port: await freePort() }));
    expect(results(report)).to.deep.equal({ resolve: 'ok', connect: 'fault' });
    expect(report.fault?.code).to.equal('connection-refused');
  });

  it('refuses addresses where no mail server is: link-local, unspecified or of a metadata service', async () => {
    for (const host of [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '0.0.0.0',
      '0',
      'fe80::1%lo',
      '64:ff9b::a9fe:a9fe',
    ]) {
      const report = await createMailboxProbe().run(target({ host }));
      expect(report.fault, host).to.deep.include({ code: 'address-refused', step: 'resolve' });
      expect(results(report), host).to.deep.equal({ resolve: 'fault' });
    }
    const { port } = await server({ greeting });
    const allowed = mailAddresses(['0.0.0.0']);
    const report = await createMailboxProbe(undefined, allowed).run(target({ host: '0.0.0.0', port }));
    expect(results(report)).to.include({ resolve: 'ok', connect: 'ok' });
  });

  it('reports a name that no name server knows', async () => {
    const report = await createMailboxProbe().run(target({ host: `${'a'.repeat(64)}.invalid` }));
    expect(report.fault).to.deep.include({ code: 'host-unknown', step: 'resolve' });
  });

  it('reports a silent server, with and without TLS', async () => {
    const silent: Script = { behave: (socket) => void socket.resume() };
    expect((await run(silent, {}, 150)).report.fault).to.deep.include({ code: 'timeout', step: 'greeting' });
    expect((await run(silent, { type: 'IMAPS' }, 150)).report.fault).to.deep.include({
      code: 'timeout',
      step: 'certificate',
    });
  });

  it('ends a server that trickles by the time limit of the whole test', async () => {
    const answer = (line: string, socket: import('node:net').Socket): undefined => {
      const [tag] = line.split(' ');
      const timer = setInterval(() => socket.write(`* OK wait ${tag}\r\n`), 20);
      socket.on('close', () => clearInterval(timer));
    };
    const { report } = await run({ greeting, answer }, {}, 60_000, 300);
    expect(report.fault).to.deep.include({ code: 'timeout', step: 'capability' });
  });

  it('cuts off megabytes, in one line or in many', async () => {
    for (const piece of ['x'.repeat(16_384), `* OK ${'y'.repeat(500)}\r\n`.repeat(30)]) {
      let sent = 0;
      const { report } = await run({
        behave: (socket) => {
          const more = () => {
            while (sent < 50e6 && socket.writable) {
              sent += piece.length;
              if (!socket.write(piece)) break;
            }
          };
          socket.on('drain', more);
          more();
        },
      });
      expect(report.fault?.code).to.equal('too-much');
      expect(report.transcript.length).to.be.lessThan(82);
      expect(said(report).length).to.be.lessThan(30_000);
      expect(sent).to.be.lessThan(50e6);
    }
  });

  it('lets no markup, control or direction characters into the transcript', async () => {
    const { report } = await run({
      greeting: '* OK \x1b[31m<script>alert(1)</script>\u202egnp.exe\x07',
      answer: imapScript(),
    });
    expect(said(report)).to.contain('\ufffd[31m<script>alert(1)</script>\ufffdgnp.exe\ufffd');
  });

  it('shows nothing of a server of another kind but that kind', async () => {
    const { report } = await run({ greeting: 'HTTP/1.1 400 Bad Request of the intranet' });
    expect(report.fault).to.deep.equal({ code: 'other-protocol', step: 'greeting', said: 'HTTP' });
    expect(report.transcript).to.deep.equal([]);
  });

  it('shows neither a token that is sent back nor a part of it', async () => {
    const answer = imapScript({
      token: (tag) =>
        `* OK ${TOKEN}\r\n* OK ${IN_BASE64}\r\n* OK ${TOKEN.slice(5, 30)} ${IN_BASE64.slice(20, 60)}\r\n${tag} NO no, not "${TOKEN}"`,
    });
    const { report } = await run({ greeting, answer });
    expect(report.fault?.code).to.equal('token-refused');
    expect(report.fault?.said).to.equal('no, not "[redacted]"');
    const all = JSON.stringify(report);
    for (const secret of [TOKEN, IN_BASE64, TOKEN.slice(5, 30), IN_BASE64.slice(20, 60)])
      expect(all).to.not.contain(secret);
    expect(all.split('[redacted]').length).to.be.greaterThan(5);
  });

  it('sends no token without encryption unless that is allowed', async () => {
    const plain = await run({ greeting, answer: imapScript() }, { allowUnprotected: false });
    expect(plain.report.fault).to.deep.equal({ code: 'unprotected', step: 'certificate', said: 'none' });
    expect(plain.received).to.deep.equal([]);
    const untrusted = await run(
      { greeting, answer: imapScript(), tls: pair },
      { type: 'IMAPS', allowUnprotected: false },
    );
    expect(untrusted.report.fault).to.deep.equal({
      code: 'unprotected',
      step: 'certificate',
      said: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(untrusted.received).to.deep.equal([]);
  });

  it('says to which name a certificate was issued, and that the name is another', async () => {
    const { report } = await run(
      { greeting, answer: imapScript(), tls: pair },
      { type: 'IMAPS', host: 'localhost' },
    );
    expect(report.fault).to.equal(null);
    expect(results(report).certificate).to.equal('warning');
    expect(report.certificate).to.deep.include({
      subject: '127.0.0.1',
      names: ['127.0.0.1'],
      issuer: '127.0.0.1',
      faults: ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    });
    const days = ((report.certificate?.validTo?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(days).to.be.within(1, 2.1);
  });

  it('reports TLS on a port where the server speaks without it', async () => {
    const { report } = await run({ greeting, answer: imapScript() }, { type: 'IMAPS' });
    expect(report.fault).to.deep.include({ code: 'tls-failed', step: 'certificate' });
  });

  it('uses STARTTLS over all three protocols, and asks for the capabilities again afterwards', async () => {
    const imap = await run(
      {
        greeting,
        answer: imapScript({ STARTTLS: (tag) => `${tag} OK begin` }),
        tls: pair,
        upgradeAfter: /STARTTLS/,
      },
      { type: 'IMAPTLS' },
    );
    expect(imap.report.fault).to.equal(null);
    expect(imap.received.slice(0, 2)).to.deep.equal(['a1 STARTTLS', 'a2 CAPABILITY']);
  });

  it('ends before the token when STARTTLS is refused', async () => {
    for (const [type, hello, answer] of [
      ['IMAPTLS', greeting, imapScript()],
      ['POP3TLS', '+OK', () => '-ERR unknown command'],
      ['SMTPTLS', '220 mail', (line: string) => (line.startsWith('EHLO') ? '250 mail' : '502 no')],
    ] as const) {
      const { report, received } = await run({ greeting: hello, answer }, { type });
      expect(report.fault, type).to.deep.include({ code: 'starttls-refused', step: 'certificate' });
      expect(received.join('\n')).to.not.contain(IN_BASE64);
    }
  });

  it('ignores what is injected before the handshake', async () => {
    const answer = imapScript({
      STARTTLS: (tag) => `${tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=XOAUTH2`,
    });
    const { report } = await run(
      { greeting, answer, tls: pair, upgradeAfter: /STARTTLS/ },
      { type: 'IMAPTLS' },
    );
    expect(report.fault).to.deep.include({ code: 'not-understood', step: 'certificate' });
  });

  describe('over POP3', () => {
    const CAPA = '+OK\r\nSASL PLAIN XOAUTH2\r\n.';
    const rest = (line: string) => ({ CAPA, STAT: '+OK 2 640', QUIT: '+OK' })[line];
    /** Accepts the token in one form only. */
    const only = (form: 'one' | 'two'): Script['answer'] => {
      let waits = false;
      return (line) => {
        if (waits) {
          waits = false;
          return line === IN_BASE64 ? '+OK' : '-ERR';
        }
        if (line === 'AUTH XOAUTH2') {
          waits = form === 'two';
          return form === 'two' ? '+ ' : '-ERR Protocol error.';
        }
        if (line === `AUTH XOAUTH2 ${IN_BASE64}`) return form === 'one' ? '+OK' : '-ERR Protocol error.';
        return rest(line);
      };
    };

    for (const [split, lines] of [
      [false, [`AUTH XOAUTH2 ${IN_BASE64}`]],
      [true, ['AUTH XOAUTH2', IN_BASE64]],
    ] as const)
      it(`signs in ${split ? 'in two lines' : 'in one line'}, counts and deletes nothing`, async () => {
        const { report, received } = await run(
          { greeting: '+OK ready', answer: only(split ? 'two' : 'one') },
          { type: 'POP3', split },
        );
        expect(report.fault).to.equal(null);
        expect(received).to.deep.equal(['CAPA', ...lines, 'STAT', 'QUIT']);
        expect(said(report)).to.not.contain(IN_BASE64);
      });

    it('tries the other form when one is refused', async () => {
      for (const split of [false, true]) {
        const { report } = await run(
          { greeting: '+OK', answer: only(split ? 'one' : 'two') },
          { type: 'POP3', split },
        );
        expect(report.fault).to.deep.include({ code: 'other-form', step: 'sign-in' });
      }
    });

    it('reports the refusal when both forms are refused', async () => {
      const { report, received } = await run(
        { greeting: '+OK', answer: (line) => rest(line) ?? '-ERR [AUTH] Invalid token' },
        { type: 'POP3' },
      );
      expect(report.fault).to.deep.equal({
        code: 'token-refused',
        step: 'sign-in',
        said: '[AUTH] Invalid token',
      });
      expect(received.filter((line) => line.startsWith('AUTH'))).to.deep.equal([
        `AUTH XOAUTH2 ${IN_BASE64}`,
        'AUTH XOAUTH2',
      ]);
    });

    it('continues where the server lists no capabilities, as the helpdesk does', async () => {
      const { report } = await run(
        {
          greeting: '+OK',
          answer: (line) => (line === 'CAPA' ? '-ERR' : line.startsWith('AUTH') ? '+OK' : rest(line)),
        },
        { type: 'POP3' },
      );
      expect(report.fault).to.equal(null);
      expect(report.offersXoauth2).to.equal(false);
      expect(results(report).capability).to.equal('warning');
    });
  });

  it('runs a few at a time and tells one more to wait', async () => {
    const { port } = await server({ behave: (socket) => void socket.resume() });
    const probe = createMailboxProbe({ step: 300, whole: 300, most: 2 });
    const running = [1, 2].map(() => probe.run(target({ port })));
    expect(await codeOf(probe.run(target({ port })))).to.equal('mailbox-tests-busy');
    await Promise.all(running);
    expect((await probe.run(target({ port }))).fault?.code).to.equal('timeout');
  });
});
