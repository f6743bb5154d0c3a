import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import {
  browser,
  console,
  databaseRows,
  lab,
  perl,
  type Session,
  session,
  signedIn,
  znunyOauth2,
} from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const LOGIN = 'with-a-password@example.test';

/** Its mail accounts and its outbound mail sign in with passwords, which the sidecar does not watch. */
describe('the watch of mail on a helpdesk without OAuth2', function () {
  this.timeout(180_000);
  let admin: Session;
  let account = 0;

  const failures = async () =>
    Number(
      (
        await databaseRows(
          `SELECT COUNT(*) FROM communication_log WHERE account_id = '${account}' AND status = 'Failed'`,
        )
      )[0]?.[0],
    );
  const mark = async () =>
    Number((await databaseRows('SELECT log_id FROM oauth2_sidecar_mail_watch WHERE id = 1'))[0]?.[0] ?? 0);
  const newest = async () =>
    Number((await databaseRows('SELECT MAX(id) FROM communication_log'))[0]?.[0] ?? 0);

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    account = Number(
      await perl(`print $Kernel::OM->Get('Kernel::System::MailAccount')->MailAccountAdd( Login => '${LOGIN}',
        Password => 'x', Host => '127.0.0.1:${await freePort()}', Type => 'IMAP', IMAPFolder => 'INBOX', ValidID => 1,
        Trusted => 0, DispatchingBy => 'Queue', QueueID => 1, UserID => 1 );`),
    );
  });

  after(async () => {
    await databaseRows("DELETE FROM process_id WHERE process_name = 'MailAccountFetch'");
    await databaseRows(`DELETE FROM mail_account WHERE id = ${account}`);
    await console('Maint::Cache::Delete', '--type', 'MailAccount');
  });

  async function isSilent(): Promise<void> {
    await until('the sidecar has read the log', async () => (await mark()) >= (await newest()), 60_000);
    expect((await admin.get(`${SCREEN};Subaction=Bar`)).status).to.equal(204);
    expect((await admin.get(`${SCREEN};Subaction=MailAccounts`)).status).to.equal(204);
    const { code, out, err } = await znunyOauth2(['mailbox', 'list', '--attention', '--json']);
    expect({ code, found: JSON.parse(out), err }).to.deep.equal({ code: 0, found: [], err: '' });
    const metrics = (await (await fetch(`http://127.0.0.1:${lab.ports.sidecar}/metrics`)).text()).split('\n');
    expect(metrics).to.include('oauth2_sidecar_mail_fetching_stopped 0');
    expect(metrics.filter((line) => /^oauth2_sidecar_mailbox(es|_state)\{/.test(line))).to.deep.equal([]);
    const doctor = await znunyOauth2(['doctor', '--only', 'mail', '--read-only', '--json']);
    const [check] = (JSON.parse(doctor.out) as { checks: { result: string; reason: string[] }[] }).checks;
    expect(check?.result).to.equal('ok');
    expect(check?.reason.join(' ')).to.contain('Watched mailboxes: 0');
    // Alerts about configurations, which other tests may have left, have their ID.
    expect(
      await databaseRows(
        "SELECT subject FROM oauth2_sidecar_alert WHERE subject <> 'fetching' AND config_id IS NULL",
      ),
    ).to.deep.equal([]);
  }

  it('says nothing of a mail account whose fetches fail', async () => {
    for (let time = 0; time < 3; time++)
      await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', String(account)).catch(
        String,
      );
    expect(await failures()).to.equal(3);
    await isSilent();
  });

  it('says nothing of a lock that a fetch has left, or of a daemon that does not run', async () => {
    await perl("$Kernel::OM->Get('Kernel::System::PID')->PIDCreate( Name => 'MailAccountFetch' );");
    await databaseRows('UPDATE process_id SET process_create = process_create - 7200');
    await databaseRows('UPDATE oauth2_sidecar_mail_watch SET fetched_at = fetched_at - 7200000');
    await isSilent();
  });

  it('leaves the page of mail accounts as the helpdesk shows it', async () => {
    const chromium = await browser();
    try {
      const page = await (await signedIn(chromium, admin)).newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      const asked = page.waitForResponse(/Subaction=MailAccounts/);
      await page.goto(`${lab.urls.helpdesk}?Action=AdminMailAccount`);
      expect((await asked).status()).to.equal(204);
      await page.waitForLoadState('networkidle');
      expect(await page.locator('#MailAccounts tbody').innerText()).to.contain(LOGIN);
      expect(await page.locator('[data-oauth2-account]').count()).to.equal(0);
      expect(faults).to.deep.equal([]);
    } finally {
      await chromium.close();
    }
  });
});
