import { expect } from 'chai';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { pause, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { killDaemon, startDaemon, stopDaemon } from '../support/daemon.js';
import { grantedConfig, removeAllConfigs } from '../support/granted-config.js';
import {
  console,
  databaseRows,
  lab,
  MAIL_PORTS,
  mailAccount,
  perl,
  type Session,
  session,
  znunyOauth2,
} from '../support/lab.js';
import { switchedMail } from '../support/switched-mail.js';
import { webhookReceiver } from '../support/webhook-receiver.js';

const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const [SUPPORT] = CREDENTIALS.mailboxes;
const TASK = 'Daemon::SchedulerCronTaskManager::Task###MailAccountFetch';
const SETTINGS = [
  'OAuth2Sidecar::Alert::Webhook::URL',
  'OAuth2Sidecar::Alert::DelayMinutes',
  'OAuth2Sidecar::Mail::HangMinutes',
];
const TABLES = ['alert', 'alert_message', 'mailbox', 'mail_watch'];
const DAEMON = 'daemon does not start fetches: start the daemon';
const WAITING = `They wait for the fetch of ${SUPPORT}, which has been running since`;

/** Each fault takes minutes: three runs of the task, which has no shorter period than a minute. */
const itWithFaults = (title: string, work: () => Promise<void>) =>
  process.env.DAEMON_FAULTS === '0' ? undefined : it(title, work);

describe('the watch of mail, beside the genuine daemon', function () {
  this.timeout(900_000);
  let admin: Session;
  let hook: Awaited<ReturnType<typeof webhookReceiver>>;
  let server: Awaited<ReturnType<typeof switchedMail>>;
  /** In the order in which the helpdesk fetches them: the second one is at the server with faults. */
  let accounts: number[] = [];

  before(async () => {
    await removeAllConfigs();
    for (const table of TABLES) await databaseRows(`DELETE FROM oauth2_sidecar_${table}`);
    await databaseRows("DELETE FROM process_id WHERE process_name = 'MailAccountFetch'");
    await databaseRows("DELETE FROM scheduler_recurrent_task WHERE name = 'MailAccountFetch'");
    hook = await webhookReceiver(KEY);
    // Every minute, and ten times faster than the helpdesk is delivered: it kills a fetch after a minute.
    await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      my %Setting = $S->SettingGet( Name => '${TASK}' );
      my %Value = ( %{ $Setting{EffectiveValue} }, Schedule => '*/1 * * * *', Params => [ '--timeout', '60' ] );
      $S->SettingsSet( UserID => 1, Settings => [ { Name => '${TASK}', EffectiveValue => \\%Value, IsValid => 1 } ] ) || die;`);
    await setSettings(lab, [
      { name: 'OAuth2Sidecar::Alert::Webhook::URL', value: hook.url },
      { name: 'OAuth2Sidecar::Alert::DelayMinutes', value: '0' },
      { name: 'OAuth2Sidecar::Mail::HangMinutes', value: '1' },
    ]);
    await stopServer(lab, 'sidecar');
    await startSidecar(lab, { env: { SIDECAR_ALERT_WEBHOOK_SECRET: KEY } });
    admin = await session(CREDENTIALS.admin);
    server = await switchedMail(MAIL_PORTS.IMAP, 'works');
    for (const name of ['One', 'Two', 'Three'])
      accounts.push(await mailAccount('IMAP', await grantedConfig(`Daemon ${name}`), SUPPORT));
    // The helpdesk sorts their IDs as texts.
    accounts = accounts.map(String).sort().map(Number);
    await databaseRows(`UPDATE mail_account SET host = '127.0.0.1:${server.port}' WHERE id = ${accounts[1]}`);
    await console('Maint::Cache::Delete', '--type', 'MailAccount');
  });

  after(async () => {
    await killDaemon();
    await stopServer(lab, 'sidecar');
    await server.close();
    await hook.close();
    await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      for my $Name ( ${[...SETTINGS, TASK].map((name) => `'${name}'`).join(', ')} ) {
        my $Lock = $S->SettingLock( Name => $Name, Force => 1, UserID => 1 );
        $S->SettingReset( Name => $Name, ExclusiveLockGUID => $Lock, UserID => 1 );
      }
      $S->ConfigurationDeploy( Comments => 'test', AllSettings => 1, UserID => 1, Force => 1 );`);
    for (const table of ['scheduler_recurrent_task', 'scheduler_task', 'daemon_runner'])
      await databaseRows(`DELETE FROM ${table}`).catch(() => undefined);
    await databaseRows("DELETE FROM process_id WHERE process_name = 'MailAccountFetch'");
    await removeAllConfigs();
    for (const table of TABLES) await databaseRows(`DELETE FROM oauth2_sidecar_${table}`);
    await startSidecar(lab);
  });

  const bar = async () => {
    const answer = await admin.get(`${SCREEN};Subaction=Bar`);
    return answer.status === 204 ? '' : answer.text();
  };
  const attention = async () => {
    const { code, out, err } = await znunyOauth2(['mailbox', 'list', '--attention']);
    return { code, text: `${out}\n${err}` };
  };
  const metric = async (name: string) =>
    (await (await fetch(`http://127.0.0.1:${lab.ports.sidecar}/metrics`)).text())
      .split('\n')
      .find((line) => line.startsWith(`oauth2_sidecar_${name} `))
      ?.split(' ')[1];
  const wordsTold = () =>
    hook.received.flatMap(({ verified }) => {
      const message = verified as { type: string; data: { groups: { sentence: string }[] } } | null;
      return message?.type === 'alert.problem' ? message.data.groups.map(({ sentence }) => sentence) : [];
    });
  const stateOf = async (account: number | undefined) =>
    (
      await databaseRows(`SELECT state, severity FROM oauth2_sidecar_mailbox WHERE account_id = ${account}`)
    )[0]?.join(' ');
  const fetching = async () =>
    (await databaseRows('SELECT told_fetching FROM oauth2_sidecar_mail_watch WHERE id = 1'))[0]?.[0];

  /** Shown on overview, bar and command line, in the metric, and told to people. */
  async function isShown(words: string): Promise<void> {
    await until(`the bar says: ${words}`, async () => (await bar()).includes(words), 400_000);
    expect(await (await admin.get(SCREEN)).text()).to.contain(words);
    const { code, text } = await attention();
    expect(code).to.equal(4);
    expect(text).to.contain(words);
    expect(await metric('mail_fetching_stopped')).to.equal('1');
    await until(`people are told: ${words}`, () => wordsTold().some((one) => one.includes(words)), 60_000);
  }

  async function isOver(): Promise<void> {
    // After it was killed, the daemon takes up its task again when the lock of the task is five minutes old.
    await until('fetching runs', async () => (await fetching()) === 'fetching-runs', 400_000);
    for (const account of accounts)
      await until(`${account} is fetched`, async () => (await stateOf(account)) === 'fetched 4', 200_000);
    await until('the bar is silent', async () => (await bar()) === '', 60_000);
    expect(await attention()).to.include({ code: 0 });
    expect(await metric('mail_fetching_stopped')).to.equal('0');
    await databaseRows('DELETE FROM oauth2_sidecar_alert');
  }

  it('finds everything well while its task fetches mail', async () => {
    // The task is late, so the daemon starts it at once.
    await databaseRows(`INSERT INTO scheduler_recurrent_task (name, task_type, last_execution_time, lock_key, create_time,
      change_time) VALUES ('MailAccountFetch', 'Cron', '2026-01-01 00:00:00', 0, NOW(), NOW())`);
    await startDaemon();
    await isOver();
  });

  itWithFaults('tells that it was stopped, and clears when it runs again', async () => {
    await stopDaemon();
    await isShown(DAEMON);
    await startDaemon();
    await isOver();
  });

  itWithFaults(
    'tells a fetch that hangs without a gap, although the helpdesk kills it and begins again',
    async () => {
      const [first, silent] = accounts;
      const rounds = async () =>
        Number(
          (
            await databaseRows(
              `SELECT COUNT(*) FROM communication_log WHERE account_id = '${silent}' AND status = 'Processing'`,
            )
          )[0]?.[0],
        );
      const before = await rounds();
      await server.switchTo('silent');
      await isShown(WAITING);
      await until(
        'it was killed twice and begun again',
        async () => {
          expect(await fetching()).to.equal('fetching-stopped');
          await pause(500);
          return (await rounds()) >= before + 3;
        },
        400_000,
      );
      expect(await bar()).to.contain(WAITING);
      expect(await bar()).to.contain('Mailboxes that are not fetched: 1.');
      expect(await stateOf(first)).to.equal('fetched 4');
      expect(await stateOf(silent)).to.equal('hanging 0');
      expect(wordsTold().filter((one) => one.includes(WAITING))).to.have.length(1);
      await server.switchTo('works');
      await isOver();
    },
  );

  itWithFaults(
    'tells that it was killed during a fetch, whose lock keeps others out for ten minutes',
    async () => {
      await server.switchTo('silent');
      await until('a fetch hangs', () => server.connections() > 0, 120_000);
      await killDaemon();
      await server.switchTo('works');
      await isShown(WAITING);
      expect(await console('Maint::PostMaster::MailAccountFetch').catch(String)).to.contain(
        'Unable to register the process',
      );
      // As if ten minutes had passed: the helpdesk no longer respects the lock.
      await databaseRows('UPDATE process_id SET process_create = process_create - 600');
      await startDaemon();
      await isOver();
    },
  );
});
