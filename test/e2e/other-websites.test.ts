import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { browser, signIn } from '../support/browser.js';
import { lab } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const EXPORT = `${SCREEN};Subaction=ExportTokenConfigurations`;

describe('another website that an admin visits while logged in', function () {
  this.timeout(120_000);
  let chromium: Browser;
  let context: BrowserContext;
  let page: Page;
  let server: Server;
  let other: string;
  before(async () => {
    server = createServer((_request, answer) => {
      answer.setHeader('Content-Type', 'text/html');
      answer.end(`<a id="link" href="${lab.urls.helpdesk}?${EXPORT}">nice</a>`);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    // A different site from 127.0.0.1 but equally trustworthy, so that Chromium sends the same headers as over HTTPS.
    other = `http://localhost:${(server.address() as AddressInfo).port}/`;
    chromium = await browser();
    context = await chromium.newContext();
    page = await context.newPage();
    await page.goto(lab.urls.helpdesk);
    await signIn(page, CREDENTIALS.admin);
    // As sent by a browser that does not know SameSite.
    const cookies = await context.cookies();
    await context.addCookies(cookies.map((cookie) => ({ ...cookie, sameSite: 'Lax' as const })));
  });
  after(async () => {
    await chromium?.close();
    server.close();
  });

  it('downloads nothing by a link', async () => {
    await page.goto(other);
    await page.click('#link');
    await page.waitForSelector('[data-code]');
    expect(await page.getAttribute('[data-code]', 'data-code')).to.equal('opened-elsewhere');
    expect(new URL(page.url()).host, 'the admin is logged in').to.equal(new URL(lab.urls.helpdesk).host);
    expect(await page.content()).to.include('id="NavigationContainer"');
  });

  it('differs from our own page, where the same link downloads the export', async () => {
    await page.goto(`${lab.urls.helpdesk}?${SCREEN}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.evaluate(
        `const link = document.body.appendChild(document.createElement('a')); link.href = 'index.pl?${EXPORT}'; link.click()`,
      ),
    ]);
    expect(download.suggestedFilename()).to.match(/^OAuth2TokenConfigurationExport_\d{8}_\d{6}\.yml$/);
  });

  it('can load none of our answers into its pages', async () => {
    await page.goto(other);
    for (const query of [SCREEN, `${SCREEN};Subaction=Bar`, EXPORT]) {
      const ended = await page.evaluate(
        (address) =>
          fetch(address, { mode: 'no-cors', credentials: 'include' }).then(
            ({ type }) => type,
            () => 'refused by the browser',
          ),
        `${lab.urls.helpdesk}?${query}`,
      );
      // Redirected to the helpdesk's log-in if the cookie is not sent.
      expect(ended, query).to.equal('refused by the browser');
    }
  });
});
