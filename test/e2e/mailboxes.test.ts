import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { SMTPServer } from 'smtp-server';
import { SPLIT_HOSTS } from '../../plugin/domain/helpdesk/split-hosts.js';
import { CREDENTIALS } from '../lab/instance.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { until } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';
import { logFile } from '../lab/servers.js';
import { type Script, type ScriptedServer, scriptedServer } from '../mail/scripted-server.js';
import { listen } from '../oauth/hostile-server.js';
import { forgetFetches, grantedConfig } from '../support/granted-config.js';
import {
  choose,
  console,
  databaseRows,
  deliverMail,
  LOOKS,
  lab,
  MAIL_PORTS,
  mailAccount,
  perl,
  provider,
  type Session,
  session,
} from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement;Subaction=TestMailbox';
const [SUPPORT] = CREDENTIALS.mailboxes;
/** A new one each time, because single tests run again on the same lab. */
const NAME = `Mailboxes ${Date.now()}`;
const TYPES = Object.keys(MAIL_PORTS) as (keyof typeof MAIL_PORTS)[];

/** Step -> result, as the page shows them. */
const stepsOf = (page: string): Record<string, string> =>
  Object.fromEntries(
    [...page.matchAll(/data-step="([^"]+)" data-result="([^"]+)"/g)].map(([, step, result]) => [
      step,
      result,
    ]),
  );

/** The text of an element with an ID, without its markup. */
const textOf = (page: string, id: string): string => {
  const [, , inside = ''] = new RegExp(`<(\\w+) id="${id}"[^>]*>([\\s\\S]*?)</\\1>`).exec(page) ?? [];
  return inside
    .replace(/<[^>]+>/g, ' ')
    .replace(/&quot;/g, '"')
    .replace(/&#x27;/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
};

/** The content of the mailbox: files with their flags, whether read before or not. */
const mailsOf = (user: string): string[] =>
  ['new', 'cur'].flatMap((folder) => readdirSync(path.join(lab.mail, user, folder)).sort());
/** Letters after `:2,` are flags: S seen, T deleted (Maildir). */
const flagsOf = (file: string): string => /:2,(.*)$/.exec(file)?.[1] ?? '';

/** A file that the helpdesk's user can read. */
function writeTemporary(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-test-'));
  const file = path.join(folder, 'hosts.yml');
  writeFileSync(file, text);
  for (const one of [folder, file]) giveToLabUser(one);
  return file;
}

describe('the mailbox test on the genuine helpdesk', () => {
  let admin: Session;
  let configId: number;
  let token: string;
  const accounts = {} as Record<(typeof TYPES)[number], number>;
  const servers: { close(): unknown }[] = [];
  const pages: string[] = [];

  const test = async (fields: Record<string, string>) => {
    const answer = await admin.post(SCREEN, { ID: String(configId), ...fields });
    const page = await answer.text();
    pages.push(page);
    return { status: answer.status, page };
  };
  /** A mail account on a port of ours, for servers that behave as the test needs. */
  async function against(
    type: keyof typeof MAIL_PORTS,
    script: Script,
  ): Promise<ScriptedServer & { account: string }> {
    const server = await scriptedServer(script);
    servers.push(server);
    return { ...server, account: String(await mailAccount(type, configId, SUPPORT, server.port)) };
  }
  const storeToken = (value: string, seconds = 3600) =>
    databaseRows(`UPDATE oauth2_token SET token = '${value}',
      token_expiration_date = UTC_TIMESTAMP() + INTERVAL ${seconds} SECOND WHERE token_config_id = ${configId}`);

  before(async () => {
    await provider.reset();
    admin = await session(CREDENTIALS.admin);
    configId = await grantedConfig(NAME);
    for (const type of TYPES) accounts[type] = await mailAccount(type, configId, SUPPORT);
    // The renewal service must not renew what these tests set.
    await databaseRows(`UPDATE oauth2_token_config SET valid_id = 2 WHERE id = ${configId}`);
    const [row] = await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${configId}`);
    token = row?.[0] ?? '';
    expect(token).to.have.length.greaterThan(20);
  });
  beforeEach(() => storeToken(token));
  after(async () => {
    for (const server of servers) await server.close();
    await databaseRows(`DELETE FROM mail_account WHERE oauth2_token_config_id = ${configId}`);
    await forgetFetches();
    await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      for my $Name (qw(SendmailModule SendmailModule::Host SendmailModule::Port SendmailModule::AuthUser
        SendmailModule::AuthenticationType SendmailModule::OAuth2TokenConfigName ${SPLIT_HOSTS})) {
        my $Lock = $S->SettingLock( Name => $Name, Force => 1, UserID => 1 );
        $S->SettingReset( Name => $Name, ExclusiveLockGUID => $Lock, UserID => 1 );
      }
      $S->ConfigurationDeploy( Comments => 'test', AllSettings => 1, UserID => 1, Force => 1 );`);
  });

  it('lists the mail accounts that use the configuration', async () => {
    const page = await (await admin.get(`${SCREEN};ID=${configId}`)).text();
    for (const type of TYPES) {
      expect(page).to.contain(
        `${SUPPORT} (${type}, 127.0.0.1:${MAIL_PORTS[type]}${type.startsWith('IMAP') ? ', INBOX' : ''})</a>`,
      );
      expect(page).to.contain(`name="Mailbox" value="${accounts[type]}"`);
    }
    expect(page).to.contain('id="NavigationContainer"');
  });

  it('changes no mail over any of the six types: the helpdesk fetches them all afterwards', async () => {
    for (const number of [1, 2]) deliverMail(SUPPORT, `${NAME}: untouched ${number}`);
    const before = mailsOf(SUPPORT).length;
    for (const type of TYPES) {
      const { page, status } = await test({ Mailbox: String(accounts[type]) });
      expect(status).to.equal(200);
      expect(stepsOf(page), type).to.deep.equal({
        resolve: 'ok',
        connect: 'ok',
        certificate: 'warning',
        greeting: 'ok',
        capability: 'ok',
        'sign-in': 'ok',
        folder: 'ok',
      });
      expect(textOf(page, 'MailboxSteps')).to.match(/Messages in (it|the mailbox): \d+\./);
      if (/S$/.test(type)) expect(page).to.contain('Issued to: 127.0.0.1');
    }
    expect(mailsOf(SUPPORT)).to.have.length(before);
    expect(mailsOf(SUPPORT).map(flagsOf).join('')).to.equal('');
    await databaseRows(`UPDATE oauth2_token_config SET valid_id = 1 WHERE id = ${configId}`);
    await console(
      'Maint::PostMaster::MailAccountFetch',
      '--mail-account-id',
      String(accounts.IMAP),
      '--debug',
    );
    await databaseRows(`UPDATE oauth2_token_config SET valid_id = 2 WHERE id = ${configId}`);
    const [count] = await databaseRows(`SELECT COUNT(*) FROM ticket WHERE title LIKE '${NAME}: untouched %'`);
    expect(count).to.deep.equal(['2']);
  });

  it('explains an expired token and offers "Renew now", but does not renew it', async () => {
    await storeToken('an-access-token-that-has-ended', -60);
    const requests = (await provider.state()).requests.refresh_token ?? 0;
    const { page } = await test({ Mailbox: String(accounts.IMAP) });
    expect(stepsOf(page)).to.include({ 'sign-in': 'fault', folder: 'skipped' });
    expect(textOf(page, 'TokenExpired')).to.match(/^The stored access token expired on .* Renew now$/);
    expect(page).to.match(/id="TokenExpired"[\s\S]*?Subaction&#x3D;RefreshToken/);
    expect(textOf(page, 'MailboxExplanation')).to.match(/^The access token has expired/);
    expect((await provider.state()).requests.refresh_token ?? 0).to.equal(requests);
    const [row] = await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${configId}`);
    expect(row?.[0]).to.equal('an-access-token-that-has-ended');
  });

  it('explains a token for another audience, which Dovecot refuses over IMAP and POP3', async () => {
    const claims = { aud: 'https://graph.microsoft.com', upn: 'boss@example.test' };
    const foreign = ['{"alg":"none"}', JSON.stringify(claims), 'signature-of-nobody']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    await storeToken(foreign);
    for (const type of ['IMAPTLS', 'POP3S'] as const) {
      const { page } = await test({ Mailbox: String(accounts[type]) });
      expect(stepsOf(page)).to.include({ capability: 'ok', 'sign-in': 'fault' });
      const explanation = textOf(page, 'MailboxExplanation');
      expect(explanation).to.contain('The token is for another audience (https://graph.microsoft.com)');
      expect(explanation).not.to.contain('The token belongs to');
      expect(page).to.not.contain(foreign);
    }
  });

  it("explains a refused token, with Dovecot's challenge decoded", async () => {
    await storeToken('a-token-of-another-provider');
    const { page } = await test({ Mailbox: String(accounts.IMAPS) });
    expect(JSON.parse(textOf(page, 'MailboxChallenge'))).to.include({ status: '401' });
    expect(textOf(page, 'MailboxExplanation')).to.match(
      /^The server does not accept the token: .*The server said: \[AUTHENTICATIONFAILED\]/,
    );
    expect(textOf(page, 'MailboxTranscript')).to.contain('AUTHENTICATE XOAUTH2').and.contain('[redacted]');
  });

  it('explains that there is no token at all', async () => {
    await databaseRows(`UPDATE oauth2_token SET token = NULL WHERE token_config_id = ${configId}`);
    const { page } = await test({ Mailbox: String(accounts.IMAP) });
    expect(stepsOf(page)).to.include({ capability: 'ok', 'sign-in': 'skipped' });
    expect(page).to.match(/id="MailboxRemedies"[\s\S]*?Subaction&#x3D;RequestToken/);
  });

  it('explains a closed port and a hostile server', async () => {
    const closed = await against('IMAP', {});
    await closed.close();
    const nobody = await test({ Mailbox: closed.account });
    expect(stepsOf(nobody.page)).to.include({ connect: 'fault', 'sign-in': 'skipped' });
    expect(textOf(nobody.page, 'MailboxExplanation')).to.match(/nothing listens on this port/);
    const flood = await against('IMAP', { greeting: `* OK ${'x'.repeat(3_000_000)}` });
    const flooded = await test({ Mailbox: flood.account });
    expect(stepsOf(flooded.page)).to.include({ greeting: 'fault' });
    expect(flooded.page.length).to.be.lessThan(100_000);
    const hostile = await against('IMAP', {
      greeting: '* OK <script>alert(1)</script> {{t "x"}}',
      answer: (line) => `${line.split(' ')[0]} NO <img src=x onerror=alert(1)>`,
    });
    const { page } = await test({ Mailbox: hostile.account });
    expect(page).to.not.contain('<script>alert(1)').and.not.contain('<img src=x');
    expect(page).to.contain('&lt;script&gt;alert(1)&lt;/script&gt; {{t &quot;x&quot;}}');
  });

  it('gives the token to a server that is typed in and has an untrusted certificate only when that is allowed', async () => {
    const typed = { Type: 'IMAPS', Host: `127.0.0.1:${lab.ports.imaps}`, Login: SUPPORT };
    const { page } = await test(typed);
    expect(stepsOf(page)).to.include({ certificate: 'fault', 'sign-in': 'skipped' });
    expect(textOf(page, 'MailboxExplanation')).to.match(
      /^The token was not sent.*The certificate is self-signed\./,
    );
    expect(page).to.contain(`value="127.0.0.1:${lab.ports.imaps}"`);
    const allowed = await test({ ...typed, AllowUnprotected: '1' });
    expect(stepsOf(allowed.page)).to.include({ certificate: 'warning', 'sign-in': 'ok', folder: 'ok' });
  });

  it('marks faults in what is typed in, and reaches no other port of the network', async () => {
    const { page, status } = await test({ Type: 'IMAP', Host: `127.0.0.1:${lab.ports.mariadb}`, Login: '' });
    expect(status).to.equal(422);
    expect(page).to.contain('id="HostFault"').and.contain('id="LoginFault"');
    expect(page).to.not.contain('data-step');
  });

  it('names a command that corrects POP3 with two lines', async function () {
    // The helpdesk's console deploys the whole configuration.
    this.timeout(240_000);
    let waits = false;
    const answer = (line: string) => {
      if (waits) {
        waits = false;
        return '+OK';
      }
      if (line === 'AUTH XOAUTH2') {
        waits = true;
        return '+ ';
      }
      if (line.startsWith('AUTH')) return '-ERR Protocol error. Connection is closed. 10';
      return { CAPA: '+OK\r\nSASL XOAUTH2\r\n.', STAT: '+OK 0 0' }[line] ?? '+OK';
    };
    const server = await against('POP3', { greeting: '+OK', answer });
    const { page } = await test({ Mailbox: server.account });
    expect(stepsOf(page)).to.include({ 'sign-in': 'fault' });
    expect(textOf(page, 'MailboxExplanation')).to.contain('only in the other form');
    const [, shown = ''] = /<pre[^>]*>([\s\S]*?)<\/pre>/.exec(page) ?? [];
    const command = shown.replaceAll('&#x27;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>');
    const [, yaml = ''] = /<<'END'\n([\s\S]*?)END\n/.exec(command) ?? [];
    expect(yaml).to.contain('outlook.office365.com').and.contain(`127.0.0.1:${server.port}`);
    await console(
      'Admin::Config::Update',
      '--setting-name',
      SPLIT_HOSTS,
      '--source-path',
      writeTemporary(yaml),
    );
    await until('the mailbox works', async () => {
      const corrected = await test({ Mailbox: server.account });
      return stepsOf(corrected.page).folder === 'ok';
    });
  });

  it("tests outbound mail over SMTP by the helpdesk's settings", async () => {
    const pair = await selfSigned();
    const server = new SMTPServer({
      ...pair,
      authMethods: ['XOAUTH2'],
      onAuth(auth, _session, done) {
        const { id, secret } = CREDENTIALS.client;
        fetch(`http://127.0.0.1:${lab.ports.provider}/token/introspection`, {
          method: 'POST',
          headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
          body: new URLSearchParams({ token: auth.accessToken ?? '' }),
        })
          .then((answer) => answer.json())
          .then((state: unknown) =>
            (state as { active: boolean }).active
              ? done(null, { user: auth.username })
              : done(null, { data: { status: '401', schemes: 'bearer' } }),
          )
          .catch(done);
      },
    });
    server.on('error', () => undefined);
    servers.push({ close: () => new Promise<void>((resolve) => server.close(resolve)) });
    const port = await listen(server.server as never);
    await perl(`$Kernel::OM->Get('Kernel::System::SysConfig')->SettingsSet( UserID => 1, Settings => [
      { Name => 'SendmailModule', EffectiveValue => 'Kernel::System::Email::SMTPTLS', IsValid => 1 },
      { Name => 'SendmailModule::Host', EffectiveValue => '127.0.0.1', IsValid => 1 },
      { Name => 'SendmailModule::Port', EffectiveValue => '${port}', IsValid => 1 },
      { Name => 'SendmailModule::AuthUser', EffectiveValue => '${SUPPORT}', IsValid => 1 },
      { Name => 'SendmailModule::AuthenticationType', EffectiveValue => 'oauth2_token', IsValid => 1 },
      { Name => 'SendmailModule::OAuth2TokenConfigName', EffectiveValue => '${NAME}', IsValid => 1 } ] ) || die;`);
    await until(
      'the sidecar sees the settings',
      async () => (await test({ Mailbox: 'smtp' })).status === 200,
    );
    const good = await test({ Mailbox: 'smtp' });
    expect(stepsOf(good.page)).to.deep.equal({
      resolve: 'ok',
      connect: 'ok',
      greeting: 'ok',
      certificate: 'warning',
      capability: 'ok',
      'sign-in': 'ok',
    });
    await storeToken('a-token-of-another-provider');
    const refused = await test({ Mailbox: 'smtp' });
    expect(stepsOf(refused.page)).to.include({ 'sign-in': 'fault' });
    expect(textOf(refused.page, 'MailboxChallenge')).to.contain('"status":"401"');
  });

  it('is translated into German', async () => {
    await choose(admin, LOOKS[1]);
    const { page } = await test({ Mailbox: String(accounts.IMAP) });
    await choose(admin, LOOKS[0]);
    expect(textOf(page, 'MailboxSteps'))
      .to.contain('Anmeldung mit XOAUTH2: OK')
      .and.contain('Der Server hat das Token für');
  });

  it('shows neither the token nor the line that carries it on a page or in the log', () => {
    const line = Buffer.from(`user=${SUPPORT}\x01auth=Bearer ${token}\x01\x01`).toString('base64');
    const log = readFileSync(logFile(lab, 'sidecar'), 'utf8');
    expect(log).to.contain('mailbox tested');
    for (const text of [...pages, log]) expect(text.includes(token) || text.includes(line)).to.equal(false);
    expect(pages.length).to.be.greaterThan(15);
  });
});
