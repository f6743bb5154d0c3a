import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { addConfig, grantedConfig, removeConfigs } from '../support/granted-config.js';
import {
  browser,
  choose,
  databaseRows,
  LOOKS,
  lab,
  mailAccount,
  provider,
  type Session,
  session,
  signedIn,
} from '../support/lab.js';

const BASE = `${lab.urls.helpdesk}?Action=AdminOAuth2TokenManagement`;
const NAME = 'Two looks';
const CHANGED = 'Two looks: changed by an import';
const ADDED = { en: 'Two looks: added', de: 'Two looks: hinzugefügt' };
const [SUPPORT] = CREDENTIALS.mailboxes;

const TEXTS = {
  en: {
    request: 'Request new token',
    denied: 'Consent was declined. Request a new token and accept the requested permissions.',
    received: 'A new token was received and stored.',
    signIn: 'Sign-in with XOAUTH2: OK',
    refused: /^The server does not accept the token: /,
    test: 'Test',
    planned: 'To be added: 1, to be changed: 1, unchanged: 0, rejected: 1. Nothing has been changed yet.',
    done: 'Added: 1, changed: 1, unchanged: 0, rejected: 1.',
    willChange: 'Will be changed',
    folds: /^Differences: \d\d$/,
    history: ['Token requested', 'Request rejected', 'Consent was declined.'],
    nothing: 'No matching entries. Show all entries',
  },
  de: {
    request: 'Neues Token anfordern',
    denied: 'Die Zustimmung wurde verweigert. Fordern Sie ein neues Token an und stimmen Sie dem Zugriff zu.',
    received: 'Ein neues Token wurde empfangen und gespeichert.',
    signIn: 'Anmeldung mit XOAUTH2: OK',
    refused: /^Der Server akzeptiert das Token nicht: /,
    test: 'Testen',
    planned: 'Hinzuzufügen: 1, zu ändern: 1, unverändert: 0, abgelehnt: 1. Es wurde noch nichts geändert.',
    done: 'Hinzugefügt: 1, geändert: 1, unverändert: 0, abgelehnt: 1.',
    willChange: 'Wird geändert',
    folds: null,
    history: ['Token angefordert', 'Anfrage abgelehnt', 'Die Zustimmung wurde verweigert.'],
    nothing: 'Keine passenden Einträge. Alles anzeigen',
  },
} as const;

/** Text of an element as it is read, in one line. */
const read = async (place: Locator): Promise<string> => (await place.innerText()).replace(/\s+/g, ' ').trim();
const find = (text: string) => ({ hasText: text });

describe('the main function of every screen, in two languages and two skins', () => {
  let admin: Session;
  let chromium: Browser;
  let id: number;
  let changed: number;

  before(async () => {
    await provider.reset();
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
    id = await grantedConfig(NAME);
    await mailAccount('IMAP', id, SUPPORT);
    changed = await addConfig(admin, CHANGED);
  });
  after(async () => {
    await chromium.close();
    await removeConfigs([NAME, CHANGED, ...Object.values(ADDED)]);
  });

  for (const look of LOOKS) {
    const { language, skin } = look;
    const texts = TEXTS[language];

    describe(`${language}, ${skin}`, () => {
      let context: BrowserContext;
      let page: Page;
      before(async () => {
        await choose(admin, look);
        context = await signedIn(chromium, admin);
        page = await context.newPage();
      });
      after(() => context.close());

      it('shows a denied consent once, and requests it again with one click', async () => {
        await page.goto(`${BASE};Search=${encodeURIComponent(NAME)}`);
        // Its token works, so this is no remedy and stands in the menu.
        await page.locator(`.OAuth2Menu > summary[aria-label$=": ${NAME}"]`).click();
        await page.getByRole('button', { name: `${texts.request}: ${NAME}`, exact: true }).click();
        await page.click('button[value=deny]');
        await page.waitForSelector('#OAuth2Fault');
        const fault = await read(page.locator('#OAuth2Fault'));
        expect(fault.split(texts.denied)).to.have.length(2);
        expect(fault).to.contain('(access_denied: The owner of the mailbox declined.)');
        await page.locator('#OAuth2Fault button', find(texts.request)).click();
        await page.click('button[value=allow]');
        await page.waitForURL(/Notice=received/);
        expect(await page.locator('.MessageBox.Success[data-oauth2-sidecar]').innerText()).to.contain(
          texts.received,
        );
      });

      it('tests a mailbox step by step, and explains a refusal', async () => {
        const test = async () => {
          await page.goto(`${BASE};Subaction=TestMailbox;ID=${id}`);
          await page.locator('#KnownMailboxes li', find(SUPPORT)).locator('button', find(texts.test)).click();
          await page.waitForSelector('#MailboxTest');
        };
        await test();
        expect(await page.locator('#MailboxTest').getAttribute('data-outcome')).to.equal('warning');
        expect(await read(page.locator('#MailboxSteps'))).to.contain(texts.signIn);
        const [row] = await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${id}`);
        const store = (token: string) =>
          databaseRows(`UPDATE oauth2_token SET token = '${token}' WHERE token_config_id = ${id}`);
        await store('a-token-of-another-provider');
        try {
          await test();
        } finally {
          await store(row?.[0] ?? '');
        }
        expect(await page.locator('#MailboxTest').getAttribute('data-outcome')).to.equal('fault');
        expect(await read(page.locator('#MailboxExplanation'))).to.match(texts.refused);
        expect(JSON.parse(await page.locator('#MailboxChallenge').innerText())).to.include({ status: '401' });
        await page.click('#MailboxTest summary');
        expect(await read(page.locator('#MailboxTranscript'))).to.contain('AUTHENTICATE XOAUTH2');
      });

      it('shows what an import would do first, and asks about secrets before an export', async () => {
        const name = ADDED[language];
        const file = `- { Name: '${CHANGED}', Config: { ClientID: imported-${language} } }
- { Name: '${name}', Config: { ClientID: x, ClientSecret: a-secret-of-${language} } }
- { Config: { ClientID: nameless } }
`;
        const clientOf = async () =>
          (
            await databaseRows(
              `SELECT JSON_VALUE(config, '$.ClientID') FROM oauth2_token_config WHERE id = ${changed}`,
            )
          )[0]?.[0];
        const before = await clientOf();
        await page.goto(`${BASE};Subaction=ImportTokenConfigurations`);
        await page.setInputFiles('#FileUpload', {
          name: 'configs.yml',
          mimeType: 'text/yaml',
          buffer: Buffer.from(file),
        });
        await page.check('#OverwriteExistingTokenConfigurations');
        await page.click('.ContentColumn button[type=submit]');
        expect(await read(page.locator('#ImportCounts'))).to.equal(texts.planned);
        const change = page.locator('#ImportItems tr[data-action=change]');
        // The first import changes dozens of values, folded so that what is rejected is in sight; the second only one.
        const folded = change.locator('summary');
        expect(await folded.count()).to.equal(texts.folds ? 1 : 0);
        if (texts.folds) {
          expect(await folded.innerText()).to.match(texts.folds);
          await folded.click();
        }
        expect(await read(change))
          .to.contain(texts.willChange)
          .and.contain('ClientID');
        expect([
          await change.locator('del').first().innerText(),
          await change.locator('ins').first().innerText(),
        ]).to.deep.equal([before, `imported-${language}`]);
        expect(await page.content()).to.not.contain(`a-secret-of-${language}`);
        expect(await clientOf()).to.equal(before);
        await page.click('#ConfirmImport');
        await page.locator('#ConfirmImport').waitFor({ state: 'detached' });
        expect(await read(page.locator('#ImportCounts'))).to.equal(texts.done);
        expect(await clientOf()).to.equal(`imported-${language}`);
        await page.locator('#ImportItems tr[data-action=add] a').click();
        expect(await page.inputValue('#Name')).to.equal(name);
        const [added] = await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${name}'`);
        for (const [link, secret] of [
          ['#ExportWithoutSecrets', false],
          ['#ExportWithSecrets', true],
        ] as const) {
          await page.goto(`${BASE};Subaction=Export;ID=${added?.[0]}`);
          const [download] = await Promise.all([page.waitForEvent('download'), page.click(link)]);
          const text = readFileSync(await download.path(), 'utf8');
          expect(text).to.contain(name);
          expect(text.includes(`a-secret-of-${language}`)).to.equal(secret);
        }
      });

      it('shows in the history what happened and by whom, and filters it', async () => {
        await page.goto(`${BASE};Subaction=History;ID=${id}`);
        const rows = page.locator('#OAuth2History tbody tr');
        const all = await rows.count();
        await page.selectOption('#What', 'consent');
        await page.selectOption('#Outcome', 'failed');
        await page.click('.OAuth2Search button');
        expect(all).to.be.greaterThan(await rows.count());
        const newest = await read(rows.first());
        for (const text of [...texts.history, 'Olivia Admin (oauthadmin)', 'access_denied'])
          expect(newest).to.contain(text);
        await page.selectOption('#What', 'revocation');
        await page.click('.OAuth2Search button');
        expect(await read(rows)).to.equal(texts.nothing);
      });
    });
  }
});
