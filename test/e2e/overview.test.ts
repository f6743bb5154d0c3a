import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { axe } from '../support/axe.js';
import { removeAllConfigs, removeConfigs } from '../support/granted-config.js';
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
import { stateRows } from '../support/state-rows.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const BASE = `${lab.urls.helpdesk}?${SCREEN}`;
const LONG = `Ov long ${'x'.repeat(200)}`;
const NAMES = ['Ov healthy', 'Ov consent', 'Ov denied', 'Ov secret', 'Ov off', 'Ov new', LONG];
const COPY = 'Ov healthy (copy)';
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const TEXTS = {
  en: {
    consent:
      /^The provider sent no refresh token: Microsoft sends one only with the scope offline_access\. Add it, then request a new token\. Still valid until (?:.+, )?\d\d:\d\d\.$/,
    healthy: /^Valid; renews automatically, next at .+\.$/,
    denied: 'Consent was declined. Request a new token and accept the requested permissions.',
    off: 'Switched off: tokens are not renewed while the configuration is invalid.',
    attention: /^Need attention: \d+$/,
    more: /^More OAuth2 token configurations that need attention: \d+$/,
    added: 'Configuration added',
    fetched: /Mail last fetched: /,
  },
  de: {
    consent:
      /^Der Anbieter hat kein Refresh-Token gesendet: Microsoft sendet eines nur mit dem Scope offline_access\. Ergänzen Sie ihn und fordern Sie dann ein neues Token an\. Noch gültig bis (?:.+, )?\d\d:\d\d\.$/,
    healthy: /^Gültig; wird automatisch erneuert, nächste Erneuerung: .+\.$/,
    denied: 'Die Zustimmung wurde verweigert. Fordern Sie ein neues Token an und stimmen Sie dem Zugriff zu.',
    off: 'Abgeschaltet: Nichts wird erneuert, solange die Konfiguration nicht gültig ist.',
    attention: /^Brauchen Aufmerksamkeit: \d+$/,
    more: /^Weitere OAuth2-Token-Konfigurationen, die Aufmerksamkeit brauchen: \d+$/,
    added: 'Konfiguration hinzugefügt',
    fetched: /E-Mails zuletzt abgeholt: /,
  },
} as const;

/** In a page from right to left: sentences whose full stop stands left of their last letter. */
const FULL_STOPS_AT_THE_WRONG_END = `[...document.querySelectorAll('.OAuth2Screens *, .OAuth2Bar bdi, .OAuth2Account bdi')]
  .filter((node) => node.getClientRects().length > 0 && node.lastChild?.nodeType === 3 && /[a-z0-9][.)]$/.test(node.lastChild.data.trimEnd()))
  .filter((node) => {
    const at = (from, to) => {
      const range = document.createRange();
      range.setStart(node.lastChild, node.lastChild.length + from);
      range.setEnd(node.lastChild, node.lastChild.length + to);
      return range.getBoundingClientRect();
    };
    return at(-1, 0).left < at(-2, -1).left;
  })
  .map((node) => node.textContent)`;

describe('overview, notification bar and history in the browser', () => {
  let admin: Session;
  let chromium: Browser;
  const contexts: BrowserContext[] = [];

  async function open({ script = true, width = 1280 } = {}): Promise<Page> {
    const viewport = { width, height: 900 };
    const context = await signedIn(chromium, admin, { javaScriptEnabled: script, viewport });
    contexts.push(context);
    return context.newPage();
  }
  const rowOf = (page: Page, name: string) =>
    page.locator('#OAuth2TokenConfigs tbody tr').filter({ has: page.getByText(name, { exact: true }) });
  const openMenu = (page: Page, name: string) => rowOf(page, name).locator('.OAuth2Menu > summary').click();
  const sentenceOf = (page: Page, name: string) => rowOf(page, name).locator('.OAuth2Sentence').innerText();
  const namesOn = (page: Page) => page.locator('#OAuth2TokenConfigs .MasterActionLink').allInnerTexts();
  const idOf = async (name: string) =>
    Number((await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${name}'`))[0]?.[0]);

  before(async () => {
    await removeAllConfigs();
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
    await stateRows([
      { name: 'Ov healthy', endsIn: 600 },
      { name: 'Ov consent', endsIn: 50, refreshToken: false },
      { name: 'Ov denied', error: ['access_denied', 'AADSTS65004: User declined to consent.'] },
      { name: 'Ov secret', endsIn: 600, document: { Sidecar: { ClientSecretExpires: inDays(10) } } },
      { name: 'Ov off', endsIn: -600, validId: 2 },
      { name: 'Ov new' },
      { name: LONG, endsIn: 600, refreshToken: false },
    ]);
    // Only what something uses is an error.
    await mailAccount('POP3', await idOf('Ov denied'), CREDENTIALS.mailboxes[0]);
    const account = await mailAccount('IMAP', await idOf('Ov healthy'), CREDENTIALS.mailboxes[1]);
    await databaseRows(
      `INSERT INTO communication_log (transport, direction, status, account_type, account_id, start_time)
       VALUES ('Email', 'Incoming', 'Successful', 'IMAP', '${account}', UTC_TIMESTAMP())`,
    );
  });
  after(async () => {
    for (const context of contexts) await context.close();
    await chromium.close();
    await databaseRows(
      "DELETE FROM communication_log WHERE insert_fingerprint IS NULL AND transport = 'Email'",
    );
    await removeConfigs([...NAMES, COPY]);
  });

  for (const language of ['en', 'de'] as const)
    for (const skin of ['default', 'highcontrast']) {
      const texts = TEXTS[language];
      it(`show one sentence for each token, its use with the last fetch, and a bar folded above three (${language}, ${skin})`, async () => {
        await choose(admin, { language, skin });
        const page = await open();
        await page.goto(BASE);
        expect(await sentenceOf(page, 'Ov healthy')).to.match(texts.healthy);
        expect(await sentenceOf(page, 'Ov consent')).to.match(texts.consent);
        expect(await sentenceOf(page, 'Ov denied')).to.equal(texts.denied);
        expect(await sentenceOf(page, 'Ov off')).to.equal(texts.off);
        expect(await rowOf(page, 'Ov healthy').innerText()).to.match(texts.fetched);
        expect((await page.locator('.OAuth2Attention').innerText()).trim()).to.match(texts.attention);
        await bar(page).locator('.OAuth2Bar').waitFor();
        expect(await bar(page).locator('.OAuth2Bar > .MessageBox').count()).to.equal(3);
        expect(await bar(page).locator('summary').innerText()).to.match(texts.more);
        expect(await bar(page).locator('.OAuth2Bar > .MessageBox').first().getAttribute('class')).to.equal(
          'MessageBox Error',
        );
        // The skin's own style is in use, and ours beside it.
        expect(await page.locator(`link[href*="/${skin}/css-cache/"]`).count()).to.be.greaterThan(0);
        expect(
          await page.evaluate("getComputedStyle(document.querySelector('.OAuth2State')).borderLeftWidth"),
        ).to.equal('4px');
      });
    }

  it('search, filter and sort by plain forms and links, without a script', async () => {
    await choose(admin, LOOKS[0]);
    const page = await open({ script: false });
    await page.goto(BASE);
    await page.fill('#Search', 'Ov ');
    await page.selectOption('#State', 'consent-needed');
    await page.selectOption('#Sort', 'urgency');
    await page.click('.OAuth2Search button');
    expect(await namesOn(page)).to.deep.equal(['Ov denied', 'Ov consent', LONG]);
    await page.locator('th a', { hasText: 'Name' }).click();
    expect(await page.locator('th').first().getAttribute('aria-sort')).to.equal('ascending');
    await page.locator('th a', { hasText: 'Name' }).click();
    expect(await page.locator('th').first().getAttribute('aria-sort')).to.equal('descending');
    expect(await namesOn(page)).to.deep.equal([LONG, 'Ov denied', 'Ov consent']);
    await page.selectOption('#State', 'switched-off');
    await page.click('.OAuth2Search button');
    expect(await namesOn(page)).to.deep.equal(['Ov off']);
    await page.locator('.OAuth2State > summary').click();
    expect(await page.locator('.OAuth2Tokens dt').allInnerTexts()).to.deep.equal([
      'Access token',
      'Refresh token',
      'Template',
    ]);
  });

  it('copy a configuration without the token, and export one', async () => {
    const page = await open();
    await page.goto(`${BASE};Search=Ov+healthy`);
    await openMenu(page, 'Ov healthy');
    await rowOf(page, 'Ov healthy').getByRole('button', { name: 'Copy: Ov healthy' }).click();
    await page.waitForURL(/Subaction=EditTokenConfig/);
    expect(await page.inputValue('#Name')).to.equal(COPY);
    const [copied] = await databaseRows(
      `SELECT (SELECT COUNT(DISTINCT config) FROM oauth2_token_config WHERE name IN ('${COPY}', 'Ov healthy')),
        (SELECT COUNT(*) FROM oauth2_token WHERE token <> '' AND token_config_id = ${await idOf(COPY)})`,
    );
    expect(copied).to.deep.equal(['1', '0']);
    await page.goto(`${BASE};Search=Ov+healthy`);
    await openMenu(page, 'Ov healthy');
    await rowOf(page, 'Ov healthy').getByRole('link', { name: 'Export: Ov healthy' }).click();
    expect(await page.locator('#ExportWithSecrets').getAttribute('href')).to.contain(
      `ID=${await idOf('Ov healthy')}`,
    );
  });

  it('say in the history who did what, filtered, and still name what is deleted', async () => {
    const id = await idOf(COPY);
    const deleted = await admin.post(`${SCREEN};Subaction=DeleteTokenConfig`, { ID: String(id) });
    expect(deleted.status).to.equal(303);
    const page = await open();
    await page.goto(`${BASE};Subaction=History;ID=${id}`);
    expect(await page.locator('.BreadCrumb li').last().innerText()).to.equal(`History: ${COPY}`);
    const rows = () => page.locator('#OAuth2History tbody tr').allInnerTexts();
    expect(
      (await rows()).map((row) =>
        row
          .replace(/\s+/g, ' ')
          .trim()
          .replace(/^.*\d\d:\d\d /, ''),
      ),
    ).to.deep.equal([
      'Configuration deleted Successful Olivia Admin (oauthadmin)',
      'Configuration added Successful Olivia Admin (oauthadmin)',
    ]);
    await page.selectOption('#What', 'config-added');
    await page.click('.OAuth2Search button');
    expect(await rows()).to.have.length(1);
    await page.selectOption('#Outcome', 'failed');
    await page.click('.OAuth2Search button');
    expect(await rows()).to.deep.equal(['No matching entries. Show all entries']);
    await page.goto(`${BASE};Subaction=History`);
    expect((await rows()).join('\n')).to.contain(COPY);
    const unknown = await admin.get(`${SCREEN};Subaction=History;ID=999999`);
    expect(unknown.status).to.equal(404);
  });

  it('have rows of about 45 pixels, so that 25 fit two screens, and put what is broken first', async () => {
    const page = await open();
    for (const language of ['he', 'en'] as const) {
      await choose(admin, { language, skin: 'default' });
      await page.goto(`${BASE};Search=Ov+`);
      const heights = await page.evaluate<number[]>(
        "[...document.querySelectorAll('#OAuth2TokenConfigs tbody tr')].map((row) => row.getBoundingClientRect().height)",
      );
      expect(heights).to.have.length(NAMES.length);
      expect(Math.max(...heights), language).to.be.at.most(46);
    }
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 });
      const uneven = await page.evaluate<number[][]>(
        `[...document.querySelectorAll('.OAuth2ActionsCell')]
          .map((cell) => [...cell.querySelectorAll('.CallForAction, .OAuth2Menu > summary')]
            .filter((node) => node.checkVisibility()).map((node) => Math.round(node.getBoundingClientRect().height)))
          .filter(([button, menu]) => button !== menu)`,
      );
      // A main action may have two lines.
      expect(
        uneven.filter(([button = 0, menu = 0]) => button < 1.5 * menu),
        `buttons beside menus at ${width}`,
      ).to.deep.equal([]);
    }
    expect((await namesOn(page)).slice(0, 2)).to.deep.equal(['Ov denied', 'Ov consent']);
  });

  it('need one key to skip header and boxes, and six more to the first row', async () => {
    const page = await open();
    await page.goto(`${BASE};Search=Ov+`, { waitUntil: 'networkidle' });
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).to.equal('OAuth2Skip');
    await page.keyboard.press('Enter');
    const keys: string[] = [];
    do {
      await page.keyboard.press('Tab');
      keys.push(await page.evaluate('document.activeElement.outerHTML.slice(0, 80)'));
    } while (
      keys.length < 13 &&
      !(await page.evaluate("Boolean(document.activeElement.closest('#OAuth2TokenConfigs tbody'))"))
    );
    expect(keys.length, keys.join('\n')).to.be.at.most(6);
  });

  it('find a configuration by login and host of its account, client ID, tenant and comment, but never by a secret', async () => {
    const id = await idOf('Ov healthy');
    await databaseRows(
      `UPDATE mail_account SET comments = 'Nur für Rechnungen' WHERE oauth2_token_config_id = ${id}`,
    );
    await databaseRows(
      `UPDATE oauth2_token_config SET config = JSON_SET(config, '$.ClientID', '5ea2c41e-0000-4000-8000-000000000000',
         '$.ClientSecret', 'not-to-be-found', '$.Requests.TokenByRefreshToken.Request.URL',
         'https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token') WHERE id = ${id}`,
    );
    const page = await open({ script: false });
    for (const words of ['OV HEALTHY', CREDENTIALS.mailboxes[1], '5EA2C41E', 'contoso.ex', 'für Rechnung']) {
      await page.goto(`${BASE};Search=${encodeURIComponent(words)}`);
      expect(await namesOn(page), words).to.deep.equal(['Ov healthy']);
    }
    await page.goto(`${BASE};Search=${encodeURIComponent('127.0.0.1')}`);
    expect(await namesOn(page)).to.include('Ov healthy');
    for (const words of ['not-to-be', '100%', 'ClientSecret']) {
      await page.goto(`${BASE};Search=${encodeURIComponent(words)}`);
      expect(await namesOn(page), words).to.deep.equal([]);
    }
  });

  it('have no finding of axe', async () => {
    await choose(admin, LOOKS[0]);
    const page = await open();
    await page.goto(`${BASE};Search=Ov+`, { waitUntil: 'networkidle' });
    await openMenu(page, 'Ov healthy');
    await rowOf(page, 'Ov healthy').locator('.OAuth2State > summary').click();
    expect(await axe(page)).to.deep.equal([]);
  });

  it('fit the window and read as English in a language from right to left', async () => {
    await choose(admin, { language: 'he', skin: 'default' });
    const page = await open();
    for (const subaction of ['', ';Subaction=ConnectMicrosoft', ';Subaction=History']) {
      await page.goto(`${BASE}${subaction}`);
      expect(await page.evaluate("getComputedStyle(document.querySelector('.MainBox')).direction")).to.equal(
        'rtl',
      );
      expect(await page.evaluate('document.documentElement.scrollWidth'), subaction).to.equal(1280);
      // The texts are English, and so are the dates in them.
      expect(await page.locator('.MainBox').innerText()).to.not.match(/\p{Script=Hebrew}/u);
      await page.evaluate(
        "document.querySelectorAll('details').forEach((folded) => { folded.open = true; })",
      );
      expect(await page.evaluate(FULL_STOPS_AT_THE_WRONG_END), subaction).to.deep.equal([]);
    }
    await page.goto(`${BASE};Subaction=TestMailbox;ID=${await idOf('Ov healthy')}`);
    await page.fill('#Host', '127.0.0.1');
    await page.fill('#Login', CREDENTIALS.mailboxes[0]);
    await page.click('#TestTyped');
    await page.waitForSelector('#MailboxSteps div');
    expect(await page.evaluate(FULL_STOPS_AT_THE_WRONG_END), 'result of a test').to.deep.equal([]);
    await page.goto(`${lab.urls.helpdesk}?Action=AdminMailAccount`);
    await page.waitForSelector('.OAuth2Account bdi');
    expect(await page.evaluate(FULL_STOPS_AT_THE_WRONG_END), 'mail accounts').to.deep.equal([]);
    const phone = await open({ width: 320 });
    await phone.goto(BASE);
    expect(await phone.locator('.OAuth2Host').first().isVisible()).to.equal(true);
    expect(await phone.evaluate(FULL_STOPS_AT_THE_WRONG_END), 'phone').to.deep.equal([]);
    // Where a shortened bar leaves words out, it does so at the end of the line.
    await openWithLateBar(phone);
    await phone.waitForSelector('.OAuth2Line .MessageBox p');
    expect(
      await phone.evaluate(`(() => {
        const text = document.querySelector('.OAuth2Line .MessageBox p');
        const cut = text.scrollHeight > text.clientHeight;
        // The word for screen readers is hidden by an indent that depends on the direction.
        return [cut, getComputedStyle(text).direction, getComputedStyle(text).webkitLineClamp];
      })()`),
    ).to.deep.equal([true, 'rtl', 'none']);
  });

  it('print dark letters and marks that keep their meaning, and nothing that can only be clicked', async () => {
    await choose(admin, LOOKS[0]);
    // As wide as A4.
    const page = await open({ width: 794 });
    await page.emulateMedia({ media: 'print' });
    await page.goto(BASE);
    await page.locator('.OAuth2Bar .MessageBox.Error p').first().waitFor();
    const seen = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.OAuth2Screens :is(button, .CallForAction, .OAuth2Menu summary), .OAuth2ActionsCell')]
        .filter((node) => node.checkVisibility()).map((node) => node.outerHTML.slice(0, 100))`,
    );
    expect(seen).to.deep.equal([]);
    const [letters, marks] = await page.evaluate<[string[], string[]]>(
      `[['.OAuth2Bar .MessageBox :is(p, a)', 'color'], ['.OAuth2Timeline, .OAuth2Timeline > span', 'print-color-adjust']]
        .map(([all, property]) => [...new Set([...document.querySelectorAll(all)].map((node) => getComputedStyle(node)[property]))])`,
    );
    expect(letters).to.deep.equal(['rgb(0, 0, 0)']);
    expect(marks).to.deep.equal(['exact']);
    await page.goto(`${BASE};Subaction=ConnectMicrosoft;SignIn=tenant;TenantName=example.com;Receive=imap`);
    const touching = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.OAuth2Form label')].filter((label) => label.checkVisibility() && parseFloat(getComputedStyle(label).marginInlineEnd) < 4)
        .map((label) => label.textContent)`,
    );
    expect(touching).to.deep.equal([]);
  });

  it('turn every line into a card at 320 px, with nothing wider than the page, and wrap long names', async () => {
    const page = await open({ width: 320 });
    for (const query of ['', ';Subaction=History']) {
      await page.goto(`${BASE}${query}`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(320);
      expect(
        await page.evaluate("getComputedStyle(document.querySelector('.OAuth2Table td')).display"),
      ).to.equal('grid');
      const widest = await page.evaluate(
        `Math.max(...[...document.querySelectorAll('.OAuth2Table td *')]
          .filter((element) => !element.closest('.InvisibleText'))
          .map((element) => element.getBoundingClientRect().right))`,
      );
      expect(widest).to.be.at.most(320);
    }
  });

  it('work with the keyboard alone: every action of a row can be reached and has a name of its own', async () => {
    const page = await open();
    await page.goto(`${BASE};Search=Ov+healthy`);
    await page.locator('#OAuth2TokenConfigs .MasterActionLink').focus();
    const reached: string[] = [];
    for (let n = 0; n < 12; n++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate("document.activeElement?.matches('.OAuth2Menu > summary')"))
        await page.keyboard.press('Enter');
      reached.push(
        await page.evaluate<string>(
          "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''",
        ),
      );
    }
    expect(reached).to.include.members(
      [
        'Test',
        'More actions',
        'Request new token',
        'Renew now',
        'Fetch now',
        'Next steps',
        'Edit',
        'Copy',
        'Export',
        'History',
      ].map((text) => `${text}: Ov healthy`),
    );
    // A configuration in use cannot be deleted.
    expect(reached).to.not.include('Delete: Ov healthy');
  });

  /** Shifts since the page began, of everything below the menu: the helpdesk's own widgets move a little by themselves. */
  const OBSERVE = `window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries()
      .filter(({ sources }) => sources.some(({ node }) => /MainBox|MessageBox/.test(node?.className)))
      .map(({ value }) => value))).observe({ type: 'layout-shift', buffered: true });`;
  const bar = (page: Page) => page.locator('[data-oauth2-sidecar-bar]');
  // Two frames later every shift has been reported.
  const TWO_FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';
  /** Opens a page whose bar comes after the first frame, as it may or may not without this. */
  async function openWithLateBar(page: Page) {
    let answer = (): void => undefined;
    const painted = new Promise<void>((resume) => {
      answer = resume;
    });
    await page.route(/Subaction=Bar/, (route) => painted.then(() => route.continue()));
    await page.goto(`${lab.urls.helpdesk}?Action=Admin`);
    await page.evaluate(TWO_FRAMES);
    expect(await bar(page).getAttribute('aria-live')).to.equal('polite');
    answer();
  }
  /** Where the content begins, and whether the bar covers it; once nothing is loading any more. */
  async function settled(page: Page) {
    await bar(page).locator('.OAuth2Bar').waitFor();
    await page.waitForLoadState('networkidle');
    await page.evaluate(TWO_FRAMES);
    return page.evaluate<{ shifts: number[]; over: boolean; content: number; bottom: number }>(`({
      shifts: window.shifts,
      over: document.querySelector('.OAuth2Over') !== null,
      content: document.querySelector('.MainBox').getBoundingClientRect().top,
      bottom: document.querySelector('.OAuth2Bar').getBoundingClientRect().bottom,
    })`);
  }

  for (const [what, wait] of [
    ['a sidecar that answers at once', 0],
    ['a slow sidecar, nothing cached', 300],
  ] as const)
    it(`move neither the first page nor a later one by the bar: ${what}`, async () => {
      const page = await open();
      await page.addInitScript(OBSERVE);
      // Routing a request switches the browser's cache off, so that this page sees only pages with nothing cached.
      if (wait > 0) await page.route(/Subaction=Bar/, (route) => pause(wait).then(() => route.continue()));
      for (const action of ['AgentDashboard', 'Admin', 'AdminMailAccount']) {
        await page.goto(`${lab.urls.helpdesk}?Action=${action}`);
        const { shifts, over, content, bottom } = await settled(page);
        expect(shifts, action).to.deep.equal([]);
        // At the foot of the window, or in its place: it never covers the top of the page.
        if (over) expect(bottom, action).to.equal(page.viewportSize()?.height);
        else expect(bottom, action).to.be.at.most(content);
      }
    });

  it('show a whole bar that appears late where the pointer rests, and put it in its place for the keyboard', async () => {
    for (const want of ['pointer', 'keyboard'] as const) {
      const page = await open();
      await openWithLateBar(page);
      const late = await settled(page);
      expect(late.over).to.equal(true);
      if (want === 'pointer') {
        await bar(page)
          .locator('.MessageBox')
          .first()
          .hover({ position: { x: 900, y: 10 } });
        await page.waitForSelector('.OAuth2Line', { state: 'detached' });
        const { content, bottom } = await settled(page);
        expect([content, bottom]).to.deep.equal([late.content, page.viewportSize()?.height]);
        continue;
      }
      await page.keyboard.press('Tab');
      await page.waitForSelector('.OAuth2Over', { state: 'detached' });
      const { content, bottom } = await settled(page);
      expect(bottom).to.be.at.most(content);
    }
  });

  it('report that the sidecar is down to users whom it has answered before, and to nobody else', async () => {
    const page = await open();
    await page.goto(`${lab.urls.helpdesk}?Action=Admin`);
    await bar(page).locator('.OAuth2Bar').waitFor();
    await page.route(/Subaction=Bar/, (route) => route.fulfill({ status: 503, body: 'away' }));
    await page.reload();
    const away = page.locator('[data-oauth2-sidecar=away]');
    await away.waitFor();
    expect(await away.innerText()).to.contain('The OAuth2 sidecar does not respond');
    expect(await away.getAttribute('role')).to.equal('alert');
    expect(await away.getAttribute('lang')).to.equal('en');
    await page.unroute(/Subaction=Bar/);
    const back = page.waitForResponse(/Subaction=Bar/);
    await page.reload();
    await back;
    await bar(page).locator('.OAuth2Bar').waitFor();
    expect(await away.count()).to.equal(0);
    const stranger = await open();
    await stranger.route(/Subaction=Bar/, (route) => route.abort());
    await stranger.goto(`${lab.urls.helpdesk}?Action=Admin`);
    await stranger.waitForTimeout(4000);
    expect(await stranger.locator('[data-oauth2-sidecar=away]').count()).to.equal(0);
  });
});
