import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { axe } from '../support/axe.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { faultsBySchema } from '../support/json-schemas.js';
import {
  browser,
  console,
  databaseRows,
  lab,
  mailAccount,
  perl,
  type Session,
  session,
  signedIn,
  znunyOauth2,
} from '../support/lab.js';
import { stateRows } from '../support/state-rows.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Mail watch ${Date.now()}`;
const SILENT = `Silent ${Date.now()}`;
const WITH_PASSWORD = 'with-a-password@example.test';

/** The helpdesk's own fetch of one account. */
const fetchMail = (account: number) =>
  console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', String(account)).catch(() => undefined);

describe('the watch of mail, beside the genuine fetcher', function () {
  this.timeout(180_000);
  let admin: Session;
  let configId = 0;
  let account = 0;

  const noted = async (column: string) =>
    (
      await databaseRows(`SELECT ${column} FROM oauth2_sidecar_mailbox WHERE account_id = ${account}`)
    )[0]?.[0];

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    configId = await grantedConfig(NAME);
    account = await mailAccount('IMAP', configId, SUPPORT, await freePort());
    await perl(`$Kernel::OM->Get('Kernel::System::MailAccount')->MailAccountAdd( Login => '${WITH_PASSWORD}',
      Password => 'x', Host => '127.0.0.1', Type => 'IMAP', AuthenticationType => 'password', IMAPFolder => 'INBOX',
      ValidID => 2, Trusted => 0, DispatchingBy => 'Queue', QueueID => 1, UserID => 1 );`);
  });

  after(async () => {
    // Accounts, rows of the log, and the helpdesk's list of its accounts: other tests count them.
    const rows = `SELECT id FROM communication_log WHERE account_id = '${account}' AND transport = 'Email'`;
    const objects = `SELECT id FROM communication_log_object WHERE communication_id IN (${rows})`;
    await databaseRows(
      `DELETE FROM communication_log_object_entry WHERE communication_log_object_id IN (${objects})`,
    );
    await databaseRows(`DELETE FROM communication_log_object WHERE communication_id IN (${rows})`);
    await databaseRows(
      `DELETE FROM communication_log WHERE account_id = '${account}' AND transport = 'Email'`,
    );
    await databaseRows(`DELETE FROM mail_account WHERE login = '${WITH_PASSWORD}'`);
    await removeConfigs([NAME, SILENT]);
    await console('Maint::Cache::Delete', '--type', 'MailAccount');
    await until(
      'the sidecar has forgotten the mailbox',
      async () => (await noted('account_id')) === undefined,
      40_000,
    );
  });

  it('says that nothing is wrong before the first fetch', async () => {
    const { code, out, err } = await znunyOauth2(['mailbox', 'list', '--json']);
    expect(code, err).to.equal(0);
    const row = JSON.parse(out).find((one: { account: number }) => one.account === account);
    expect(row.state).to.equal('never-fetched');
  });

  it('tells on overview, bar and command line that a mail server is not reached', async () => {
    for (let time = 1; time <= 3; time++) await fetchMail(account);
    await until('three failures are noted', async () => (await noted('failures')) === '3', 40_000);
    const page = () =>
      admin.get(`Action=AdminOAuth2TokenManagement;Search=${encodeURIComponent(NAME)}`).then((r) => r.text());
    await until(
      'the overview says so',
      async () => (await page()).includes('data-kind="mail-failing"'),
      40_000,
    );
    expect(await page()).to.match(
      /Mailbox support@example\.test: fetches have failed since .* \(attempts: 3\)\. The mail server cannot be reached/,
    );
    const bar = async () => (await admin.get(`${SCREEN};Subaction=Bar`)).text();
    await until('the bar says so', async () => (await bar()).includes(NAME), 20_000);
    expect(await bar()).to.contain(`OAuth2: ${NAME}: Mailbox ${SUPPORT}: fetches have failed since`);
    const attention = await znunyOauth2(['mailbox', 'list', '--attention']);
    expect(attention.code).to.equal(4);
    expect(attention.out).to.match(
      new RegExp(`${account} +IMAP .*failing +Mailbox ${SUPPORT}: fetches have failed since`),
    );
    const tokens = await znunyOauth2(['token', 'list', '--attention']);
    expect(tokens.code).to.equal(4);
    expect(tokens.out).to.match(
      new RegExp(`${NAME} +mail-failing .* ${SUPPORT} +Mailbox ${SUPPORT}: fetches have failed`),
    );
    const json = await znunyOauth2(['token', 'list', '--attention', '--json']);
    const found = JSON.parse(json.out).find((one: { name: string }) => one.name === NAME);
    expect(found.brokenMailboxes).to.deep.equal([SUPPORT]);
    expect(faultsBySchema('token-list', [found])).to.equal('');
    const metrics = await (await fetch(`http://127.0.0.1:${lab.ports.sidecar}/metrics`)).text();
    expect(metrics.split('\n')).to.include.members([
      `oauth2_sidecar_mailbox_state{account="${account}",state="failing",severity="warning"} 1`,
      `oauth2_sidecar_mailbox_failures{account="${account}"} 3`,
    ]);
  });

  it("is shown on the helpdesk's own page of mail accounts, with a link to the test", async () => {
    const chromium = await browser();
    try {
      const context = await signedIn(chromium, admin);
      const page = await context.newPage();
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => {
        if (request.url().includes('Subaction=MailAccounts')) asked.push(request.url());
      });
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${lab.urls.helpdesk}?Action=AdminMailAccount`);
      const state = page.locator(`[data-oauth2-account="${account}"]`);
      await state.waitFor();
      expect(await state.getAttribute('data-severity')).to.equal('warning');
      expect(await state.innerText()).to.match(
        /OAuth2: Mailbox support@example\.test: fetches have failed since .* \(attempts: 3\)\. The mail server cannot be reached/,
      );
      // In the row of this account, and in no row of an account that signs in with a password.
      expect(await page.locator(`tr:has([data-oauth2-account="${account}"])`).innerText()).to.contain(
        SUPPORT,
      );
      const passwords = page.locator('#MailAccounts tbody tr').filter({ hasText: WITH_PASSWORD });
      expect(await passwords.count()).to.equal(1);
      expect(await passwords.locator('[data-oauth2-account]').count()).to.equal(0);
      expect(await axe(page, '[data-oauth2-account]')).to.deep.equal([]);
      // One request for all, none for each, and nothing twice when it comes again.
      expect(asked).to.have.length(1);
      await page.reload({ waitUntil: 'networkidle' });
      expect(await state.count()).to.equal(1);
      expect(complaints).to.deep.equal([]);
      await state.getByRole('link', { name: 'Test this mailbox' }).click();
      await page.waitForURL(new RegExp(`Subaction=TestMailbox;ID=${configId}$`));
      expect(await page.locator('.MainBox').innerText()).to.contain(SUPPORT);
      // Where the sidecar does not answer, the page is the helpdesk's own.
      await page.route(/Subaction=MailAccounts/, (route) => route.abort());
      await page.goto(`${lab.urls.helpdesk}?Action=AdminMailAccount`, { waitUntil: 'networkidle' });
      expect(await page.locator('#MailAccounts').count()).to.equal(1);
      expect(await state.count()).to.equal(0);
    } finally {
      await chromium.close();
    }
  });

  it('is silent about a mailbox while an admin has muted it', async () => {
    const bar = async () => (await admin.get(`${SCREEN};Subaction=Bar`)).text();
    const page = () => admin.get(`${SCREEN};Search=${encodeURIComponent(NAME)}`).then((r) => r.text());
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const mute = (day: string) =>
      admin.post(`${SCREEN};Subaction=MuteMailbox`, { ID: `${configId}`, Mailbox: `${account}`, Until: day });
    expect(await page()).to.contain(`Action=AdminMailAccount;Subaction=Update;ID=${account}`);
    expect((await mute('2001-01-01')).status).to.equal(422);
    expect((await mute(tomorrow)).status).to.equal(303);
    await until('the bar is silent', async () => !(await bar()).includes(NAME), 40_000);
    expect(await page())
      .to.contain('Muted mailboxes: 1')
      .and.not.contain('data-kind="mail-failing"');
    const muted = await znunyOauth2(['mailbox', 'list', '--attention']);
    expect(muted.out).not.to.contain(SUPPORT);
    expect((await znunyOauth2(['mailbox', 'list'])).out).to.match(/failing +Muted until \d/);
    const { code, err } = await znunyOauth2(['mailbox', 'mute', String(account), '--off']);
    expect(code, err).to.equal(0);
    await until('the bar speaks again', async () => (await bar()).includes(NAME), 60_000);
    const history = await (await admin.get(`${SCREEN};Subaction=History;ID=${configId}`)).text();
    expect(history).to.contain('Mailbox muted').and.contain(`${SUPPORT} ${tomorrow}`);
    expect(history).to.contain('Mailbox no longer muted');
  });

  it('is named by check 28 of the doctor', async () => {
    const { out } = await znunyOauth2(['doctor', '--only', 'mail', '--read-only']);
    expect(out).to.match(/Mail (is failing|cannot be received or sent): support@example\.test\./);
  });

  it('is in the bar once its token has expired, although its template switches all notices off', async () => {
    const bar = async () => (await admin.get(`${SCREEN};Subaction=Bar`)).text();
    const Notifications = { NotifyOnExpiredToken: 0, NotifyOnExpiredRefreshToken: 0 };
    await stateRows([{ name: SILENT, endsIn: -10, document: { Notifications } }]);
    const [row] = await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${SILENT}'`);
    expect(await bar()).not.to.contain(SILENT);
    await mailAccount('IMAPS', Number(row?.[0]), SUPPORT);
    await until('the bar speaks', async () => (await bar()).includes(SILENT), 120_000);
  });
});
