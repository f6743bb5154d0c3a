import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { SCREENS } from '../../plugin/web/screens.js';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { grantedConfig } from '../support/granted-config.js';
import { browser, databaseRows, lab, perl, type Session, session } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The helpdesk's ordinary skin and the one for people who need strong contrasts. */
const SKINS = ['default', 'highcontrast'];

/** Every screen that a GET shows, and what its address needs; a new screen has to be added here. */
const PAGES: Record<string, (id: number) => string> = {
  '': () => '',
  AddTokenConfigByTemplateFile: () => ';TokenConfigTemplateFilename=microsoft-common',
  EditTokenConfig: (id) => `;ID=${id}`,
  DeleteTokenConfig: (id) => `;ID=${id}`,
  ImportTokenConfigurations: () => '',
  Export: () => '',
  History: (id) => `;ID=${id}`,
  TestMailbox: (id) => `;ID=${id}`,
  Doctor: () => '',
};

/** A browser that has the helpdesk's session, with its script or without. */
async function open(chromium: Browser, admin: Session, more: object = {}): Promise<BrowserContext> {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, ...more });
  await context.addCookies([{ name: 'OTRSAgentInterface', value: admin.id, url: lab.urls.helpdesk }]);
  return context;
}

const setSkin = (skin: string) =>
  perl(`my $U = $Kernel::OM->Get('Kernel::System::User');
    $U->SetPreferences( UserID => $U->UserLookup( UserLogin => '${CREDENTIALS.admin.login}' ), Key => 'UserSkin', Value => '${skin}' );`);

const address = (subaction: string, id: number) =>
  `${lab.urls.helpdesk}?${SCREEN}${subaction && `;Subaction=${subaction}`}${PAGES[subaction]?.(id) ?? ''}`;

/** A page in the helpdesk's frame: a machine that is busy may answer with our own first. */
async function show(page: Page, subaction: string, id: number): Promise<void> {
  await until(`${subaction || 'overview'} in the helpdesk's frame`, async () => {
    await page.goto(address(subaction, id), { waitUntil: 'networkidle' });
    return (await page.locator('#NavigationContainer').count()) === 1;
  });
}

/** What axe finds in our parts of the page: header, menu and the search inside of select fields are the helpdesk's own. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate(
    `axe.run({
      include: [['.MainBox'], ...(document.querySelector('[data-oauth2-sidecar-bar]') ? [['[data-oauth2-sidecar-bar]']] : [])],
      exclude: [['.InputField_Container']],
    })`,
  )) as AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

describe('everyone can use the screens', () => {
  let chromium: Browser;
  let id: number;
  before(async () => {
    chromium = await browser();
    id = await grantedConfig('Usable by everyone');
    await databaseRows(
      `UPDATE oauth2_token SET error_message = 'invalid_grant', token_expiration_date = NOW() - INTERVAL 1 DAY WHERE token_config_id = ${id}`,
    );
  });
  after(async () => {
    await chromium.close();
    await setSkin('default');
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id = ${id}`);
    await databaseRows(`DELETE FROM oauth2_token_config WHERE id = ${id}`);
  });

  it('the list of pages is complete', () => {
    const shown = Object.entries(SCREENS).filter(([, screen]) => screen.get && !screen.noPage);
    expect(Object.keys(PAGES).sort()).to.deep.equal(shown.map(([name]) => name).sort());
  });

  for (const skin of SKINS)
    it(`axe finds nothing in our parts, skin ${skin}`, async () => {
      await setSkin(skin);
      const context = await open(chromium, await session(CREDENTIALS.admin));
      const page = await context.newPage();
      const found: Record<string, string[]> = {};
      for (const subaction of Object.keys(PAGES)) {
        await show(page, subaction, id);
        expect(await page.locator('.MainBox.OAuth2Screens').count(), subaction).to.equal(1);
        const faulty = await faults(page);
        if (faulty.length > 0) found[subaction || 'overview'] = faulty;
      }
      expect(found).to.deep.equal({});
      await context.close();
    }).timeout(120_000);

  it('no page is wider than 320 pixels', async () => {
    const admin = await session(CREDENTIALS.admin);
    const context = await open(chromium, admin, { viewport: { width: 320, height: 640 } });
    const page = await context.newPage();
    for (const subaction of Object.keys(PAGES)) {
      await show(page, subaction, id);
      const tooWide = await page.evaluate(`[...document.querySelectorAll('.MainBox *')]
        .filter((node) => { const box = node.getBoundingClientRect(); return box.width > 0 && box.right > 321 && !node.closest('.InvisibleText, pre, [data-scrolls]'); })
        .map((node) => node.outerHTML.slice(0, 120))`);
      expect(tooWide, subaction).to.deep.equal([]);
    }
    await context.close();
  }).timeout(120_000);

  it('by keyboard alone: everything that can be clicked can be reached, and shows that it is', async () => {
    const context = await open(chromium, await session(CREDENTIALS.admin));
    const page = await context.newPage();
    for (const subaction of Object.keys(PAGES)) {
      await show(page, subaction, id);
      const unreachable =
        await page.evaluate(`[...document.querySelectorAll('.MainBox a, .MainBox button, .MainBox input, .MainBox select, .MainBox textarea, .MainBox summary')]
        .filter((node) => node.type !== 'hidden' && node.getClientRects().length > 0 && !node.closest('[aria-hidden=true], .InputField_Container'))
        .filter((node) => node.tabIndex < 0 || (node.tagName === 'A' && !node.hasAttribute('href')))
        .map((node) => node.outerHTML.slice(0, 120))`);
      expect(unreachable, subaction).to.deep.equal([]);
    }
    await context.close();
  }).timeout(120_000);

  it('without a script: add, edit, delete', async () => {
    const admin = await session(CREDENTIALS.admin);
    const context = await open(chromium, admin, { javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(address('AddTokenConfigByTemplateFile', id));
    await page.fill('#Name', 'Made without a script');
    await page.fill('#ClientID', 'client');
    await page.fill('#ClientSecret', 'secret-of-nobody');
    await page.click('#Submit');
    const [row] = await databaseRows(
      "SELECT id FROM oauth2_token_config WHERE name = 'Made without a script'",
    );
    const made = Number(row?.[0]);
    expect(made).to.be.greaterThan(0);
    await page.goto(address('EditTokenConfig', made));
    await page.fill('#Name', 'Changed without a script');
    await page.click('#Submit');
    expect(await databaseRows(`SELECT name FROM oauth2_token_config WHERE id = ${made}`)).to.deep.equal([
      ['Changed without a script'],
    ]);
    await page.goto(address('DeleteTokenConfig', made));
    await page.click('.ContentColumn form button');
    expect(await databaseRows(`SELECT id FROM oauth2_token_config WHERE id = ${made}`)).to.deep.equal([]);
    await context.close();
  }).timeout(60_000);
});
