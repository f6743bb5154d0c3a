import { expect } from 'chai';
import { SMTPServer } from 'smtp-server';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { freePort, until } from '../lab/ports.js';
import { selfSigned } from '../lab/self-signed.js';
import { stopServer } from '../lab/servers.js';
import { grantedConfig, removeAllConfigs } from '../support/granted-config.js';
import {
  console,
  databaseRows,
  lab,
  MAIL_PORTS,
  mailAccount,
  perl,
  provider,
  type Session,
  session,
  znunyOauth2,
} from '../support/lab.js';
import { mailReceiver } from '../support/mail-receiver.js';
import { expiredCertificate, switchedMail } from '../support/switched-mail.js';
import { webhookReceiver } from '../support/webhook-receiver.js';

const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PASSWORD = 'the-password-of-the-alerts';
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const [SUPPORT] = CREDENTIALS.mailboxes;
const [CLOSED, REFUSED, FULL, BUSY, NO_TLS, EXPIRED, OUTBOUND] = [
  'Closed',
  'Refused',
  'Full',
  'Busy',
  'No TLS',
  'Expired certificate',
  'Outbound',
].map((name) => `Fault ${name}`) as [string, string, string, string, string, string, string];

/** Each with the mail server's fault, the words that every place must say, and how severe it is at the second failure. */
const FAULTS = {
  [CLOSED]: { mode: 'closed', severity: 'warning', words: 'The mail server cannot be reached' },
  [REFUSED]: {
    mode: { refusesWith: 'AUTHENTICATE failed.' },
    severity: 'error',
    words: 'The mail server refuses the token and does not say why',
  },
  [FULL]: {
    mode: { refusesWith: '[OVERQUOTA] Mailbox is full' },
    severity: 'error',
    words: 'The mailbox is full',
  },
  [BUSY]: {
    mode: { refusesWith: '[UNAVAILABLE] Temporary authentication failure' },
    severity: 'warning',
    words: 'The server has a temporary problem',
  },
  [NO_TLS]: { mode: 'silent', severity: 'error', words: 'No encrypted connection could be established' },
} as const;

type Server = Awaited<ReturnType<typeof switchedMail>>;

describe('the faults of mail, at the genuine helpdesk', function () {
  this.timeout(600_000);
  let admin: Session;
  let hook: Awaited<ReturnType<typeof webhookReceiver>>;
  let mail: Awaited<ReturnType<typeof mailReceiver>>;
  const servers = new Map<string, Server>();
  const accounts = new Map<string, number>();
  const others: { close(): unknown }[] = [];
  const set = (values: Record<string, string>) =>
    setSettings(
      lab,
      Object.entries(values).map(([name, value]) => ({ name, value })),
    );

  before(async () => {
    await removeAllConfigs();
    await provider.reset();
    for (const table of ['alert', 'alert_message', 'mailbox', 'mail_watch'])
      await databaseRows(`DELETE FROM oauth2_sidecar_${table}`);
    await databaseRows("DELETE FROM oauth2_sidecar_alert_channel WHERE channel <> 'all'");
    await databaseRows("DELETE FROM process_id WHERE process_name = 'MailAccountFetch'");
    hook = await webhookReceiver(KEY);
    mail = await mailReceiver(PASSWORD);
    await set({
      'OAuth2Sidecar::Alert::Webhook::URL': hook.url,
      'OAuth2Sidecar::Alert::Mail::Recipients': 'admin@example.org',
      'OAuth2Sidecar::Alert::Mail::Sender': 'desk@example.org',
      'OAuth2Sidecar::Alert::Mail::Host': '127.0.0.1',
      'OAuth2Sidecar::Alert::Mail::Port': String(mail.port),
      'OAuth2Sidecar::Alert::Mail::User': 'alerts',
      'OAuth2Sidecar::Alert::Mail::VerifyCertificate': '0',
      'OAuth2Sidecar::Alert::DelayMinutes': '0',
      'OAuth2Sidecar::Mail::WarningFailures': '2',
      'OAuth2Sidecar::Mail::HangMinutes': '1',
    });
    await stopServer(lab, 'sidecar');
    await startSidecar(lab, {
      env: { SIDECAR_ALERT_WEBHOOK_SECRET: KEY, SIDECAR_ALERT_SMTP_PASSWORD: PASSWORD },
    });
    admin = await session(CREDENTIALS.admin);
    for (const [name, { mode }] of Object.entries(FAULTS)) {
      const type = name === NO_TLS ? 'IMAPS' : 'IMAP';
      const server = await switchedMail(MAIL_PORTS[type], name === NO_TLS ? { refusesWith: 'no' } : mode);
      servers.set(name, server);
      accounts.set(name, await mailAccount(type, await grantedConfig(name), SUPPORT, server.port));
    }
    const expired = await switchedMail(MAIL_PORTS.IMAP, 'works', await expiredCertificate());
    servers.set(EXPIRED, expired);
    accounts.set(EXPIRED, await mailAccount('IMAPS', await grantedConfig(EXPIRED), SUPPORT, expired.port));
  });

  after(async () => {
    // It would write tokens of the configurations that are removed.
    await stopServer(lab, 'sidecar');
    for (const server of [...servers.values(), ...others, hook, mail]) await server.close();
    await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      for my $Name (qw(SendmailModule SendmailModule::Host SendmailModule::Port SendmailModule::AuthUser
        SendmailModule::AuthenticationType SendmailModule::OAuth2TokenConfigName
        OAuth2Sidecar::Alert::Webhook::URL OAuth2Sidecar::Alert::Mail::Recipients OAuth2Sidecar::Alert::Mail::Sender
        OAuth2Sidecar::Alert::Mail::Host OAuth2Sidecar::Alert::Mail::Port OAuth2Sidecar::Alert::Mail::User
        OAuth2Sidecar::Alert::Mail::VerifyCertificate OAuth2Sidecar::Alert::DelayMinutes
        OAuth2Sidecar::Mail::WarningFailures OAuth2Sidecar::Mail::HangMinutes)) {
        my $Lock = $S->SettingLock( Name => $Name, Force => 1, UserID => 1 );
        $S->SettingReset( Name => $Name, ExclusiveLockGUID => $Lock, UserID => 1 );
      }
      $S->ConfigurationDeploy( Comments => 'test', AllSettings => 1, UserID => 1, Force => 1 );`);
    await databaseRows("DELETE FROM process_id WHERE process_name = 'MailAccountFetch'");
    await databaseRows('DELETE FROM mail_queue');
    await removeAllConfigs();
    for (const table of ['alert', 'alert_message', 'mailbox', 'mail_watch'])
      await databaseRows(`DELETE FROM oauth2_sidecar_${table}`);
    await startSidecar(lab);
  });

  const fetchAll = () => console('Maint::PostMaster::MailAccountFetch').catch(String);
  const page = async (name: string) =>
    (await admin.get(`${SCREEN};Search=${encodeURIComponent(name)}`)).text();
  const bar = async () => {
    const answer = await admin.get(`${SCREEN};Subaction=Bar`);
    return answer.status === 204 ? '' : answer.text();
  };
  const metrics = async () =>
    (await (await fetch(`http://127.0.0.1:${lab.ports.sidecar}/metrics`)).text()).split('\n');
  const attention = async () => {
    const { code, out, err } = await znunyOauth2(['mailbox', 'list', '--attention']);
    return { code, text: `${out}\n${err}` };
  };
  /** All sentences that were told over the webhook, and the texts of all mails; quoted-printable is undone. */
  const told = () => ({
    hooks: hook.received.flatMap(({ verified }) => {
      const message = verified as { type: string; data: { groups: { sentence: string }[] } } | null;
      return message?.type === 'alert.problem' ? message.data.groups.map(({ sentence }) => sentence) : [];
    }),
    mails: mail.received.map(({ source }) =>
      source
        .replace(/=\r?\n/g, '')
        .replace(/\r?\n/g, ' ')
        .replace(/=3D/g, '='),
    ),
  });
  const isTold = (words: string) => {
    const { hooks, mails } = told();
    return hooks.some((text) => text.includes(words)) && mails.some((text) => text.includes(words));
  };
  const noted = async (name: string) =>
    (
      await databaseRows(
        `SELECT state, severity FROM oauth2_sidecar_mailbox WHERE account_id = ${accounts.get(name)}`,
      )
    )[0]?.join(' ');

  it('show with their cause everywhere, and reach people by mail and webhook', async () => {
    for (let time = 0; time < 2; time++) await fetchAll();
    for (const [name, { severity }] of Object.entries(FAULTS))
      await until(
        `${name} is judged`,
        async () => (await noted(name)) === `failing ${severity === 'error' ? 0 : 1}`,
        60_000,
      );
    const { code, text } = await attention();
    expect(code).to.equal(4);
    const lines = await metrics();
    for (const [name, { severity, words }] of Object.entries(FAULTS)) {
      await until(`${name} is on the overview`, async () => (await page(name)).includes(words), 60_000);
      expect(await page(name), name).to.contain(
        `data-kind="${severity === 'error' ? 'mail-stopped' : 'mail-failing'}"`,
      );
      await until(`${name} is in the bar`, async () => (await bar()).includes(name), 60_000);
      const line = text.split('\n').find((one) => one.startsWith(`${accounts.get(name)} `));
      expect(line, name).to.contain(words);
      expect(lines, name).to.include(
        `oauth2_sidecar_mailbox_state{account="${accounts.get(name)}",state="failing",severity="${severity}"} 1`,
      );
      await until(`${name} is told`, () => isTold(words), 60_000);
    }
    const subjects = hook.received.flatMap(({ verified }) =>
      (verified as { data: { groups: { subjects: { kind: string; id: number }[] }[] } }).data.groups.flatMap(
        (group) => group.subjects.filter(({ kind }) => kind === 'mailbox').map(({ id }) => id),
      ),
    );
    expect(new Set(subjects)).to.deep.equal(new Set(Object.keys(FAULTS).map((name) => accounts.get(name))));
    expect(hook.received.filter(({ verified }) => verified === null)).to.deep.equal([]);
  });

  it('are no fault where the helpdesk does not mind: it accepts an expired certificate', async () => {
    expect(await noted(EXPIRED)).to.equal('fetched 4');
    expect((await attention()).text).not.to.contain(EXPIRED);
  });

  it('clear by themselves when they are corrected', async () => {
    for (const [name, server] of servers) if (name !== NO_TLS) await server.switchTo('works');
    await databaseRows(
      `UPDATE mail_account SET host = '127.0.0.1:${MAIL_PORTS.IMAPS}' WHERE id = ${accounts.get(NO_TLS)}`,
    );
    await console('Maint::Cache::Delete', '--type', 'MailAccount');
    await fetchAll();
    for (const name of Object.keys(FAULTS)) {
      await until(`${name} works`, async () => (await noted(name)) === 'fetched 4', 60_000);
      await until(
        `${name} is well on the overview`,
        async () => !(await page(name)).includes('data-kind="mail-'),
        60_000,
      );
    }
    expect((await attention()).code).to.equal(0);
    await until('the bar is silent', async () => !(await bar()).includes('Fault '), 60_000);
    expect(await metrics()).to.include(
      `oauth2_sidecar_mailbox_failures{account="${accounts.get(CLOSED)}"} 0`,
    );
    // What has worked for the time that damps flapping is told as over.
    await databaseRows(
      'UPDATE oauth2_sidecar_alert SET changed_at = changed_at - 3600000, told_at = told_at - 7200000, look_at = 0',
    );
    const isOver = () =>
      hook.received.some(({ verified }) => (verified as { type: string } | null)?.type === 'alert.resolved');
    await until('the end is told', isOver, 60_000);
    const history = await (await admin.get(`${SCREEN};Subaction=History`)).text();
    expect(history).to.contain('Mail works again').and.contain('Mail has stopped');
  });

  it('tell one fetch that hangs once, as the standstill of all, and end with it', async () => {
    const server = servers.get(BUSY) as Server;
    await server.switchTo('silent');
    const hanging = fetchAll();
    await until('the fetch hangs', () => server.connections() > 0, 60_000);
    await until(
      'the bar says so',
      async () => (await bar()).includes('Mailboxes that are not fetched'),
      200_000,
    );
    expect(await page('Fault')).to.contain('They wait for the fetch of');
    const { code, text } = await attention();
    expect(code).to.equal(4);
    expect(text).to.contain('They wait for the fetch of');
    expect(await metrics()).to.include('oauth2_sidecar_mail_fetching_stopped 1');
    await until('it is told', () => isTold('They wait for the fetch of'), 60_000);
    // A second fetch is refused as long as it hangs.
    expect(await fetchAll()).to.contain('Unable to register the process');
    await server.switchTo('works');
    await hanging;
    await fetchAll();
    await until(
      'the bar is silent',
      async () => !(await bar()).includes('Mailboxes that are not fetched'),
      60_000,
    );
    await until(
      'the metric follows',
      async () => (await metrics()).includes('oauth2_sidecar_mail_fetching_stopped 0'),
      60_000,
    );
  });

  /** As if this much time had passed since the last fetch. */
  const age = (minutes: number) =>
    databaseRows(`UPDATE oauth2_sidecar_mail_watch SET fetched_at = fetched_at - ${minutes * 60_000}`);
  /** Three periods of the task must have been watched: the sidecar does not blame what it has not seen. */
  const PERIOD = 'Daemon::SchedulerCronTaskManager::Task###MailAccountFetch';

  it('tell a daemon that is stopped, and a lock that was left over, and clear when mail is fetched', async () => {
    await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      my %Setting = $S->SettingGet( Name => '${PERIOD}' );
      my %Value = ( %{ $Setting{EffectiveValue} }, Schedule => '*/1 * * * *' );
      $S->SettingsSet( UserID => 1, Settings => [ { Name => '${PERIOD}', EffectiveValue => \\%Value, IsValid => 1 } ] ) || die;`);
    try {
      const stops = async (words: string) => {
        await until(`the bar says: ${words}`, async () => (await bar()).includes(words), 300_000);
        expect((await attention()).text).to.contain(words);
        expect(await page('Fault')).to.contain(words);
        await until(`people are told: ${words}`, () => isTold(words), 60_000);
      };
      // Nothing of it has been told before, so that it is told at once.
      await databaseRows('DELETE FROM oauth2_sidecar_alert');
      await age(30);
      await stops('daemon does not start fetches: start the daemon');
      await fetchAll();
      await until('the bar is silent', async () => !(await bar()).includes('No mail'), 60_000);
      await databaseRows('DELETE FROM oauth2_sidecar_alert');

      // A process that ends without giving its lock back, half an hour ago.
      await perl("$Kernel::OM->Get('Kernel::System::PID')->PIDCreate( Name => 'MailAccountFetch' );");
      expect(await fetchAll()).to.contain('Unable to register the process');
      await databaseRows('UPDATE process_id SET process_create = process_create - 500');
      // Rows that are read later would be fetches that have just begun.
      await until('the log is read', async () => {
        const [row] = await databaseRows(
          'SELECT (SELECT MAX(id) FROM communication_log) - log_id FROM oauth2_sidecar_mail_watch WHERE id = 1',
        );
        return Number(row?.[0]) <= 0;
      });
      await age(30);
      await stops('has blocked all others since');
      await console('Maint::PostMaster::MailAccountFetch', '--force-pid');
      await until('the bar is silent again', async () => !(await bar()).includes('No mail'), 60_000);
      expect((await attention()).code).to.equal(0);
    } finally {
      await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
        my $Lock = $S->SettingLock( Name => '${PERIOD}', Force => 1, UserID => 1 );
        $S->SettingReset( Name => '${PERIOD}', ExclusiveLockGUID => $Lock, UserID => 1 );
        $S->ConfigurationDeploy( Comments => 'test', AllSettings => 1, UserID => 1, Force => 1 );`);
    }
  });

  it('tell outbound mail that the server refuses, and end when it takes a mail', async () => {
    let refuses = true;
    const sent: string[] = [];
    const server = new SMTPServer({
      ...(await selfSigned()),
      authMethods: ['XOAUTH2'],
      onAuth(auth, _session, done) {
        if (refuses)
          done(
            Object.assign(
              new Error(
                '5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.',
              ),
              { responseCode: 535 },
            ),
          );
        else done(null, { user: auth.username ?? '' });
      },
      onData(stream, session, done) {
        sent.push(String(session.user));
        stream.resume();
        stream.on('end', () => done());
      },
    });
    server.on('error', () => undefined);
    others.push({ close: () => new Promise<void>((resolve) => server.close(resolve)) });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await grantedConfig(OUTBOUND);
    await set({
      SendmailModule: 'Kernel::System::Email::SMTPTLS',
      'SendmailModule::Host': '127.0.0.1',
      'SendmailModule::Port': String(port),
      'SendmailModule::AuthUser': SUPPORT,
      'SendmailModule::AuthenticationType': 'oauth2_token',
      'SendmailModule::OAuth2TokenConfigName': OUTBOUND,
    });
    const send = async () => {
      await perl(`$Kernel::OM->Get('Kernel::System::Email')->Send(
        From => 'desk@example.test', To => 'customer@example.test', Subject => 'A reply', Charset => 'utf-8',
        MimeType => 'text/plain', Body => 'Hello' );`);
      for (let time = 0; time < 2; time++)
        await console('Maint::Email::MailQueue', '--send', '--force').catch(String);
    };
    await send();
    await databaseRows('UPDATE mail_queue SET due_time = NULL');
    await send();
    const words = 'SMTP AUTH';
    await until(
      'the overview says so',
      async () => (await page(OUTBOUND)).includes('Outbound mail has failed'),
      90_000,
    );
    const shown = /Outbound mail has failed[^<]*/.exec(await page(OUTBOUND))?.[0];
    const queue = await databaseRows('SELECT last_smtp_code, last_smtp_message FROM mail_queue');
    expect(shown, JSON.stringify(queue)).to.contain(words);
    await until('the bar says so', async () => (await bar()).includes(OUTBOUND), 60_000);
    const { code, text } = await attention();
    expect(code).to.equal(4);
    expect(text).to.match(/^smtp .*Outbound mail has failed/m);
    expect(await metrics()).to.include(
      'oauth2_sidecar_mailbox_state{account="smtp",state="failing",severity="error"} 1',
    );
    await until('it is told', () => isTold('Outbound mail has failed'), 60_000);
    refuses = false;
    await databaseRows('UPDATE mail_queue SET due_time = NULL');
    await send();
    expect(sent).to.include(SUPPORT);
    await until(
      'the overview is silent',
      async () => !(await page(OUTBOUND)).includes('Outbound mail has failed'),
      90_000,
    );
    expect((await attention()).code).to.equal(0);
  });
});
