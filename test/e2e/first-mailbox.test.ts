import { expect } from 'chai';
import type { Browser, Locator, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import { removeAllConfigs } from '../support/granted-config.js';
import { browser, databaseRows, deliverMail, extraSidecar, lab, provider, signIn } from '../support/lab.js';

const [SUPPORT] = CREDENTIALS.mailboxes;
const OVERVIEW = `${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement`;
const NAME = 'First mailbox';
const SUBJECT = `First mail ${Date.now()}`;
const MOST_CLICKS = 12;

describe('from "Add" to a ticket, on the genuine helpdesk', () => {
  let chromium: Browser;
  let page: Page;
  let clicks = 0;
  const click = async (target: string | Locator) => {
    clicks += 1;
    await (typeof target === 'string' ? page.locator(target) : target).click();
  };
  /** A field that the admin clicks before typing. */
  const type = async (field: string, text: string) => {
    await click(field);
    await page.fill(field, text);
  };
  const ticketsNamed = async (title: string) =>
    Number((await databaseRows(`SELECT COUNT(*) FROM ticket WHERE title = '${title}'`))[0]?.[0]);

  before(async () => {
    await provider.reset();
    await removeAllConfigs();
    chromium = await browser();
    page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(OVERVIEW);
    await signIn(page, CREDENTIALS.admin);
  });
  after(async () => {
    await chromium.close();
    await removeAllConfigs();
  });

  it('a mailbox is connected with at most 12 clicks, and no address is typed', async () => {
    deliverMail(SUPPORT, SUBJECT);
    await page.goto(OVERVIEW);
    await click('#Templates summary');
    await click(page.locator('#Templates').getByRole('link', { name: 'Lab provider', exact: true }));
    await page.locator('#OAuth2TokenConfigForm').waitFor();
    await type('#Name', NAME);
    await type('#ClientID', CREDENTIALS.client.id);
    await type('#ClientSecret', CREDENTIALS.client.secret);
    await click('#SubmitAndRequest');
    await page.waitForURL(/\/interaction\//);
    await click('button[value=allow]');
    await page.waitForURL(/Subaction=NextSteps;.*Notice=received/);
    expect(await page.locator('.MessageBox.Success').innerText()).to.equal(
      `Authorized by ${SUPPORT}. A new token was received and stored.`,
    );
    await click(page.getByRole('link', { name: 'Receive mail with it (IMAPS)' }));
    await page.waitForURL(/Action=AdminMailAccount;Subaction=AddNew/);
    const filled = {
      '#TypeAdd': 'IMAPS',
      '#AuthenticationType': 'oauth2_token',
      '#LoginAdd': SUPPORT,
      '#HostAdd': `127.0.0.1:${lab.ports.imaps}`,
      '#IMAPFolder': 'INBOX',
    };
    for (const [field, value] of Object.entries(filled))
      expect(await page.inputValue(field), field).to.equal(value);
    expect(await page.locator('#OAuth2TokenConfigID option:checked').innerText()).to.equal(NAME);
    await click('#Submit');
    const back = page.locator('[data-oauth2-sidecar=steps] a');
    await back.waitFor();
    expect(await page.getAttribute('[data-oauth2-sidecar=steps]', 'lang')).to.equal('en');
    expect(await back.innerText()).to.equal(
      `Back to the token configuration "${NAME}": test the mailbox and fetch mail`,
    );
    await click(back);
    await page.waitForURL(/Subaction=NextSteps/);
    const account = page.locator('.OAuth2Mailboxes li');
    expect(await account.locator('a').innerText()).to.equal(
      `${SUPPORT} (IMAPS, 127.0.0.1:${lab.ports.imaps}, INBOX)`,
    );
    await click(account.locator('button', { hasText: 'Test' }));
    await page.locator('#MailboxTest').waitFor();
    expect(await page.locator('#MailboxTest').getAttribute('data-outcome')).to.equal('warning');
    expect(await ticketsNamed(SUBJECT)).to.equal(0);
    await click(page.locator('#AfterTest').getByRole('button', { name: 'Fetch now' }));
    await page.locator('#FetchedMail').waitFor();
    expect(await page.locator('#FetchedMail p').first().innerText()).to.match(
      /^Messages fetched: [1-9]\d*\.$/,
    );
    expect(await page.locator('.OAuth2Tickets').innerText()).to.contain(`: ${SUBJECT}`);
    expect(await ticketsNamed(SUBJECT)).to.equal(1);
    expect(clicks).to.be.at.most(MOST_CLICKS);
  });

  it('leads back from the mail accounts, too, if the helpdesk sent no frame for the page before', async () => {
    const [id] = (await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${NAME}'`))[0] ?? [];
    // No web server listens for this sidecar on the port after its own.
    const own = await extraSidecar({ channel: 'tcp' });
    const steps = `?Action=AdminOAuth2TokenManagement;Subaction=NextSteps;ID=${id}`;
    await page.route(/Subaction=NextSteps/, async (route) => {
      const url = `http://127.0.0.1:${own.port}/otrs/index.pl${steps}`;
      const headers = { ...(await route.request().allHeaders()), ...WEB_SERVER };
      await route.fulfill({ response: await route.fetch({ url, headers }) });
    });
    try {
      await page.goto(`${lab.urls.helpdesk}${steps}`);
      await page.locator('#Unframed').waitFor();
      await page.getByRole('link', { name: 'Receive mail with it (IMAPS)' }).click();
      await page.waitForURL(/Action=AdminMailAccount;Subaction=AddNew/);
      const back = page.locator('[data-oauth2-sidecar=steps] a');
      expect(await back.innerText()).to.contain(`Back to the token configuration "${NAME}"`);
      await back.click();
      await page.waitForURL(/Subaction=NextSteps/);
    } finally {
      await page.unroute(/Subaction=NextSteps/);
      await own.stop();
    }
  });

  it("fills in the form of a helpdesk that leaves login and host empty, as ((OTRS)) Community Edition's does", async () => {
    const form = `${lab.urls.helpdesk}?Action=AdminMailAccount;Subaction=AddNew;Login=a%2Bb%40example.test;TypeAdd=IMAPS;Host=127.0.0.1%3A993`;
    const emptied = /(<input [^>]*id="(?:LoginAdd|HostAdd)"[^>]* value=")[^"]+"/g;
    const fields = async (address: string) => {
      await page.goto(address);
      return [await page.inputValue('#LoginAdd'), await page.inputValue('#HostAdd')];
    };
    await page.route(/Subaction=AddNew/, async (route) => {
      const response = await route.fetch();
      const body = await response.text();
      expect(body.match(emptied)).to.have.length(2);
      await route.fulfill({ response, body: body.replace(emptied, '$1"') });
    });
    try {
      expect(await fields(form)).to.deep.equal(['a+b@example.test', '127.0.0.1:993']);
    } finally {
      await page.unroute(/Subaction=AddNew/);
    }
  });
});
