import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { addDemoMailboxes } from '../support/demo-mailboxes.js';
import { forgetFetches, removeAllConfigs } from '../support/granted-config.js';
import { browser, databaseRows, lab, provider, signIn } from '../support/lab.js';

describe('the demo', function () {
  this.timeout(120_000);
  let chromium: Browser;
  before(async () => {
    await removeAllConfigs();
    await provider.reset();
    chromium = await browser();
    await addDemoMailboxes();
  });
  after(async () => {
    await chromium.close();
    await removeAllConfigs();
    await forgetFetches();
  });

  it('has a mailbox in each state, and adds none a second time', async () => {
    const states = () =>
      databaseRows(
        `SELECT c.name, r.state FROM oauth2_token_config c
         JOIN oauth2_sidecar_renewal r ON r.token_config_id = c.id ORDER BY c.name`,
      );
    const wanted = [
      ['Billing', 'client-rejected'],
      ['Newsletter', 'consent-needed'],
      ['Sales', 'secret-ends'],
      ['Support', 'valid'],
    ];
    await until(
      'the four states',
      async () => JSON.stringify(await states()) === JSON.stringify(wanted),
      60_000,
    );
    await addDemoMailboxes();
    expect(await states()).to.deep.equal(wanted);
  });

  it('asks no outside host for anything, on our screens and on those of the helpdesk', async () => {
    const page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    await page.goto(`${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement`);
    await signIn(page, CREDENTIALS.admin);
    for (const action of ['AdminOAuth2TokenManagement', 'AgentDashboard', 'Admin', 'AdminMailAccount'])
      await page.goto(`${lab.urls.helpdesk}?Action=${action}`, { waitUntil: 'networkidle' });
    expect([...asked]).to.deep.equal([new URL(lab.urls.helpdesk).origin]);
    // The helpdesk itself asks for news and products where these are switched on.
    const blocks = await databaseRows(
      `SELECT d.name FROM sysconfig_default d LEFT JOIN sysconfig_modified m ON m.name = d.name AND m.user_id IS NULL
       WHERE (d.name LIKE 'DashboardBackend%News' OR d.name LIKE 'DashboardBackend%ProductNotify')
       AND COALESCE(m.is_valid, d.is_valid) = 1`,
    );
    expect(blocks).to.deep.equal([]);
  });
});
