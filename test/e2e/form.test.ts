import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { addConfig, removeConfigs } from '../support/granted-config.js';
import {
  browser,
  choose,
  databaseRows,
  LOOKS,
  lab,
  mailAccount,
  type Session,
  session,
  signedIn,
  signIn,
} from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const BASE = `${lab.urls.helpdesk}?${SCREEN}`;
const MICROSOFT = 'https://login.microsoftonline.com';
const TEXTS = {
  en: {
    tenant: 'Tenant:',
    client: 'In the Entra admin centre: Application (client) ID.',
    scope: 'Read and move mail over IMAP.',
    warning: 'HttpType is not https',
    setting: 'Open the setting HttpType',
    required: 'This field is required.',
    saved: 'The token configuration was saved.',
    first: 'Now request a token',
    consent: 'The stored token was issued for the old client ID',
    used: 'It is now used by: mail accounts (1), outbound e-mail settings (0), web services (0).',
    affects: 'Changes take effect immediately for:',
  },
  de: {
    tenant: 'Mandant:',
    client: 'Im Entra Admin Center: „Anwendungs-ID (Client)“.',
    scope: 'E-Mails über IMAP lesen und verschieben.',
    warning: 'HttpType ist nicht https',
    setting: 'Einstellung HttpType öffnen',
    required: 'Dieses Feld wird benötigt.',
    saved: 'Die Token-Konfiguration wurde gespeichert.',
    first: 'Fordern Sie nun ein Token an',
    consent: 'Das gespeicherte Token gilt für die alten Werte',
    used: 'Ab jetzt wird sie verwendet von: E-Mail-Konten (1), Einstellungen für ausgehende E-Mails (0), Webservices (0).',
    affects: 'Änderungen gelten sofort für:',
  },
} as const;

const add = (template: string) =>
  `${BASE};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=${template}`;
const edit = (id: number) => `${BASE};Subaction=EditTokenConfig;ID=${id}`;

async function stored(id: number) {
  const [row] = await databaseRows(`SELECT TO_BASE64(config) FROM oauth2_token_config WHERE id = ${id}`);
  const base64 = (row?.[0] ?? '').replaceAll('\\n', '');
  return JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as {
    [key: string]: unknown;
    Requests: Record<string, { Request: { [key: string]: unknown; URL: string; Parameters: object } }>;
    Sidecar?: object;
  };
}
const idOf = async (name: string) =>
  Number((await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${name}'`))[0]?.[0]);
const urls = async (id: number) =>
  Object.values((await stored(id)).Requests).map(({ Request }) => Request.URL);

describe('the form of a token configuration, in the browser', () => {
  let admin: Session;
  let chromium: Browser;
  const contexts: BrowserContext[] = [];

  async function open(options: { script?: boolean; width?: number } = {}): Promise<Page> {
    const { script = true, width = 1280 } = options;
    const viewport = { width, height: 900 };
    const context = await signedIn(chromium, admin, { javaScriptEnabled: script, viewport });
    contexts.push(context);
    return context.newPage();
  }

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
  });
  afterEach(() => choose(admin, LOOKS[0]));
  after(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await chromium.close();
    await removeConfigs(['Affected en', 'Affected de', 'Tenant live', 'Tenant on the server', 'By keyboard']);
  });

  const fillIn = async (page: Page, name: string) => {
    await page.fill('#Name', name);
    await page.fill('#ClientID', '1b2c3d4e-1111-2222-3333-444455556666');
    await page.fill('#ClientSecret', 'secret-of-the-form');
  };

  for (const look of LOOKS) {
    const { language, skin } = look;
    const texts = TEXTS[language];

    it(`shows what matters first, explains each field, names faults and moves the focus to them (${language}, ${skin})`, async () => {
      await choose(admin, look);
      const page = await open();
      await page.goto(add('microsoft-common'));
      const order = await page
        .locator('#OAuth2TokenConfigForm .WidgetSimple >> nth=0 >> css=input:visible, select')
        .evaluateAll((fields: { id: string }[]) => fields.map(({ id }) => id));
      expect(order.filter((id) => !id.includes('Search'))).to.deep.equal([
        'Name',
        'Tenant-common',
        'Tenant-organizations',
        'Tenant-consumers',
        'Tenant-own',
        'Tenant',
        'ClientID',
        'ClientSecret',
        'WithCertificate',
        'ClientSecretExpires',
        'RedirectURI',
        'ValidID',
      ]);
      expect(await page.locator('#TenantLabel').innerText()).to.contain(texts.tenant);
      expect(await page.locator('#ClientIDExplanation').innerText()).to.equal(texts.client);
      expect(await page.locator('#Scope0Explanation').innerText()).to.equal(texts.scope);
      expect(await page.inputValue('#RedirectURI')).to.equal(lab.urls.callback);
      const warning = page.locator('[data-setting=HttpType]');
      expect(await warning.innerText())
        .to.contain(texts.warning)
        .and.contain('bin/otrs.Console.pl Admin::Config::Update --setting-name HttpType --value https');
      const link = warning.getByText(texts.setting);
      expect(await link.getAttribute('href')).to.equal(
        'index.pl?Action=AdminSystemConfiguration;Subaction=View;Setting=HttpType',
      );
      expect(await page.locator('#Advanced').getAttribute('open')).to.equal(null);
      await page.click('#Advanced summary');
      await page.fill('#Name', `Faults ${language}`);
      await page.fill('#ClientID', 'ünicode');
      await page.fill('#ClientSecret', 'secret');
      await page.fill('#TokenByRefreshTokenRequestURL', 'no address');
      await page.fill('#AuthorizationCodeFixedName0', 'prompt');
      await page.click('#Submit');
      await page.waitForSelector('#FormFaults');
      expect(
        await page.locator('#FormFaults a').evaluateAll((all) => all.map((one) => one.getAttribute('href'))),
      ).to.deep.equal(['#ClientID', '#TokenByRefreshTokenRequestURL', '#AuthorizationCodeFixedName2']);
      expect(await page.locator(':focus').getAttribute('id')).to.equal('ClientID');
      for (const field of ['ClientID', 'TokenByRefreshTokenRequestURL', 'AuthorizationCodeFixedName2']) {
        expect(await page.getAttribute(`#${field}`, 'aria-invalid')).to.equal('true');
        expect(await page.getAttribute(`#${field}`, 'aria-describedby')).to.contain(`${field}Fault`);
        expect(await page.locator(`#${field}Fault`).isVisible()).to.equal(true);
      }
      expect(await page.inputValue('#TokenByRefreshTokenRequestURL')).to.equal('no address');
      expect(await page.inputValue('#ClientSecret')).to.equal('');
      expect(await page.locator('#ClientSecretTyped').isVisible()).to.equal(true);
      await page.click('#FormFaults a >> nth=1');
      expect(new URL(page.url()).hash).to.equal('#TokenByRefreshTokenRequestURL');
      expect(await idOf(`Faults ${language}`)).to.be.NaN;
    });

    it(`says what a change affects, before and after it (${language}, ${skin})`, async () => {
      const id = await addConfig(admin, `Affected ${language}`);
      await mailAccount('IMAP', id, CREDENTIALS.mailboxes[1]);
      await choose(admin, look);
      const page = await open();
      await page.goto(edit(id));
      const others = page.locator('.ActionList a');
      expect(await others.evaluateAll((all) => all.map((one) => one.getAttribute('href')))).to.deep.equal(
        [
          '',
          `;Subaction=NextSteps;ID=${id}`,
          `;Subaction=TestMailbox;ID=${id}`,
          `;Subaction=RelayPasswords;ID=${id}`,
          `;Subaction=History;ID=${id}`,
        ].map((query) => `index.pl?${SCREEN}${query}`),
      );
      expect(await page.locator('#UsedBy').innerText())
        .to.contain(texts.affects)
        .and.contain(CREDENTIALS.mailboxes[1]);
      // Without a stored token, no token can have been issued for the old scope.
      await page.fill('#ScopeMore', 'email');
      await page.click('#SubmitAndContinue');
      await page.waitForURL(/Notice=saved-new/);
      const box = page.locator('.MessageBox[data-oauth2-sidecar]').first();
      expect(await box.innerText())
        .to.contain(texts.saved)
        .and.contain(texts.first)
        .and.contain(texts.used)
        .and.not.contain(texts.consent);
      await databaseRows(`UPDATE oauth2_token SET refresh_token = 'stored' WHERE token_config_id = ${id}`);
      await page.fill('#ScopeMore', 'email profile');
      await page.click('#SubmitAndContinue');
      await page.waitForURL(/Notice=saved-consent/);
      expect(await box.innerText())
        .to.contain(texts.saved)
        .and.contain(texts.consent)
        .and.contain(texts.used);
      expect((await stored(id)).Scope).to.equal('openid offline_access email profile');
    });
  }

  it('with a script changes endpoints with the tenant at once, and adds and checks rows while typing', async () => {
    const page = await open();
    await page.goto(add('microsoft-common'));
    await page.click('#CopyRedirectURI');
    expect(await page.locator('#CopyRedirectURI').innerText()).to.equal('Copied');
    await page.focus('#ClientID');
    await page.keyboard.press('Control+V');
    expect(await page.inputValue('#ClientID')).to.equal(lab.urls.callback);
    await fillIn(page, 'Tenant live');
    await page.click('#Advanced summary');
    await page.fill('#Tenant', 'contoso');
    await page.press('#Tenant', 'Tab');
    expect(await page.isChecked('#Tenant-own')).to.equal(true);
    expect(await page.locator('#TenantFault').innerText()).to.contain(
      'Enter a directory ID (GUID) or a domain',
    );
    expect(await page.inputValue('#AuthorizationCodeRequestURL')).to.equal(
      `${MICROSOFT}/common/oauth2/v2.0/authorize`,
    );
    await page.fill('#Tenant', 'contoso.onmicrosoft.com');
    await page.press('#Tenant', 'Tab');
    expect(await page.locator('#TenantFault').isVisible()).to.equal(false);
    const own = `${MICROSOFT}/contoso.onmicrosoft.com/oauth2/v2.0`;
    expect(await page.inputValue('#TokenByRefreshTokenRequestURL')).to.equal(`${own}/token`);
    const rows = page.locator('#AuthorizationCodeFixedRows tbody tr');
    const before = await rows.count();
    await page.click('[name=AddRow][value=AuthorizationCodeFixed]');
    expect(await rows.count()).to.equal(before + 1);
    expect(await page.locator(':focus').getAttribute('id')).to.equal(`AuthorizationCodeFixedName${before}`);
    await page.keyboard.type('prompt');
    await page.keyboard.press('Tab');
    expect(await page.locator(`#AuthorizationCodeFixedName${before}Fault`).innerText()).to.equal(
      'Another row already has this name.',
    );
    await page.fill(`#AuthorizationCodeFixedName${before}`, 'domain_hint');
    await page.fill(`#AuthorizationCodeFixedValue${before}`, 'contoso.com');
    await page.fill('#ClientSecretExpires', '2027-12-31');
    await page.click('#Submit');
    await page.waitForURL(/Notice=saved/);
    const id = await idOf('Tenant live');
    expect(await urls(id)).to.deep.equal([`${own}/authorize`, `${own}/token`, `${own}/token`]);
    const document = await stored(id);
    expect(document.Requests.AuthorizationCode?.Request.Parameters).to.deep.equal({
      response_type: 'code',
      response_mode: 'query',
      prompt: 'select_account',
      domain_hint: 'contoso.com',
    });
    expect(document.Sidecar).to.deep.equal({ ClientSecretExpires: '2027-12-31' });
    expect(document.ClientSecret).to.equal('secret-of-the-form');
  });

  it('without a script does the same on the server; an endpoint changed by hand stays, and so do unknown keys', async () => {
    const page = await open({ script: false });
    await page.goto(add('microsoft-organizations'));
    expect(await page.locator('#CopyRedirectURI').isVisible()).to.equal(false);
    expect(await page.getAttribute('#RedirectURI', 'readonly')).to.equal('');
    await fillIn(page, 'Tenant on the server');
    await page.check('#Tenant-own');
    await page.fill('#Tenant', '8c5b32f0-1234-4abc-9def-0123456789ab');
    await page.click('#Advanced summary');
    await page.fill('#TokenByRefreshTokenRequestURL', 'https://relay.example.org/token');
    await page.fill('#AuthorizationCodeFixedName3', 'login_hint');
    await page.fill('#AuthorizationCodeFixedValue3', 'a@b.c');
    await page.click('[name=AddRow][value=TokenByRefreshTokenAnswer]');
    expect(await page.locator('#Advanced').getAttribute('open')).to.equal('');
    expect(await page.locator(':focus').getAttribute('id')).to.equal('TokenByRefreshTokenAnswerName7');
    expect(await page.inputValue('#AuthorizationCodeFixedValue3')).to.equal('a@b.c');
    expect(await page.inputValue('#Name')).to.equal('Tenant on the server');
    expect(await idOf('Tenant on the server')).to.be.NaN;
    await page.fill('#TokenByRefreshTokenAnswerName7', 'ext_expires_in');
    await page.selectOption('#TokenByRefreshTokenAnswerValue7', 'TokenExpirationDate');
    await page.fill('#ClientSecret', 'secret-of-the-form');
    await page.click('#SubmitAndContinue');
    await page.waitForURL(/Subaction=EditTokenConfig/);
    const id = await idOf('Tenant on the server');
    const own = `${MICROSOFT}/8c5b32f0-1234-4abc-9def-0123456789ab/oauth2/v2.0`;
    expect(await urls(id)).to.deep.equal([
      `${own}/authorize`,
      `${own}/token`,
      'https://relay.example.org/token',
    ]);
    // A key that the sidecar does not know.
    await databaseRows(`UPDATE oauth2_token_config SET config = JSON_SET(config, '$.Custom', 'kept',
      '$.Requests.AuthorizationCode.Request.Own', 7, '$.Sidecar', JSON_OBJECT('Future', 1)) WHERE id = ${id}`);
    await page.goto(edit(id));
    expect(await page.content()).to.not.contain('secret-of-the-form');
    expect(await page.locator('#Tenant-own').isChecked()).to.equal(false);
    await page.fill('#ClientSecretExpires', '2028-02-29');
    await page.uncheck('#Scope2');
    await page.click('#SubmitAndContinue');
    await page.waitForURL(/Notice=saved/);
    const document = await stored(id);
    expect(document).to.include({
      Custom: 'kept',
      ClientSecret: 'secret-of-the-form',
      TemplateName: 'Microsoft Organizations',
    });
    expect(document.Sidecar).to.deep.equal({ Future: 1, ClientSecretExpires: '2028-02-29' });
    expect(document.Requests.AuthorizationCode?.Request.Own).to.equal(7);
    expect(String(document.Scope)).to.contain('POP.AccessAsUser.All').and.not.contain('SMTP.Send');
    expect(document.Requests.TokenByRefreshToken).to.have.nested.property(
      'Response.ParametersMapping.ext_expires_in',
      'TokenExpirationDate',
    );
    // Removed scopes are still offered.
    expect(await page.locator('input[name=Scope][value$="SMTP.Send"]').isChecked()).to.equal(false);
  });

  it('works with the keyboard alone: Enter saves instead of adding rows, and every field has a name', async () => {
    const page = await open();
    await page.goto(add('yahoo'));
    await fillIn(page, 'By keyboard');
    await page.press('#ClientSecret', 'Enter');
    await page.waitForURL(/Subaction=EditTokenConfig.*Notice=saved-new/);
    // The next step is one key away.
    const next = page.locator('.MessageBox.Success').getByRole('button', { name: 'Request new token' });
    expect(await next.count()).to.equal(1);
    expect(await page.inputValue('.MessageBox.Success input[name=ID]')).to.equal(
      new URL(page.url()).search.match(/;ID=(\d+)/)?.[1],
    );
    await page.focus('#Advanced summary');
    await page.keyboard.press('Enter');
    expect(await page.locator('#TokenByRefreshTokenAnswerRows').isVisible()).to.equal(true);
    const nameless =
      await page.evaluate(`[...document.querySelectorAll('#OAuth2TokenConfigForm input, #OAuth2TokenConfigForm select')]
      .filter((field) => field.type !== 'hidden' && field.id && !field.getAttribute('aria-label') && field.labels.length === 0)
      .map((field) => field.id)`);
    expect(nameless).to.deep.equal([]);
  });

  it('comes back as entered when the session has changed, to our own page only', async () => {
    const page = await open();
    await page.goto(add('google-mail'));
    await fillIn(page, 'Kept');
    await page.evaluate(
      "document.querySelector('#OAuth2TokenConfigForm [name=ChallengeToken]').value = 'of an old session'",
    );
    const answer = page.waitForResponse(/Subaction=SaveTokenConfig/);
    await page.click('#Submit');
    expect((await answer).status()).to.equal(403);
    expect(await page.inputValue('#Name')).to.equal('Kept');
    expect(await page.inputValue('#ClientSecret')).to.equal('');
    expect(await page.locator('#ClientSecretTyped').isVisible()).to.equal(true);
    const page403 = await (await answer).text();
    expect(page403).to.contain('Your session has changed').and.not.contain('secret-of-the-form');
    expect(await databaseRows("SELECT id FROM oauth2_token_config WHERE name = 'Kept'")).to.deep.equal([]);
  });

  it('comes back as entered after an expired session and a new log-in, without the secret', async () => {
    const own = await session(CREDENTIALS.admin);
    const context = await signedIn(chromium, own);
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(add('microsoft-common'));
    await fillIn(page, 'Typed before the end');
    await page.check('#Tenant-consumers');
    await page.uncheck('#NotifyOnExpiredRefreshToken');
    await page.click('#Advanced summary');
    await page.click('[name=AddRow][value=AuthorizationCodeFixed]');
    const added = (await page.locator('#AuthorizationCodeFixedRows tbody tr').count()) - 1;
    await page.fill(`#AuthorizationCodeFixedName${added}`, 'domain_hint');
    await page.fill(`#AuthorizationCodeFixedValue${added}`, 'contoso.com');
    await page.click('[name=AddRow][value=AuthorizationCodeFixed]');
    await page.fill(`#AuthorizationCodeFixedName${added + 1}`, 'Client.Secret');
    await page.fill(`#AuthorizationCodeFixedValue${added + 1}`, 'secret-of-the-form-in-a-row');
    await databaseRows(`DELETE FROM sessions WHERE session_id = '${own.id}'`);
    await page.click('#Submit');
    const stored = 'JSON.stringify(Object.assign({}, sessionStorage))';
    expect(await page.evaluate(stored))
      .to.contain('contoso.com')
      .and.not.contain('secret-of-the-form');
    await signIn(page, CREDENTIALS.admin);
    expect(page.url()).to.contain('TokenConfigTemplateFilename=microsoft-common');
    expect(await page.locator('.MessageBox.Error[data-oauth2-sidecar]').first().innerText()).to.equal(
      'Your session had expired, so nothing was saved. Check the values, enter the client secret again, and save.',
    );
    expect(await page.inputValue('#Name')).to.equal('Typed before the end');
    expect(await page.isChecked('#Tenant-consumers')).to.equal(true);
    expect(await page.isChecked('#NotifyOnExpiredRefreshToken')).to.equal(false);
    expect(await page.inputValue(`#AuthorizationCodeFixedName${added}`)).to.equal('domain_hint');
    expect(await page.inputValue(`#AuthorizationCodeFixedValue${added}`)).to.equal('contoso.com');
    expect(await page.inputValue('#TokenByRefreshTokenRequestURL')).to.equal(
      `${MICROSOFT}/consumers/oauth2/v2.0/token`,
    );
    expect(await page.inputValue('#ClientSecret')).to.equal('');
    expect(await page.inputValue(`#AuthorizationCodeFixedName${added + 1}`)).to.equal('Client.Secret');
    expect(await page.inputValue(`#AuthorizationCodeFixedValue${added + 1}`)).to.equal('');
    expect(await page.evaluate(stored)).to.not.contain('OAuth2TokenConfigForm');
    expect(await idOf('Typed before the end')).to.be.NaN;
  });

  it('warns if the browser came by another address than the redirect URI', async () => {
    const page = await open();
    await page.goto(add('google-mail'));
    expect(await page.locator('#RedirectURIOrigin').isVisible()).to.equal(false);
    const origin = new URL(lab.urls.helpdesk).origin.replace('127.0.0.1', 'localhost');
    const context = await signedIn(chromium, admin, {}, origin);
    contexts.push(context);
    const other = await context.newPage();
    await other.goto(add('google-mail').replace('127.0.0.1', 'localhost'));
    expect(await other.locator('#RedirectURIOrigin').innerText()).to.contain(
      'Your browser reached the helpdesk at another address.',
    );
  });

  it('cuts off nothing at 320 px', async () => {
    const page = await open({ width: 320 });
    await page.goto(add('microsoft-common'));
    await page.click('#Advanced summary');
    const wide = await page.evaluate(`[...document.querySelectorAll('.OAuth2Form *')]
      .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && one.getClientRects().length > 0)
      .map((one) => one.tagName + '#' + one.id + '.' + one.className)`);
    expect(wide).to.deep.equal([]);
  });

  it('prints the validity, which the helpdesk shows by a list of its own', async () => {
    const page = await open();
    await page.goto(add('microsoft-common'));
    await page.locator('.InputField_Container').first().waitFor();
    const shown = () => page.locator('#ValidID').isVisible();
    expect(await shown()).to.equal(false);
    await page.emulateMedia({ media: 'print' });
    expect(await shown()).to.equal(true);
    expect(await page.locator('#ValidID option:checked').innerText()).to.equal('valid');
    expect(await page.locator('.OAuth2Form .InputField_Container:visible').count()).to.equal(0);
  });
});
