import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import type { Browser, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { startSidecar } from '../lab/node-servers.js';
import { freePort, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { axe } from '../support/axe.js';
import { consent } from '../support/consent.js';
import { addConfig, begin, removeConfigs } from '../support/granted-config.js';
import {
  browser,
  databaseRows,
  deliverMail,
  lab,
  provider,
  type Session,
  session,
  signedIn,
  usesTokens,
} from '../support/lab.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const NAME = `Relay screens ${Date.now()}`;
const SCREEN = 'Action=AdminOAuth2TokenManagement';
/** A folder for pictures; none are taken without it. */
const SHOTS = process.env.RELAY_SHOTS;

describe('the screen "Relay passwords" in a browser', function () {
  this.timeout(240_000);
  let chromium: Browser;
  let admin: Session;
  let page: Page;
  let id: number;
  let port: number;
  let password = '';

  async function shot(name: string): Promise<void> {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await page.screenshot({ path: path.join(SHOTS, `${name}-${width}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  const open = (query: string) => page.goto(`${lab.urls.helpdesk}?${query}`, { waitUntil: 'networkidle' });
  /** No page is wider than its window: nobody scrolls sideways. */
  async function expectFits(): Promise<void> {
    await page.setViewportSize({ width: 320, height: 640 });
    const [content, window] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    expect(content).to.be.at.most(window);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  before(async () => {
    await provider.reset();
    port = await freePort();
    await stopServer(lab, 'sidecar', 'SIGTERM');
    await startSidecar(lab, {
      env: {
        SIDECAR_RELAY: `imap://127.0.0.1:${port} smtp://127.0.0.1:${await freePort()}`,
        NODE_EXTRA_CA_CERTS: path.join(lab.dir, 'dovecot/cert.pem'),
      },
    });
    admin = await session(CREDENTIALS.admin);
    id = await addConfig(admin, NAME, { TokenConfigTemplateFilename: 'lab-provider' });
    const answer = await fetch(await consent(await begin(admin, id)), {
      redirect: 'manual',
      headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
    });
    expect(answer.status).to.equal(303);
    chromium = await browser();
    const context = await signedIn(chromium, admin, { viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
  });
  after(async () => {
    await chromium?.close();
    await stopServer(lab, 'sidecar', 'SIGTERM');
    await startSidecar(lab);
    await databaseRows(`DELETE FROM mail_account WHERE login = '${SUPPORT}' AND host = '127.0.0.1:${port}'`);
    await databaseRows(`DELETE FROM oauth2_sidecar_relay_password WHERE token_config_id = ${id}`);
    await removeConfigs([NAME]);
  });

  it('is reached from the token configuration, and says what is missing in a form that was sent empty', async () => {
    await open(`${SCREEN};Subaction=NextSteps;ID=${id}`);
    await page.getByRole('link', { name: 'Relay passwords' }).first().click();
    await page.waitForURL(/Subaction=RelayPasswords/);
    expect(await axe(page)).to.deep.equal([]);
    await expectFits();
    await shot('empty');
    expect(await page.inputValue('#Client')).to.equal('');
    await page.click('#CreateRelayPassword');
    await page.locator('.Error, .FieldFault').first().waitFor();
    await shot('fault');
  });

  it('creates a password, with which a program signs in, and shows it once', async () => {
    await open(`${SCREEN};Subaction=RelayPasswords;ID=${id}`);
    await page.fill('#Login', SUPPORT);
    await page.fill('#Client', 'Helpdesk');
    await page.click('#CreateRelayPassword');
    await page.locator('#NewRelayPassword').waitFor();
    expect(await axe(page)).to.deep.equal([]);
    await expectFits();
    await shot('created');
    expect((await page.content()).includes('filled in except for the password')).to.equal(usesTokens);
    password = (await page.locator('#RelayPassword').innerText()).trim();
    expect(password).to.match(/^[\w-]{24}$/);
    deliverMail(SUPPORT, NAME);
    const client = new ImapFlow({
      ...{ host: '127.0.0.1', port, secure: false, logger: false },
      auth: { user: SUPPORT, pass: password },
    });
    await client.connect();
    await client.logout();
    await open(`${SCREEN};Subaction=RelayPasswords;ID=${id}`);
    expect(await page.content()).to.not.contain(password);
    expect(await page.locator('#RelayPasswords tbody tr').count()).to.equal(1);
    expect(await page.locator('#RelayPasswords [data-label="Last used"]').innerText()).to.not.equal('never');
    await shot('list');
  });

  it("opens the helpdesk's own form for a mail account; the account is then watched", async () => {
    const url = `Action=AdminMailAccount;Subaction=AddNew`;
    await open(
      `${url};TypeAdd=IMAP;Login=${encodeURIComponent(SUPPORT)};Host=${encodeURIComponent(`127.0.0.1:${port}`)}`,
    );
    const filled = usesTokens ? [SUPPORT, `127.0.0.1:${port}`] : ['', ''];
    expect([await page.inputValue('#LoginAdd'), await page.inputValue('#HostAdd')]).to.deep.equal(filled);
    await shot('account-form');
    if (!usesTokens) {
      // The form of this version takes only the type from the URL, which the page of the password says.
      await page.fill('#LoginAdd', SUPPORT);
      await page.fill('#HostAdd', `127.0.0.1:${port}`);
    }
    await page.fill('#PasswordAdd', password);
    await page.locator('#SubmitAdd, button[type=submit]').first().click();
    await page.waitForLoadState('networkidle');
    const [[account] = []] = await databaseRows(
      `SELECT id FROM mail_account WHERE login = '${SUPPORT}' AND host = '127.0.0.1:${port}'`,
    );
    expect(Number(account)).to.be.greaterThan(0);
    // The sidecar looks at the accounts every few seconds.
    await until(
      'the account in the list',
      async () => {
        await open(`${SCREEN};Subaction=TestMailbox;ID=${id}`);
        return (await page.content()).includes('It signs in at the relay with a password.');
      },
      60_000,
    );
    expect(await axe(page)).to.deep.equal([]);
    await expectFits();
    await shot('mailboxes');
    await open(SCREEN);
    await shot('overview');
    expect(await page.content()).to.contain('through the relay');
  });

  it('revokes a password: the program is refused', async () => {
    await open(`${SCREEN};Subaction=RelayPasswords;ID=${id}`);
    await page.getByRole('button', { name: /^Revoke/ }).click();
    await page.waitForURL(/Notice=relay-password-revoked/);
    expect(await page.locator('#RelayPasswords').innerText()).to.contain('No relay passwords yet.');
    await shot('revoked');
    const client = new ImapFlow({
      ...{ host: '127.0.0.1', port, secure: false, logger: false },
      auth: { user: SUPPORT, pass: password },
    });
    const fault = await client.connect().then(
      () => ({}),
      (error: unknown) => error,
    );
    expect(fault).to.deep.include({ serverResponseCode: 'AUTHENTICATIONFAILED' });
  });
});
