import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { exec } from '../lab/exec.js';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { faultsBySchema } from '../support/json-schemas.js';
import { deliverMail, provider, znunyOauth2 } from '../support/lab.js';
import { mailProgram } from '../support/mail-programs.js';
import { relayPassword, relaySidecar } from '../support/relay.js';
import { endsIn, storedToken } from '../support/stored-token.js';
import { submissionServer } from '../support/submission-server.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Clients ${Date.now()}`;

describe('the relay, for mail programs that know nothing of it', () => {
  let relay: Awaited<ReturnType<typeof relaySidecar>>;
  let smtp: Awaited<ReturnType<typeof submissionServer>>;
  let configId: number;
  let made: { id: number; password: string };
  let folder: string;

  const imapflow = (pass = made.password) =>
    new ImapFlow({
      ...{ host: '127.0.0.1', port: relay.ports.imap, secure: false, logger: false },
      auth: { user: SUPPORT, pass },
    });
  const refusal = (client: ImapFlow): Promise<{ serverResponseCode?: string; responseText?: string }> =>
    client.connect().then(
      async () => {
        await client.logout();
        return {};
      },
      (error) => error,
    );
  const curl = (url: string, ...args: string[]) =>
    exec('curl', ['-sS', '--max-time', '30', '--user', `${SUPPORT}:${made.password}`, url, ...args]);
  /** The mail that the submission server has received, by its subject. */
  const sent = (subject: string) => () =>
    smtp.received.some(({ text, user }) => user === SUPPORT && text.includes(`Subject: ${subject}`));

  before(async () => {
    await provider.reset();
    folder = mkdtempSync(path.join(tmpdir(), 'oauth-test-'));
    configId = await grantedConfig(NAME);
    smtp = await submissionServer();
    relay = await relaySidecar();
    made = await relayPassword(configId, SUPPORT, { smtp: smtp.port });
    deliverMail(SUPPORT, `${NAME} waiting`);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await relay.stop();
    await smtp.close();
    await removeConfigs([NAME]);
  });

  it('serves imapflow: capabilities of the mail server, search, download, IDLE', async () => {
    const client = imapflow();
    await client.connect();
    expect(client.capabilities.has('IDLE')).to.equal(true);
    const lock = await client.getMailboxLock('INBOX');
    const [found] = (await client.search({ subject: `${NAME} waiting` })) || [];
    const message = await client.fetchOne(String(found), { source: true });
    expect((message || undefined)?.source?.toString()).to.contain('Please help.');
    const idle = client.idle();
    deliverMail(SUPPORT, `${NAME} while idle`);
    await new Promise((resolve) => client.once('exists', resolve));
    lock.release();
    await client.logout();
    await idle;
  });

  it('serves curl by IMAP and POP3, and sends with it by SMTP', async () => {
    const imap = await curl(`imap://127.0.0.1:${relay.ports.imap}/INBOX`, '-X', 'SEARCH ALL');
    expect(imap).to.match(/^\* SEARCH 1\b/);
    expect(await curl(`pop3://127.0.0.1:${relay.ports.pop3}/1`)).to.contain('Please help.');
    const file = path.join(folder, 'mail');
    writeFileSync(file, `Subject: ${NAME} curl\r\n\r\n.dot\r\n`);
    await curl(
      `smtp://127.0.0.1:${relay.ports.smtp}`,
      '--mail-from',
      SUPPORT,
      '--mail-rcpt',
      'a@example.test',
      '-T',
      file,
    );
    await until('the mail', sent(`${NAME} curl`), 10_000);
  });

  it('sends for nodemailer', async () => {
    const transport = createTransport({
      ...{ host: '127.0.0.1', port: relay.ports.smtp, secure: false, ignoreTLS: true },
      auth: { user: SUPPORT, pass: made.password },
    });
    const mail = {
      from: SUPPORT,
      to: 'a@example.test',
      subject: `${NAME} nodemailer`,
      text: 'x'.repeat(300_000),
    };
    await transport.sendMail(mail);
    await until('the mail', sent(`${NAME} nodemailer`), 10_000);
  });

  it('sends for msmtp', async () => {
    const args = [
      '--host=127.0.0.1',
      `--port=${relay.ports.smtp}`,
      '--auth=plain',
      '--tls=off',
      `--user=${SUPPORT}`,
    ];
    args.push(`--passwordeval=echo ${made.password}`, `--from=${SUPPORT}`, 'a@example.test');
    await mailProgram('msmtp', args, `Subject: ${NAME} msmtp\n\nHello\n`);
    await until('the mail', sent(`${NAME} msmtp`), 10_000);
  });

  it('serves fetchmail by IMAP and by POP3', async () => {
    for (const protocol of ['imap', 'pop3'] as const) {
      deliverMail(SUPPORT, `${NAME} fetchmail ${protocol}`);
      const file = path.join(folder, `fetchmailrc-${protocol}`);
      const into = path.join(folder, `fetched-${protocol}`);
      writeFileSync(
        file,
        `poll 127.0.0.1 protocol ${protocol} port ${relay.ports[protocol]} auth password user "${SUPPORT}" password "${made.password}" sslproto "" fetchall keep mda "cat >> ${into}"\n`,
        { mode: 0o600 },
      );
      const args = [
        '--fetchmailrc',
        file,
        '--idfile',
        path.join(folder, 'ids'),
        '--pidfile',
        path.join(folder, 'pid'),
      ];
      await mailProgram('fetchmail', args);
      expect(readFileSync(into, 'utf8')).to.contain(`Subject: ${NAME} fetchmail ${protocol}`);
    }
  });

  it('sends for mutt', async () => {
    const [user, pass] = [SUPPORT, made.password].map(encodeURIComponent);
    const settings = `set smtp_url="smtp://${user}:${pass}@127.0.0.1:${relay.ports.smtp}/" ssl_starttls=no ssl_force_tls=no from="${SUPPORT}" copy=no`;
    await mailProgram(
      'mutt',
      ['-n', '-F', '/dev/null', '-e', settings, '-s', `${NAME} mutt`, 'a@example.test'],
      'Hello\n',
    );
    await until('the mail', sent(`${NAME} mutt`), 10_000);
  });

  it('has the token renewed where it has expired: one renewal for ten clients', async () => {
    const before = await storedToken(configId);
    const renewals = async () => (await provider.state()).requests.refresh_token ?? 0;
    const count = await renewals();
    // Not always at the first try: before the other sidecar renews an expired token, its row says for a moment that it
    // still works, to keep the helpdesk from renewing; and half a minute after the start of a database nobody renews.
    await until(
      'ten clients have a new token',
      async () => {
        await endsIn(configId, -5);
        const clients = Array.from({ length: 10 }, () => imapflow());
        await Promise.all(clients.map((client) => client.connect()));
        await Promise.all(clients.map((client) => client.logout()));
        return (await storedToken(configId)).token !== before.token;
      },
      60_000,
    );
    const after = await storedToken(configId);
    expect(after.refreshToken).to.not.equal(before.refreshToken);
    expect(await renewals()).to.equal(count + 1);
  });

  it('refuses a wrong password, and a revoked one from that moment on', async () => {
    const wrong = `${made.password.slice(0, -1)}${made.password.endsWith('x') ? 'y' : 'x'}`;
    expect((await refusal(imapflow(wrong))).serverResponseCode).to.equal('AUTHENTICATIONFAILED');
    const other = await relayPassword(configId, SUPPORT, { client: 'Other' });
    expect(await refusal(imapflow(other.password))).to.deep.equal({});
    const listed = JSON.parse((await znunyOauth2(['relay', 'list', '--json'])).out);
    expect(listed.find(({ id }: { id: number }) => id === other.id)).to.deep.include({
      client: 'Other',
      login: SUPPORT,
      configId,
    });
    expect(faultsBySchema('relay-list', listed)).to.equal('');
    expect(JSON.stringify(listed)).to.not.contain('scrypt');
    await znunyOauth2(['relay', 'revoke', String(other.id)]);
    expect((await refusal(imapflow(other.password))).serverResponseCode).to.equal('AUTHENTICATIONFAILED');
    expect(await refusal(imapflow())).to.deep.equal({});
  });

  it('says in its metrics how many connections it had, and in its log nothing secret', async () => {
    const text = await (await fetch(`http://127.0.0.1:${relay.port}/metrics`)).text();
    expect(text).to.match(
      /oauth2_sidecar_relay_connections_total\{protocol="imap",outcome="relayed"\} [1-9]/,
    );
    expect(text).to.match(/oauth2_sidecar_relay_bytes_total\{protocol="smtp",direction="sent"\} [1-9]\d{5}/);
    const log = readFileSync(relay.log, 'utf8');
    const { token, refreshToken } = await storedToken(configId);
    for (const secret of [made.password, token, refreshToken, 'Please help.'])
      expect(log.includes(secret), secret.slice(0, 4)).to.equal(false);
  });

  it('says what the overview says after the grant was revoked in the middle, and keeps running connections', async () => {
    const running = imapflow();
    await running.connect();
    await provider.revokeEverything();
    await endsIn(configId, -5);
    const said = await refusal(imapflow());
    expect(said.serverResponseCode).to.equal('AUTHENTICATIONFAILED');
    expect(said.responseText).to.match(/equest a new token/);
    expect(await running.noop().then(() => true)).to.equal(true);
    await running.logout();
  });
});
