import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { SCREENS } from '../../plugin/web/screens.js';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import { axe } from '../support/axe.js';
import { BROKEN_WORDS } from '../support/broken-words.js';
import { darkSkin } from '../support/dark-skin.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import {
  browser,
  choose,
  databaseRows,
  extraSidecar,
  LOOKS,
  lab,
  type Session,
  session,
  signedIn,
} from '../support/lab.js';
import { stateRows } from '../support/state-rows.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAME = 'Usable by everyone';
/** Enough for the notification bar to fold. */
const NEIGHBOURS = ['first', 'second', 'third', 'fourth'].map((which) => `Needing attention: ${which}`);

/** Every screen that a GET shows: what its address needs, and how its path ends; a new screen has to be added here. */
const PAGES: Record<string, { query?: (id: number) => string; en: string; de: string }> = {
  '': {
    en: 'Manage OAuth2 tokens and their configurations',
    de: 'OAuth2-Token und deren Konfigurationen verwalten',
  },
  ConnectMailbox: { en: 'Connect a mailbox', de: 'Postfach verbinden' },
  ConnectMicrosoft: { en: 'Connect a mailbox: Microsoft 365', de: 'Postfach verbinden: Microsoft 365' },
  AddTokenConfigByTemplateFile: {
    query: () => ';TokenConfigTemplateFilename=microsoft-common',
    en: 'Add by template: Microsoft Common',
    de: 'Aus Vorlage hinzufügen: Microsoft Common',
  },
  EditTokenConfig: { query: (id) => `;ID=${id}`, en: `Edit: ${NAME}`, de: `Bearbeiten: ${NAME}` },
  DeleteTokenConfig: { query: (id) => `;ID=${id}`, en: `Delete: ${NAME}`, de: `Löschen: ${NAME}` },
  ImportTokenConfigurations: { en: 'Import token configurations', de: 'Token-Konfigurationen importieren' },
  Export: { en: 'Export token configurations', de: 'Token-Konfigurationen exportieren' },
  History: { query: (id) => `;ID=${id}`, en: `History: ${NAME}`, de: `Historie: ${NAME}` },
  TestMailbox: { query: (id) => `;ID=${id}`, en: `Test a mailbox: ${NAME}`, de: `Postfach testen: ${NAME}` },
  NextSteps: { query: (id) => `;ID=${id}`, en: `Next steps: ${NAME}`, de: `Nächste Schritte: ${NAME}` },
  RelayPasswords: {
    query: (id) => `;ID=${id}`,
    en: `Relay passwords: ${NAME}`,
    de: `Relay-Passwörter: ${NAME}`,
  },
  Alerts: { en: 'Alerts', de: 'Alarme' },
  Doctor: { en: 'Doctor', de: 'Diagnose' },
};

const address = (subaction: string, id: number) =>
  `${lab.urls.helpdesk}?${SCREEN}${subaction && `;Subaction=${subaction}`}${PAGES[subaction]?.query?.(id) ?? ''}`;

/** A page in the helpdesk's frame: a busy machine may answer with our own frame first. */
async function show(page: Page, subaction: string, id: number): Promise<void> {
  await until(`${subaction || 'overview'} in the helpdesk's frame`, async () => {
    await page.goto(address(subaction, id), { waitUntil: 'networkidle' });
    return (await page.locator('#NavigationContainer').count()) === 1;
  });
}

const FILE =
  'id: 1\nName: Imported by nobody\nValidID: 1\nConfig: { ClientID: x, ClientSecret: y, Requests: {} }\n';

/** The result of an action: how to reach it from its page, and the heading that it has then. */
const RESULTS: Record<
  string,
  { act(page: Page): Promise<unknown>; heading: string; en: string; de: string }
> = {
  ImportTokenConfigurations: {
    async act(page) {
      const file = { name: 'one.yml', mimeType: 'text/yaml', buffer: Buffer.from(FILE) };
      await page.setInputFiles('.ContentColumn input[type=file]', file);
      await page.click('.ContentColumn button[type=submit]');
    },
    heading: '.ContentColumn:has(#ImportItems) h2',
    en: 'Preview of the import',
    de: 'Vorschau des Imports',
  },
  TestMailbox: {
    async act(page) {
      await page.fill('#Host', '127.0.0.1');
      // Nobody's mailbox, with a name that fills a line of a phone.
      await page.fill('#Login', 'somebody.with.a.long.name@mail.example.test');
      await page.check('#AllowUnprotected');
      await page.click('#TestTyped');
    },
    heading: '#MailboxTest h2',
    en: 'Outcome',
    de: 'Ergebnis',
  },
  EditTokenConfig: {
    async act(page) {
      await page.fill('#ClientID', 'ünicode');
      await page.click('#Submit');
    },
    heading: '#FormFaults h2',
    en: 'Please correct the following',
    de: 'Bitte korrigieren Sie zuerst Folgendes',
  },
  Doctor: {
    act: (page) => page.click('#RunDoctor'),
    heading: '.WidgetSimple:has(#DoctorChecks) h2',
    en: 'Findings',
    de: 'Befunde',
  },
};

/** What can be clicked in our part of the page but not reached with the keyboard. */
const unreachable = (page: Page): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('.MainBox a, .MainBox button, .MainBox input, .MainBox select, .MainBox textarea, .MainBox summary')]
    .filter((node) => node.type !== 'hidden' && node.getClientRects().length > 0 && !node.closest('[aria-hidden=true], .InputField_Container'))
    .filter((node) => node.tabIndex < 0 || (node.tagName === 'A' && !node.hasAttribute('href')))
    .map((node) => 'no keyboard: ' + node.outerHTML.slice(0, 120))`);

/** What does not fit on a small phone, with everything unfolded, once the helpdesk's script, where there is one, has noticed the width. */
async function tooWide(page: Page): Promise<string[]> {
  const usual = page.viewportSize() ?? { width: 1280, height: 900 };
  await page.setViewportSize({ width: 320, height: 640 });
  const framed = (await page.locator('#NavigationContainer').count()) === 1;
  if (framed) await page.locator('body.Visible-ScreenS').waitFor();
  const open = (all: string) =>
    page.evaluate(
      `document.querySelectorAll('.MainBox details${all}').forEach((one) => { one.toggleAttribute('open'); one.toggleAttribute('data-unfolded'); })`,
    );
  await open(':not([open])');
  const found: string[] = await page.evaluate(`[...document.querySelectorAll('.MainBox *, .OAuth2Bar *')]
    .filter((node) => { const box = node.getBoundingClientRect(); return box.width > 0 && box.right > 321 && !node.closest('.InvisibleText, pre, [data-scrolls]'); })
    .concat([...document.querySelectorAll('.OAuth2Rows input, [data-oauth2-sidecar] p, .OAuth2Table td, .OAuth2Rows th, .MainBox .Header h2')].filter((node) => node.scrollWidth > node.clientWidth + 1))
    .map((node) => 'too wide: ' + node.outerHTML.slice(0, 120))`);
  found.push(...(await page.evaluate<string[]>(BROKEN_WORDS)));
  await open('[data-unfolded]');
  await page.setViewportSize(usual);
  if (framed) await page.locator('body:not(.Visible-ScreenS)').waitFor();
  return found;
}

/** Our parts of the page in which a screen reader would not learn the language of the texts. */
const namesNoLanguage = (page: Page, language: string): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('title, .OAuth2Skip, .MainBox, [data-oauth2-sidecar-bar] > *, [data-oauth2-sidecar]')]
    .filter((node) => node.closest('[lang]')?.lang !== ${JSON.stringify(language)})
    .map((node) => 'no language: ' + node.outerHTML.slice(0, 120))`);

const faultsOf = async (page: Page, language: string): Promise<string[]> => [
  ...(await axe(page)),
  ...(await namesNoLanguage(page, language)),
  ...(await unreachable(page)),
  ...(await tooWide(page)),
];

describe('the screens are accessible', () => {
  let chromium: Browser;
  let admin: Session;
  let id: number;
  let removeDarkSkin: () => Promise<void>;
  before(async () => {
    chromium = await browser();
    removeDarkSkin = await darkSkin();
    admin = await session(CREDENTIALS.admin);
    id = await grantedConfig(NAME);
    await databaseRows(
      `UPDATE oauth2_token SET error_message = 'invalid_grant', token_expiration_date = NOW() - INTERVAL 1 DAY WHERE token_config_id = ${id}`,
    );
    await stateRows(NEIGHBOURS.map((name) => ({ name, error: ['access_denied', 'AADSTS65004: Declined.'] })));
  });
  after(async () => {
    await chromium.close();
    await removeDarkSkin();
    await removeConfigs(NEIGHBOURS);
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id = ${id}`);
    await databaseRows(`DELETE FROM oauth2_token_config WHERE id = ${id}`);
  });

  it('on every page that exists, each of which is listed here', () => {
    const shown = Object.entries(SCREENS).filter(([, screen]) => screen.get && !screen.noPage);
    expect(Object.keys(PAGES).sort()).to.deep.equal(shown.map(([name]) => name).sort());
  });

  const looks = [...LOOKS, { skin: 'ivory', language: 'en' }, { skin: 'dark', language: 'en' }] as const;
  for (const { skin, language } of looks)
    it(`in the look ${skin}, ${language}: axe finds nothing, the keyboard reaches everything, nothing is wider than 320 pixels`, async () => {
      await choose(admin, { skin, language });
      const context = await signedIn(chromium, admin);
      const page = await context.newPage();
      const found: Record<string, string[]> = {};
      const look = async (where: string): Promise<void> => {
        const faulty = await faultsOf(page, language);
        if (faulty.length > 0) found[where] = faulty;
      };
      for (const [subaction, texts] of Object.entries(PAGES)) {
        await show(page, subaction, id);
        expect(await page.locator('.MainBox.OAuth2Screens').count(), subaction).to.equal(1);
        expect(await page.locator('.BreadCrumb li').last().innerText()).to.equal(texts[language]);
        await page.locator('[data-oauth2-sidecar-bar] summary').waitFor({ state: 'attached' });
        expect(await page.locator(`link[href*="/${skin}/css-cache/"]`).count(), subaction).to.be.above(0);
        await look(subaction || 'overview');
        const result = RESULTS[subaction];
        if (!result) continue;
        await result.act(page);
        const heading = page.locator(result.heading).first();
        await heading.waitFor({ timeout: 60_000 });
        expect(await heading.innerText()).to.contain(result[language]);
        await look(`${subaction}, result`);
      }
      expect(found).to.deep.equal({});
      await context.close();
    }).timeout(240_000);

  it('on our own page, which explains in German that the helpdesk sent no frame', async () => {
    await choose(admin, { language: 'de', skin: 'default' });
    // No web server listens for this sidecar on the port after its own.
    const own = await extraSidecar({ channel: 'tcp' });
    try {
      const origin = `http://127.0.0.1:${own.port}`;
      const context = await signedIn(chromium, admin, { extraHTTPHeaders: WEB_SERVER }, origin);
      const page = await context.newPage();
      for (const subaction of ['', 'EditTokenConfig', 'TestMailbox']) {
        await page.goto(address(subaction, id).replace(lab.urls.helpdesk, `${origin}/otrs/index.pl`));
        expect(await page.locator('.BreadCrumb li').last().innerText()).to.contain(PAGES[subaction]?.de);
        expect(await page.locator('#Unframed').innerText()).to.contain('deshalb fehlen Kopf und Menü');
        expect(await faultsOf(page, 'de'), subaction).to.deep.equal([]);
        if (subaction) continue;
        // The menu opens without the helpdesk's script and icons.
        await page.locator('.OAuth2Menu > summary').first().click();
        expect(await page.locator('.OAuth2Menu li').first().innerText()).to.equal('Testen');
      }
      await context.close();
    } finally {
      await own.stop();
    }
  }).timeout(60_000);

  for (const look of LOOKS)
    it(`without a script in the look ${look.skin}, ${look.language}: add, edit, delete`, async () => {
      await choose(admin, look);
      const context = await signedIn(chromium, admin, { javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(address('AddTokenConfigByTemplateFile', id));
      await page.fill('#Name', 'Made without a script');
      await page.fill('#ClientID', '1b2c3d4e-1111-2222-3333-444455556666');
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
