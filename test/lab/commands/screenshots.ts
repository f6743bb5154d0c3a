import path from 'node:path';
import type { Page } from 'playwright-core';
import { browser, saveNewConfig, signIn } from '../../support/browser.js';
import { helpdeskPerl } from '../helpdesk.js';
import { CREDENTIALS, instance, ROOT } from '../instance.js';
import { startLab, stopLab } from '../lab.js';
import { sql } from '../mariadb.js';
import { main, step } from '../progress.js';

/** `make screenshots`: the pictures in the README and docs/, taken from the running program. */
const of = instance('test');
const SCREEN = `${of.urls.helpdesk}?Action=AdminOAuth2TokenManagement`;

async function add(page: Page, template: string, name: string): Promise<void> {
  await page.goto(`${SCREEN};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=${template}`);
  await saveNewConfig(page, of.urls.provider, name);
}

async function requestToken(page: Page, name: string): Promise<void> {
  const row = page.locator('#OAuth2TokenConfigs tbody tr', { hasText: name });
  await row.locator('button', { hasText: 'Request new token' }).click();
  await page.click('button[value=allow]');
  await page.waitForURL(/Notice=received/);
  await page.goto(SCREEN);
}

/** A mail account that uses the token, one refused grant, and settings like those of a production system. */
async function furnish(): Promise<void> {
  await helpdeskPerl(
    of,
    `my %C = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataGet( Name => 'Support mailbox', UserID => 1 );
     for my $Account ( [ 'outlook.office365.com', 'IMAPS' ], [ '127.0.0.1:${of.ports.imap}', 'IMAPTLS' ] ) {
       $Kernel::OM->Get('Kernel::System::MailAccount')->MailAccountAdd(
         Login => 'support@example.test', Password => 'OAuth2Token', Host => $Account->[0], Type => $Account->[1],
         AuthenticationType => 'oauth2_token', OAuth2TokenConfigID => $C{ID}, IMAPFolder => 'INBOX', ValidID => 1,
         Trusted => 0, DispatchingBy => 'Queue', QueueID => 1, UserID => 1 );
     }
     $Kernel::OM->Get('Kernel::System::SysConfig')->SettingsSet( UserID => 1, Settings => [
       { Name => 'HttpType', EffectiveValue => 'https', IsValid => 1 },
       { Name => 'FQDN', EffectiveValue => 'helpdesk.example.com', IsValid => 1 },
       { Name => 'Frontend::NotifyModule###1100-OTRSBusiness', IsValid => 0, EffectiveValue => {} } ] );`,
  );
  await sql(
    of,
    `UPDATE oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id
     SET t.error_message = 'invalid_grant', t.change_time = UTC_TIMESTAMP() + INTERVAL 1 MINUTE,
         t.error_description = 'AADSTS50173: The provided grant has expired due to it being revoked.',
         t.token_expiration_date = UTC_TIMESTAMP() - INTERVAL 2 HOUR
     WHERE c.name = 'Sales mailbox'`,
    of.database.database,
  );
}

/** Three configurations: one that works, one that needs a consent, one without a token. */
async function prepare(page: Page): Promise<void> {
  await page.goto(SCREEN);
  await signIn(page, CREDENTIALS.admin);
  await add(page, 'microsoft-organizations', 'Sales mailbox');
  await requestToken(page, 'Sales mailbox');
  await add(page, 'microsoft-organizations', 'Support mailbox');
  await requestToken(page, 'Support mailbox');
  await add(page, 'google-mail', 'Newsletter');
  await furnish();
}

/** What the page says about the lab's state: no daemon, a change of settings a moment ago, an address of its own. */
const hideBoxesOfTheLab = (page: Page) =>
  page.evaluate(`document.querySelectorAll('.MessageBox').forEach((box) => {
    if (/Daemon|being updated/.test(box.textContent)) box.remove();
  });
  document.getElementById('RedirectURIOrigin')?.remove()`);

/** File below docs/ -> how its screen is reached. */
const PICTURES: Record<string, (page: Page) => Promise<unknown>> = {
  'overview.png': (page) => page.goto(SCREEN),
  'form-microsoft.png': (page) =>
    page.goto(
      `${SCREEN};Subaction=ConnectMicrosoft;SignIn=tenant;TenantName=example.onmicrosoft.com;Receive=imap;Send=1`,
    ),
  'form-google.png': (page) =>
    page.goto(`${SCREEN};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=google-mail`),
  async 'import-preview.png'(page) {
    const exported = await page.request.get(`${SCREEN};Subaction=ExportTokenConfigurations;Secrets=0`);
    const file = (await exported.text())
      .replace('Name: Newsletter', 'Name: Info mailbox')
      .replace('prompt: select_account', 'prompt: login');
    await page.goto(`${SCREEN};Subaction=ImportTokenConfigurations`);
    await page.setInputFiles('.ContentColumn input[type=file]', {
      name: 'token-configurations.yml',
      mimeType: 'text/yaml',
      buffer: Buffer.from(file),
    });
    await page.check('#OverwriteExistingTokenConfigurations');
    await page.click('.ContentColumn button[type=submit]');
    await page.waitForSelector('#ImportItems');
  },
  'history.png': (page) => page.goto(`${SCREEN};Subaction=History`),
  async 'mailbox-test.png'(page) {
    await page.goto(SCREEN);
    const row = page.locator('#OAuth2TokenConfigs tbody tr', { hasText: 'Support mailbox' });
    await row.locator('a[href*="Subaction=TestMailbox"]').click();
    await page
      .locator('#KnownMailboxes li', { hasText: '127.0.0.1' })
      .locator('button', { hasText: 'Test' })
      .click();
    await page.waitForLoadState();
  },
};

await main(async () => {
  const chromium = await browser();
  try {
    await startLab(of, { fresh: true });
    const page = await chromium.newPage({ viewport: { width: 1280, height: 800 } });
    await step('Furnish the helpdesk', () => prepare(page));
    for (const [file, show] of Object.entries(PICTURES))
      await step(`Take docs/${file}`, async () => {
        await show(page);
        // The notification bar appears a moment after the page.
        await page.waitForTimeout(1500);
        // Where it appeared late, the page makes room for it.
        await page.keyboard.press('Tab');
        await page.evaluate('document.activeElement.blur()');
        await hideBoxesOfTheLab(page);
        await page.screenshot({ path: path.join(ROOT, 'docs', file), fullPage: file !== 'overview.png' });
      });
  } finally {
    await chromium.close();
    await stopLab(of);
  }
  return 0;
});
