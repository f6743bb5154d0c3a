import { expect } from 'chai';
import type { Browser, Page, Route } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { forgetFetches, grantedConfig, removeConfigs } from '../support/granted-config.js';
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
} from '../support/lab.js';

const BASE = `${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement`;
const NAME = 'Row actions';
const [SUPPORT] = CREDENTIALS.mailboxes;

describe('what takes long runs in the row of the overview', () => {
  let admin: Session;
  let chromium: Browser;
  let id: number;
  before(async () => {
    admin = await session(CREDENTIALS.admin);
    await choose(admin, LOOKS[0]);
    chromium = await browser();
    id = await grantedConfig(NAME);
    await mailAccount('IMAP', id, SUPPORT);
  });
  after(async () => {
    await chromium.close();
    await forgetFetches();
    await removeConfigs([NAME]);
  });

  async function open(script = true): Promise<Page> {
    const page = await (await signedIn(chromium, admin, { javaScriptEnabled: script })).newPage();
    await page.goto(`${BASE};Search=${encodeURIComponent(NAME)}`);
    return page;
  }
  const rowOf = (page: Page) => page.locator(`#OAuth2TokenConfigs tr[data-id="${id}"]`);
  const result = (page: Page) => rowOf(page).locator('.OAuth2Result');
  const button = (page: Page, text: string) => rowOf(page).getByRole('button', { name: `${text}: ${NAME}` });
  const contains = (page: Page, text: string) => result(page).filter({ hasText: text }).waitFor();

  it('tests the mailbox without leaving the page; the result stays in the row, and the focus on the button', async () => {
    const page = await open();
    await page.evaluate("window.same = 'page'");
    await button(page, 'Test').focus();
    await page.keyboard.press('Enter');
    await contains(page, 'The mailbox works, with warnings.');
    expect(await page.evaluate('window.same')).to.equal('page');
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).to.equal(
      `Test: ${NAME}`,
    );
    await page.reload();
    expect(await result(page).innerText()).to.match(/Tested \d\d:\d\d: the mailbox works, with warnings\.$/);
    const [row] = await databaseRows(
      `SELECT last_test FROM oauth2_sidecar_renewal WHERE token_config_id = ${id}`,
    );
    expect(JSON.parse(row?.[0] ?? '')).to.include({ outcome: 'warning', mailbox: SUPPORT });
  }).timeout(60_000);

  it('renews the token and fetches mail there, too, and shows the row as it is then', async () => {
    const page = await open();
    const tokenOf = async () =>
      (await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${id}`))[0]?.[0];
    const before = await tokenOf();
    await rowOf(page).locator('.OAuth2Menu > summary').click();
    await button(page, 'Renew now').click();
    await contains(page, 'The token was renewed.');
    expect(await tokenOf()).to.not.equal(before);
    expect(await rowOf(page).locator('.OAuth2Menu').getAttribute('open')).to.equal(null);
    await rowOf(page).locator('.OAuth2Menu > summary').click();
    await button(page, 'Fetch now').click();
    await contains(page, SUPPORT);
    expect(await rowOf(page).locator('.OAuth2Usage').first().innerText()).to.contain('Mail last fetched');
    expect(page.url()).to.contain('Search=');
  }).timeout(60_000);

  it('says after three seconds that the answer takes long, sends nothing twice, and shows a late answer', async () => {
    const page = await open();
    const held: Route[] = [];
    await page.route(/Subaction=TestMailbox/, (route) => void held.push(route));
    await button(page, 'Test').click();
    expect(await result(page).innerText()).to.equal('Testing the mailbox …');
    await button(page, 'Test').click();
    await contains(page, 'No answer for 3 seconds.');
    expect(held).to.have.length(1);
    await held[0]?.continue();
    await contains(page, 'The mailbox works, with warnings.');
  }).timeout(60_000);

  it('says so if the answer is no page of ours', async () => {
    const page = await open();
    await page.route(/Subaction=TestMailbox/, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<p>Log in</p>' }),
    );
    await button(page, 'Test').click();
    await contains(page, 'The result could not be read. Reload this page.');
  }).timeout(60_000);

  it('works without a script, too: the menu opens, and each action has its page', async () => {
    const page = await open(false);
    await button(page, 'Test').click();
    expect(await page.locator('#MailboxTest').getAttribute('data-outcome')).to.equal('warning');
    await page.goto(`${BASE};Search=${encodeURIComponent(NAME)}`);
    await rowOf(page).locator('.OAuth2Menu > summary').click();
    await button(page, 'Renew now').click();
    await page.waitForURL(/Notice=renewed/);
  }).timeout(60_000);
});
