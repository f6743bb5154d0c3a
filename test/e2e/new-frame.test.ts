import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { removeConfigs } from '../support/granted-config.js';
import { browser, databaseRows, lab, type Session, session } from '../support/lab.js';
import { stateRows } from '../support/state-rows.js';

const OURS = readFileSync(path.join(import.meta.dirname, '../../sysconfig/styles/OAuth2Sidecar.css'), 'utf8');
const SCREEN = `${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement`;
const NAMES = ['Frame 1', 'Frame 2', 'Frame 3', 'Frame 4', 'Frame 5'];

/** How the skins of Znuny 7.0 to 7.3 lay out the parts around our screens, as far as it differs from 6.5. */
const OF_7 = `
  :root { --white: #fff; --black: #171725; --gap-xs: 5px; }
  * { margin: 0; padding: 0; }
  html, body { display: flex; flex-flow: column; min-height: 100vh; font: 12px sans-serif; }
  #AppWrapper { display: flex; flex-flow: column; min-height: 100vh; overflow: hidden; }
  #Header, #NavigationContainer { height: 60px; overflow: hidden; }
  .MainBox { position: relative; display: flex; flex-direction: column; gap: 20px; flex: 1; padding: 25px; }
  .MainBox > h1 { position: relative; min-width: 100%; margin: 0; }
  .LayoutFixedSidebar { display: flex; flex-flow: row; flex: 1; }
  .LayoutFixedSidebar.SidebarFirst { gap: 0; }
  .LayoutFixedSidebar > .SidebarColumn { overflow-x: hidden; width: 100%; }
  .LayoutFixedSidebar.SidebarFirst > .SidebarColumn { max-width: 270px; margin-right: 20px; }
  .LayoutFixedSidebar > .ContentColumn {
    display: flex; flex-flow: column; align-self: self-start; gap: 20px; flex: 1; width: 100%; padding: 25px;
    overflow: hidden; }
  .BreadCrumb { display: flex; flex-flow: row; align-items: center; margin: 0; padding: 0; overflow-x: auto; }
  .InvisibleText { position: absolute !important; display: inline-block; width: 0; height: 0; text-indent: -9999px; }
  .DataTable { width: 100%; }
  .Hidden, #UIElementPool, .ActionMenu { display: none; }
  .ResponsiveHandle { position: fixed; }
  #ResponsiveFooter div, .Visible-ScreenXL .ResponsiveHandle { display: none; }
  #ResponsiveFooter .Visible-ScreenXL { display: block; }
  .MessageBox { position: relative; display: flex; gap: 20px; margin-bottom: 25px; padding: 10px 20px; background: #cccccc37; }
  a { color: #ff8a25; }
  .MessageBox > span { color: #646473; }
  .MessageBox p a { color: var(--black); }
  .MessageBox.Error { background: #f8d7da; color: #721c24; }
  .ActionsSideBar.LayoutFixedSidebar { display: flex; padding: 0; }
  .ActionsSideBar.LayoutFixedSidebar .ActionsSideBarComp {
    display: flex; flex-direction: column; margin: 0; padding: 25px; background: var(--white); box-sizing: border-box;
    width: 100%; max-width: 300px; gap: 20px; }
  .WidgetSimple > .Content { padding: 0; overflow: auto; position: relative; }
  .WidgetSimple .Content fieldset:not(.Hidden) { display: flex; flex-flow: column; padding: 50px; }
  .WidgetSimple .Content p.FieldExplanation { color: #c4c4c4; }
  label { display: block; width: 100%; }
  button.btn-main, a.btn-main {
    width: 100%; min-height: 38px; display: flex; justify-content: center; align-items: center; padding: 0 15px; }
  button.btn-primary, button.btn-primary:focus { color: var(--white); background: #ff8a25; border: 1px solid #ff8a25; }
  @media (max-width: 1024px) {
    #ResponsiveFooter .Visible-ScreenXL { display: none; }
    #ResponsiveFooter .Visible-ScreenS { display: block; }
    .ResponsiveSidebarContainer { position: fixed; display: none; }
    .SidebarFirst .ResponsiveSidebarContainer > .SidebarColumn { position: fixed; width: 300px; right: -300px; }
    .MainBox { padding: 20px; }
  }`;

describe('the frame and the boxes of Znuny 7', function () {
  this.timeout(60_000);
  let admin: Session;
  let chromium: Browser;
  const contexts: BrowserContext[] = [];

  /** @param isTall the helpdesk's own screens have a left column as high as the page, as since 7.1 */
  async function open(width: number, { isTall = false, at = SCREEN } = {}): Promise<Page> {
    const context = await chromium.newContext({ viewport: { width, height: 900 } });
    contexts.push(context);
    await context.addCookies([{ name: 'OTRSAgentInterface', value: admin.id, url: lab.urls.helpdesk }]);
    // A genuine page in which only the style differs.
    let sent = false;
    await context.route(/\/skins\/.*\.css/, (route) => {
      const body = sent ? '' : `${OF_7}\n${OURS}`;
      sent = true;
      return route.fulfill({ contentType: 'text/css', body });
    });
    // Our box takes this class over from the helpdesk's, see test/unit/main-box.test.ts.
    if (isTall)
      await context.route(/index\.pl\?/, async (route) => {
        const response = await route.fetch();
        const text = await response.text();
        const body = text.replace('SidebarFirst OAuth2Screens', 'SidebarFirst ActionsSideBar OAuth2Screens');
        await route.fulfill({ response, body });
      });
    const page = await context.newPage();
    await page.goto(at);
    await page.locator('.OAuth2Bar').waitFor({ state: 'attached' });
    await page.waitForLoadState('networkidle');
    await page.keyboard.press('Tab');
    await page.locator('.OAuth2Over').waitFor({ state: 'detached' });
    return page;
  }
  const box = async (page: Page, selector: string) => {
    const found = await page.locator(selector).first().boundingBox();
    if (!found) throw new Error(`${selector} is not shown`);
    return found;
  };
  const styleOf = (page: Page, selector: string, property: string) =>
    page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`);

  before(async () => {
    await removeConfigs(NAMES);
    await stateRows(
      NAMES.map((name) => ({ name, error: ['access_denied', 'AADSTS65004: User declined to consent.'] })),
    );
    // Only what something uses is an error.
    await databaseRows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, valid_id, authentication_type,
         oauth2_token_config_id, create_time, create_by, change_time, change_by)
       SELECT name, 'x', 'mail.example.test', 'IMAPS', 1, 0, 1, 'oauth2_token', id, UTC_TIMESTAMP(), 1, UTC_TIMESTAMP(), 1
       FROM oauth2_token_config`,
    );
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
  });
  after(async () => {
    for (const context of contexts) await context.close();
    await chromium.close();
    await removeConfigs(NAMES);
  });

  it('puts path, left column and content where they belong, and nothing is wider than the window', async () => {
    const page = await open(1400);
    const main = await box(page, '.OAuth2Screens');
    const crumbs = await box(page, '.OAuth2Screens > .BreadCrumb');
    const side = await box(page, '.SidebarColumn');
    const content = await box(page, '.ContentColumn');
    expect(crumbs.width, 'the path has a line of its own').to.be.closeTo(main.width - 50, 2);
    expect(side.y, 'the columns are below it').to.be.at.least(crumbs.y + crumbs.height);
    expect(side.y - crumbs.y - crumbs.height, 'without touching it').to.be.within(8, 12);
    expect(content.y).to.be.closeTo(side.y, 2);
    expect(side.width).to.be.closeTo(270, 2);
    expect(content.x).to.be.at.least(side.x + side.width);
    expect(content.x + content.width).to.be.closeTo(main.x + main.width - 25, 2);
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(1400);
    expect(
      await page.evaluate(
        "(function (Box) { return Box.scrollWidth - Box.clientWidth; })(document.querySelector('#AppWrapper'))",
      ),
    ).to.equal(0);
  });

  it('gives the content the whole width of a phone', async () => {
    const page = await open(390);
    const main = await box(page, '.OAuth2Screens');
    const crumbs = await box(page, '.OAuth2Screens > .BreadCrumb');
    const content = await box(page, '.ContentColumn');
    expect(content.y).to.be.at.least(crumbs.y + crumbs.height);
    expect(content.width).to.be.closeTo(main.width - 40, 2);
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
  });

  it('has a left column as high as the page beside path and content where the helpdesk has one', async () => {
    const page = await open(1400, { isTall: true });
    const main = await box(page, '.OAuth2Screens');
    const crumbs = await box(page, '.OAuth2Screens > .BreadCrumb');
    const side = await box(page, '.SidebarColumn');
    const content = await box(page, '.ContentColumn');
    expect([side.x, side.y, side.width, side.height].map(Math.round)).to.deep.equal(
      [main.x, main.y, 300, main.height].map(Math.round),
    );
    expect(crumbs.x).to.be.closeTo(main.x + 300, 1);
    expect(content.x).to.be.closeTo(main.x + 300, 1);
    expect(content.x + content.width).to.be.closeTo(main.x + main.width, 1);
    expect(content.y).to.be.closeTo(crumbs.y + crumbs.height, 1);
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(1400);
    const narrow = await open(390, { isTall: true });
    const one = await box(narrow, '.ContentColumn');
    expect([one.x, one.width].map(Math.round)).to.deep.equal([0, 390]);
    expect(await narrow.evaluate('document.documentElement.scrollWidth')).to.equal(390);
  });

  it('has the buttons, boxes and explanations of the helpdesk, no wider than their text and readable', async () => {
    const at = `${SCREEN};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=microsoft-organizations`;
    const page = await open(1400, { isTall: true, at });
    const save = await box(page, '#Submit');
    expect(save.height).to.be.closeTo(38, 1);
    expect(save.width).to.be.within(60, 250);
    expect(await styleOf(page, '#Submit', 'color')).to.equal('rgb(23, 23, 37)');
    expect(await styleOf(page, '#Submit', 'backgroundColor')).to.equal('rgb(255, 138, 37)');
    expect(await styleOf(page, '.ContentColumn p.FieldExplanation', 'color')).to.equal(
      await styleOf(page, '.ContentColumn', 'color'),
    );
    expect(await styleOf(page, '.ContentColumn .WidgetSimple > .Content', 'paddingLeft')).to.equal('15px');
    const check = await box(page, '.OAuth2Choice input[type=checkbox]');
    const word = await box(page, '.OAuth2Choice input[type=checkbox] + label');
    expect(word.x, 'beside its box').to.be.above(check.x + check.width);
    expect(word.y).to.be.below(check.y + check.height);
  });

  it('has readable boxes in the notification bar: dark on pale, close together, and opaque where they cover the page', async () => {
    const page = await open(1400);
    const boxes = await page.locator('.OAuth2Bar > .MessageBox').all();
    expect(boxes).to.have.length(3);
    const [first, second] = await Promise.all(boxes.map((one) => one.boundingBox()));
    expect((second?.y ?? 0) - (first?.y ?? 0) - (first?.height ?? 0)).to.equal(5);
    const summary = '.OAuth2BarMore > summary.Error';
    expect(await styleOf(page, summary, 'backgroundColor')).to.equal('rgb(248, 215, 218)');
    for (const words of [`${summary} a`, '.OAuth2Bar > .MessageBox.Error a'])
      expect(await styleOf(page, words, 'color'), words).to.equal('rgb(23, 23, 37)');
    // A bar that appears late has no height of its own.
    await page.evaluate(
      "Object.assign(document.querySelector('[data-oauth2-sidecar-bar]'), { className: 'OAuth2Over', style: 'height: 0' })",
    );
    const covering = await box(page, '[data-oauth2-sidecar-bar] > .OAuth2Bar');
    expect(covering.height).to.be.above(40);
    expect(await styleOf(page, '[data-oauth2-sidecar-bar] > .OAuth2Bar', 'backgroundColor')).to.equal(
      'rgb(255, 255, 255)',
    );
  });
});
