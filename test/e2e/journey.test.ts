import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { formatTime } from '../../plugin/web/locale.js';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { IS_POSTGRES } from '../support/database.js';
import { forgetFetches, removeAllConfigs } from '../support/granted-config.js';
import {
  browser,
  console,
  databaseRows,
  deliverMail,
  lab,
  mailAccount,
  perl,
  provider,
  signIn,
} from '../support/lab.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const OVERVIEW = `${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement`;
const NAME = 'Support mailbox';
/** In each subject, because single tests run again on the same lab. */
const RUN = Date.now();
const SPLIT_HOSTS = 'MailAccount::POP3::Auth::SplitOAuth2MethodAndToken::Hosts';

const rowOf = (page: Page, name = NAME) => page.locator('#OAuth2TokenConfigs tbody tr', { hasText: name });

async function storedToken() {
  const [row] = await databaseRows(
    `SELECT t.token, t.refresh_token, t.token_expiration_date, COALESCE(t.error_message, ''), c.id
     FROM oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.name = '${NAME}'`,
  );
  if (!row) throw new Error('No token row');
  const [token = '', refreshToken = '', expires = '', error = '', configId = ''] = row;
  return { token, refreshToken, expires, error, configId: Number(configId) };
}

/** The database stores times in the helpdesk's zone, here UTC. */
const expiresIn = (seconds: number) =>
  databaseRows(`UPDATE oauth2_token SET change_time = UTC_TIMESTAMP() - INTERVAL 1 HOUR,
    token_expiration_date = UTC_TIMESTAMP() + INTERVAL ${seconds} SECOND
    WHERE token_config_id = (SELECT id FROM oauth2_token_config WHERE name = '${NAME}')`);

const ticketsNamed = async (subject: string) =>
  Number((await databaseRows(`SELECT COUNT(*) FROM ticket WHERE title = '${subject}'`))[0]?.[0]);

async function fetchMail(accountId: number): Promise<void> {
  const printed = await console(
    'Maint::PostMaster::MailAccountFetch',
    '--mail-account-id',
    String(accountId),
    '--debug',
  );
  if (/error/i.test(printed)) throw new Error(printed);
}

describe('from an empty helpdesk to tickets, in the browser', () => {
  let chromium: Browser;
  let page: Page;

  before(async () => {
    await removeAllConfigs();
    await provider.reset();
    chromium = await browser();
    page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
  });
  after(async () => {
    await chromium.close();
    await forgetFetches();
    await provider.reset();
    await perl(
      `$Kernel::OM->Get('Kernel::System::SysConfig')->SettingsSet( UserID => 1, Settings => [
         { Name => '${SPLIT_HOSTS}', EffectiveValue => ['outlook.office365.com', 'pop-mail.outlook.com'], IsValid => 1 } ] );`,
    );
  });

  it("the OAuth2 tile of the admin page leads to our overview in the helpdesk's frame", async () => {
    await page.goto(`${lab.urls.helpdesk}?Action=Admin`);
    await signIn(page, CREDENTIALS.admin);
    await page.locator('a[href*="AdminOAuth2TokenManagement"]').first().click();
    await page.waitForURL(/Action=AdminOAuth2TokenManagement/);
    expect(await page.locator('.OAuth2Choices strong').allInnerTexts()).to.deep.equal([
      'Microsoft 365',
      'Google Workspace / Gmail',
      'Other provider',
      'Import',
    ]);
    expect(await page.locator('#NavigationContainer').count()).to.equal(1);
    expect(await page.locator('#Footer').count()).to.equal(1);
    expect(await page.title()).to.equal('OAuth2 token configurations - Znuny');
    expect(await page.locator('[data-check=http-type]').innerText())
      .to.contain('The helpdesk uses https: Failed')
      .and.contain('HttpType is not https')
      .and.contain('Admin::Config::Update --setting-name HttpType --value https');
    expect(await page.locator('[data-check=callback]').innerText()).to.equal(
      "The sidecar receives the provider's responses: OK",
    );
  });

  it('the form adds a configuration from the Microsoft template; faults are named and nothing typed is lost', async () => {
    await page.goto(
      `${OVERVIEW};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=microsoft-common`,
    );
    expect(await page.locator('#TemplateName').innerText()).to.equal('Microsoft Common');
    expect(await page.inputValue('#RedirectURI')).to.equal(lab.urls.callback);
    await page.fill('#Name', NAME);
    await page.fill('#ClientID', CREDENTIALS.client.id);
    await page.fill('#ClientSecret', CREDENTIALS.client.secret);
    await page.click('#Advanced summary');
    await page.fill('#AuthorizationCodeRequestURL', 'not an address');
    await page.click('#Submit');
    await page.waitForSelector('#AuthorizationCodeRequestURLFault');
    expect(await page.inputValue('#Name')).to.equal(NAME);
    expect(await page.inputValue('#ClientSecret')).to.equal('');
    expect(await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${NAME}'`)).to.deep.equal([]);
    await page.fill('#AuthorizationCodeRequestURL', `${lab.urls.provider}/auth`);
    await page.fill('#TokenByAuthorizationCodeRequestURL', `${lab.urls.provider}/token`);
    await page.fill('#TokenByRefreshTokenRequestURL', `${lab.urls.provider}/token`);
    await page.fill('#ClientSecret', CREDENTIALS.client.secret);
    await page.click('#Submit');
    await page.waitForURL(/Notice=saved/);
    expect(await rowOf(page).locator('.TokenStatus').textContent()).to.equal(
      'No token has been requested yet.',
    );
  });

  it('the form refuses a name that is taken', async () => {
    await page.goto(
      `${OVERVIEW};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=google-mail`,
    );
    // PostgreSQL distinguishes case, and so does the helpdesk there.
    await page.fill('#Name', IS_POSTGRES ? NAME : NAME.toUpperCase());
    await page.fill('#ClientID', 'x');
    await page.fill('#ClientSecret', 'x');
    await page.click('#Submit');
    expect(await page.locator('#NameFault').innerText()).to.equal(
      'There is already a token configuration with this name.',
    );
  });

  it("an admin requests a token; its end is shown in the admin's time zone", async () => {
    await page.goto(OVERVIEW);
    await rowOf(page).locator('button', { hasText: 'Request new token' }).click();
    await page.waitForURL(/\/interaction\//);
    await page.click('button[value=allow]');
    await page.waitForURL(/Notice=received/);
    const stored = await storedToken();
    expect(stored.token).to.have.length.greaterThan(20);
    expect(stored.refreshToken).to.have.length.greaterThan(20);
    const expires = new Date(`${stored.expires.replace(' ', 'T')}Z`);
    const text = formatTime(expires, { language: 'en', timeZone: 'Europe/Berlin' });
    expect(page.url()).to.not.contain('code=');
    await page.goto(OVERVIEW);
    expect(await rowOf(page).locator('.TokenStatus').textContent()).to.equal(`Token is valid until ${text}.`);
  });

  it("the helpdesk's mail account screen offers the configuration at once", async () => {
    await page.goto(`${lab.urls.helpdesk}?Action=AdminMailAccount;Subaction=AddNew`);
    const options = await page.locator('#OAuth2TokenConfigID option').allInnerTexts();
    expect(options).to.include(NAME);
  });

  it('the helpdesk signs in over IMAP and turns a mail into a ticket', async () => {
    const { configId } = await storedToken();
    deliverMail(SUPPORT, `Ticket by IMAP ${RUN}`);
    await fetchMail(await mailAccount('IMAP', configId, SUPPORT));
    expect(await ticketsNamed(`Ticket by IMAP ${RUN}`)).to.equal(1);
  });

  it('the helpdesk does the same over POP3, in one line and in two', async () => {
    const { configId } = await storedToken();
    const account = await mailAccount('POP3', configId, SUPPORT);
    deliverMail(SUPPORT, `Ticket by POP3 ${RUN}`);
    await fetchMail(account);
    expect(await ticketsNamed(`Ticket by POP3 ${RUN}`)).to.equal(1);
    await perl(
      `$Kernel::OM->Get('Kernel::System::SysConfig')->SettingsSet( UserID => 1, Settings => [
         { Name => '${SPLIT_HOSTS}', EffectiveValue => ['127.0.0.1', '127.0.0.1:${lab.ports.pop3}'], IsValid => 1 } ] );`,
    );
    deliverMail(SUPPORT, `Ticket by POP3 split ${RUN}`);
    await fetchMail(account);
    expect(await ticketsNamed(`Ticket by POP3 split ${RUN}`)).to.equal(1);
  });

  it('a configuration in use shows what uses it, and cannot be deleted', async () => {
    await page.goto(OVERVIEW);
    expect(await rowOf(page).textContent()).to.contain(`${SUPPORT} (IMAP, 127.0.0.1:${lab.ports.imap})`);
    expect(await rowOf(page).locator('.OAuth2Item', { hasText: 'Delete' }).count()).to.equal(0);
  });

  it('the token is renewed ahead of its end, and the helpdesk fetches with the new one', async () => {
    const before = await storedToken();
    const requestsBefore = (await provider.state()).requests.refresh_token ?? 0;
    await expiresIn(120);
    await until('our renewal', async () => (await storedToken()).token !== before.token, 100_000);
    const after = await storedToken();
    expect(after.refreshToken).to.not.equal(before.refreshToken);
    expect((await provider.state()).requests.refresh_token).to.equal(requestsBefore + 1);
    deliverMail(SUPPORT, `Ticket after renewal ${RUN}`);
    const [account] = await databaseRows("SELECT id FROM mail_account WHERE account_type = 'IMAP'");
    await fetchMail(Number(account?.[0]));
    expect(await ticketsNamed(`Ticket after renewal ${RUN}`)).to.equal(1);
  });

  it('after a revocation the bar leads an admin to the overview, and other agents see nothing', async () => {
    await provider.revokeEverything();
    await expiresIn(60);
    await until('the refusal', async () => (await storedToken()).error === 'invalid_grant', 100_000);
    await page.goto(`${lab.urls.helpdesk}?Action=AgentDashboard`);
    // Other configurations that need attention may appear beside it.
    const bar = page.locator('[data-oauth2-sidecar-bar] .MessageBox', { hasText: NAME });
    await bar.waitFor({ state: 'attached' });
    // A late notification is one line until somebody opens it.
    await page.keyboard.press('Tab');
    await page.evaluate(
      "document.querySelectorAll('[data-oauth2-sidecar-bar] details').forEach((more) => { more.open = true; })",
    );
    expect(await bar.innerText()).to.contain(`${NAME}: The provider ended the grant`);
    // The built-in bar is switched off.
    expect(await page.locator('.MessageBox', { hasText: NAME }).count()).to.equal(1);
    await bar.locator('a').click();
    await page.waitForURL(/Action=AdminOAuth2TokenManagement/);
    expect(await rowOf(page).locator('.State .OAuth2Sentence').innerText()).to.contain(
      'The provider ended the grant',
    );
    expect(await rowOf(page).locator('.RefreshTokenStatus').textContent()).to.equal(
      'The provider no longer accepts the refresh token.',
    );
    const context = await chromium.newContext();
    const agent = await context.newPage();
    await agent.goto(`${lab.urls.helpdesk}?Action=AgentDashboard`);
    await signIn(agent, CREDENTIALS.agent);
    const answer = agent.waitForResponse(/Subaction=Bar/);
    await agent.goto(`${lab.urls.helpdesk}?Action=AgentDashboard`);
    expect((await answer).status()).to.equal(403);
    expect(await agent.locator('[data-oauth2-sidecar-bar] > *').count()).to.equal(0);
    await context.close();
  });
});
