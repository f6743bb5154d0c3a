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
    // Another site than 127.0.0.1, and as trustworthy, so that Chromium sends what it sends over HTTPS.
    other = `http://localhost:${(server.address() as AddressInfo).port}/`;
    chromium = await browser();
    context = await chromium.newContext();
    page = await context.newPage();
    await page.goto(lab.urls.helpdesk);
    await signIn(page, CREDENTIALS.admin);
    // As a browser sends it that knows no SameSite.
    const cookies = await context.cookies();
    await context.addCookies(cookies.map((cookie) => ({ ...cookie, sameSite: 'Lax' as const })));
  });
  after(async () => {
    await chromium?.close();
    server.close();
  });

  it('a link of another website downloads nothing', async () => {
    await page.goto(other);
    await page.click('#link');
    await page.waitForSelector('[data-code]');
    expect(await page.getAttribute('[data-code]', 'data-code')).to.equal('opened-elsewhere');
    expect(new URL(page.url()).host, 'the admin is logged in').to.equal(new URL(lab.urls.helpdesk).host);
    expect(await page.content()).to.include('id="NavigationContainer"');
  });

  it('the same link on our own page downloads the export', async () => {
    await page.goto(`${lab.urls.helpdesk}?${SCREEN}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.evaluate(
        `const link = document.body.appendChild(document.createElement('a')); link.href = 'index.pl?${EXPORT}'; link.click()`,
      ),
    ]);
    expect(download.suggestedFilename()).to.match(/^OAuth2TokenConfigurationExport_\d{8}_\d{6}\.yml$/);
  });

  it('a page of another website can load no answer', async () => {
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
      // Redirected to the log-in of the helpdesk where the cookie stays behind.
      expect(ended, query).to.equal('refused by the browser');
    }
  });
});
