import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { removeConfigs } from '../support/granted-config.js';
import { browser, databaseRows, lab, type Session, session, signedIn } from '../support/lab.js';

const START = `${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement;Subaction=ConnectMicrosoft`;
const MICROSOFT = 'https://login.microsoftonline.com';
const TENANT = 'contoso.onmicrosoft.com';
const CLIENT = '1b2c3d4e-1111-2222-3333-444455556666';
const NAMES = ['Mailbox by POP', 'Mailbox of the app', 'Microsoft 365'];

async function stored(name: string) {
  const [row] = await databaseRows(
    `SELECT TO_BASE64(config) FROM oauth2_token_config WHERE name = '${name}'`,
  );
  return JSON.parse(Buffer.from((row?.[0] ?? '').replaceAll('\\n', ''), 'base64').toString('utf8'));
}

describe('the one way to a Microsoft mailbox, in the browser', () => {
  let admin: Session;
  let chromium: Browser;

  const open = async (javaScriptEnabled: boolean): Promise<Page> => {
    const page = await (await signedIn(chromium, admin, { javaScriptEnabled })).newPage();
    await page.goto(START);
    return page;
  };
  const permissions = (page: Page) => page.locator('.OAuth2Permissions li:visible pre').allInnerTexts();

  before(async () => {
    await removeConfigs(NAMES);
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
  });
  after(async () => {
    await chromium.close();
    await removeConfigs(NAMES);
  });

  it('asks for the tenant where one is needed and keeps what was chosen', async () => {
    const page = await open(false);
    await page.check('#Receive-pop3');
    await page.uncheck('#Send');
    await page.click('#Continue');
    expect(await page.locator('#TenantNameFault').innerText()).to.contain(
      'Enter a directory ID (GUID) or a domain',
    );
    expect(await page.isChecked('#Receive-pop3')).to.equal(true);
    expect(await page.isChecked('#Send')).to.equal(false);
    await page.check('#Receive-none');
    await page.fill('#TenantName', TENANT);
    await page.click('#Continue');
    expect(await page.locator('#ReceiveFault').innerText()).to.equal(
      'Choose whether the helpdesk receives mail, sends mail, or both.',
    );
    expect(await page.inputValue('#TenantName')).to.equal(TENANT);
    await page.context().close();
  });

  it('without a script leads to a form whose scopes, permissions and endpoints follow, and which saves them', async () => {
    const page = await open(false);
    await page.fill('#TenantName', TENANT);
    await page.check('#Receive-pop3');
    await page.uncheck('#Send');
    await page.click('#Continue');
    expect(await page.locator('.BreadCrumb li').last().innerText()).to.equal(
      'Connect a mailbox: Microsoft 365',
    );
    expect(await page.inputValue('#Name')).to.equal('Microsoft 365');
    expect(await page.inputValue('#RedirectURI')).to.equal(lab.urls.callback);
    expect(await permissions(page)).to.deep.equal([
      'POP.AccessAsUser.All',
      'offline_access',
      'openid',
      'profile',
    ]);
    expect(await page.getAttribute('#OpenPortal', 'href')).to.match(
      /^https:\/\/entra\.microsoft\.com\/#view\/Microsoft_AAD_RegisteredApps\/ApplicationsListBlade$/,
    );
    await page.fill('#Name', 'Mailbox by POP');
    await page.fill('#ClientID', CLIENT);
    await page.fill('#ClientSecret', 'secret-of-the-form');
    await page.click('#SubmitAndContinue');
    await page.waitForURL(/Notice=saved-new/);
    expect(await page.getAttribute('#OpenPortal', 'href')).to.match(
      new RegExp(`/CallAnAPI/appId/${CLIENT}$`),
    );
    const document = await stored('Mailbox by POP');
    expect(document.TemplateName).to.equal('Microsoft Organizations');
    expect(document.Scope).to.equal(
      'https://outlook.office.com/POP.AccessAsUser.All offline_access openid profile',
    );
    expect(document.Requests.AuthorizationCode.Request.URL).to.equal(
      `${MICROSOFT}/${TENANT}/oauth2/v2.0/authorize`,
    );
    await page.context().close();
  });

  it('shows a permission as soon as its scope is chosen, with a button that copies it', async () => {
    const page = await open(true);
    await page.check('#SignIn-consumers');
    await page.uncheck('#Send');
    await page.click('#Continue');
    expect(await page.locator('#TemplateName').innerText()).to.equal('Microsoft Consumers');
    expect(await permissions(page)).to.not.include('SMTP.Send');
    await page.check('input[name=Scope][value$="SMTP.Send"]');
    expect(await permissions(page)).to.include('SMTP.Send');
    const copy = page.locator('.OAuth2Permissions li', { hasText: 'SMTP.Send' }).locator('button');
    await copy.click();
    expect(await copy.innerText()).to.equal('Copied');
    await page.focus('#ClientID');
    await page.keyboard.press('Control+V');
    expect(await page.inputValue('#ClientID')).to.equal('SMTP.Send');
    await page.context().close();
  });

  it('connects the app itself: no consent, application permissions for the chosen uses, also after a fault', async () => {
    const page = await open(false);
    await page.check('#SignIn-application');
    await page.fill('#TenantName', TENANT);
    await page.click('#Continue');
    expect(await page.locator('#SubmitAndRequest, #Tenant-common').count()).to.equal(0);
    // Microsoft's admin consent comes back to it.
    expect(await page.locator('#RedirectURI').count()).to.equal(1);
    const expected = ['IMAP.AccessAsApp', 'SMTP.SendAsApp'];
    expect(await permissions(page)).to.deep.equal(expected);
    await page.fill('#Name', 'Mailbox of the app');
    await page.fill('#ClientID', 'no GUID');
    await page.click('#SubmitAndContinue');
    expect(await page.locator('#ClientIDFault').innerText()).to.contain('Application (client) ID, a GUID');
    expect(await permissions(page)).to.deep.equal(expected);
    await page.fill('#ClientID', CLIENT);
    await page.fill('#ClientSecret', 'secret-of-the-form');
    await page.click('#SubmitAndContinue');
    await page.waitForURL(/Notice=saved/);
    expect(await stored('Mailbox of the app')).to.deep.include({
      AuthFlow: 'ClientCredentials',
      Scope: 'https://outlook.office365.com/.default',
      TemplateName: 'Microsoft 365 (client credentials)',
    });
    const { Requests } = await stored('Mailbox of the app');
    expect(Requests.TokenByClientCredentials.Request.URL).to.equal(
      `${MICROSOFT}/${TENANT}/oauth2/v2.0/token`,
    );
    await page.context().close();
  });

  it('asks an administrator for the consent of the tenant, and says what came of it', async () => {
    const SCREEN = 'Action=AdminOAuth2TokenManagement';
    const [row] = await databaseRows("SELECT id FROM oauth2_token_config WHERE name = 'Mailbox of the app'");
    const id = row?.[0] ?? '';
    const ask = async () => {
      const answer = await admin.post(`${SCREEN};Subaction=RequestAdminConsent`, { ID: id });
      expect(answer.status).to.equal(303);
      return new URL(answer.headers.get('location') ?? '');
    };
    const back = (values: Record<string, string>) =>
      fetch(`${lab.urls.callback}?${new URLSearchParams(values)}`, {
        redirect: 'manual',
        headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
      });
    const there = await ask();
    expect(there.origin + there.pathname).to.equal(`${MICROSOFT}/${TENANT}/v2.0/adminconsent`);
    expect(there.searchParams.get('redirect_uri')).to.equal(lab.urls.callback);
    const state = there.searchParams.get('state') ?? '';
    // As documented at learn.microsoft.com/entra/identity-platform/v2-admin-consent, read on 2026-11-29.
    const granted = {
      admin_consent: 'True',
      tenant: TENANT,
      scope: 'https://outlook.office365.com/.default',
    };
    const answer = await back({ ...granted, state });
    expect(answer.status).to.equal(303);
    expect(answer.headers.get('location')).to.match(/Subaction=NextSteps;ID=\d+;Notice=admin-consent$/);
    const page = await (
      await admin.get(`${SCREEN};Subaction=NextSteps;ID=${id};Notice=admin-consent;Mailbox=a@example.com`)
    ).text();
    expect(page).to.include('An administrator has granted the permissions.').and.include('id="AppAccess"');
    const again = await back({ ...granted, state });
    expect(again.status).to.equal(400);
    expect(await again.text()).to.include('data-code="state-invalid"');
    const refused = await back({
      error: 'consent_required',
      error_description: 'AADSTS65004: User declined to consent to access the app.',
      admin_consent: 'True',
      state: (await ask()).searchParams.get('state') ?? '',
    });
    expect(refused.status).to.equal(422);
    expect(await refused.text()).to.include('Consent was declined.');
    const events = await databaseRows(
      `SELECT what, outcome FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what = 'admin-consent' ORDER BY id`,
    );
    expect(events).to.deep.equal([
      ['admin-consent', 'ok'],
      ['admin-consent', 'refused'],
    ]);
  });
});
