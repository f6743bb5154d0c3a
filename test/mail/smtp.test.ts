import { expect } from 'chai';
import { SMTPServer } from 'smtp-server';
import type { MailboxTarget, MailType } from '../../plugin/domain/mailbox/mailbox.js';
import { createMailboxProbe } from '../../plugin/mail/mailbox-probe.js';
import { selfSigned } from '../lab/self-signed.js';
import { listen } from '../oauth/hostile-server.js';

const GOOD = 'a-token-that-the-server-takes';

describe('the test of outbound mail against an SMTP server', () => {
  let pair: { key: Buffer; cert: Buffer };
  const servers: SMTPServer[] = [];
  let mails = 0;
  before(async () => {
    pair = await selfSigned();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(resolve));
    mails = 0;
  });

  async function run(type: MailType, accessToken: string, options: object = {}) {
    const server = new SMTPServer({
      ...pair,
      secure: type === 'SMTPS',
      // Without STARTTLS the server would let nobody sign in.
      allowInsecureAuth: type === 'SMTP',
      hideSTARTTLS: type === 'SMTP',
      authMethods: ['XOAUTH2'],
      onAuth(auth, _session, done) {
        if (auth.accessToken === GOOD && auth.username === 'support@example.test')
          return done(null, { user: 'support' });
        done(null, { data: { status: '401', schemes: 'bearer mac', scope: 'https://mail.google.com/' } });
      },
      onMailFrom(_address, _session, done) {
        mails++;
        done();
      },
      ...options,
    });
    servers.push(server);
    server.on('error', () => undefined);
    const port = await listen(server.server as never);
    const target: MailboxTarget = {
      type,
      host: '127.0.0.1',
      port,
      login: 'support@example.test',
      folder: '',
      accessToken,
      split: false,
      allowUnprotected: true,
      helloName: 'helpdesk.example.test',
    };
    return createMailboxProbe().run(target);
  }

  for (const type of ['SMTP', 'SMTPS', 'SMTPTLS'] as const) {
    it(`signs in and sends nothing (${type})`, async () => {
      const report = await run(type, GOOD);
      expect(report.fault).to.equal(null);
      expect(report.offersXoauth2).to.equal(true);
      expect(report.steps.map(({ name }) => name)).to.deep.equal(
        type === 'SMTPTLS'
          ? ['resolve', 'connect', 'greeting', 'certificate', 'capability', 'sign-in']
          : ['resolve', 'connect', 'certificate', 'greeting', 'capability', 'sign-in'],
      );
      expect(mails).to.equal(0);
      const said = report.transcript.map(({ from, text }) => `${from}: ${text}`);
      expect(said).to.include('client: EHLO helpdesk.example.test');
      expect(said).to.include('client: AUTH XOAUTH2 [redacted]');
      expect(said.at(-1)).to.equal('client: QUIT');
    });

    it(`reports a token that is refused (${type})`, async () => {
      const report = await run(type, 'a-token-that-the-server-refuses');
      expect(report.fault).to.deep.include({ code: 'token-refused', step: 'sign-in' });
      expect(report.fault?.said).to.match(/^535 /);
      expect(JSON.parse(report.challenge ?? '')).to.deep.equal({
        status: '401',
        schemes: 'bearer mac',
        scope: 'https://mail.google.com/',
      });
      expect(JSON.stringify(report)).to.not.contain('a-token-that-the-server-refuses');
    });
  }

  it('recognises a server that offers only other ways to sign in', async () => {
    const report = await run('SMTPTLS', GOOD, { authMethods: ['PLAIN', 'LOGIN'] });
    expect(report.offersXoauth2).to.equal(false);
    expect(report.steps.find(({ name }) => name === 'capability')?.found).to.deep.equal([
      { text: 'The server does not offer XOAUTH2, only: %s.', values: ['PLAIN LOGIN'] },
    ]);
  });
});
