import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { IS_POSTGRES } from '../support/database.js';
import { browser, databaseRows, lab, type Session, session, signIn } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';

/** Hostile in HTML, in attributes, in templates, in scripts and in SQL; right-to-left; as long as the column allows. */
const NAMES = [
  `<img src=x onerror="window.hacked=1">"'><script>window.hacked=1</script>`,
  '{{constructor.constructor "window.hacked=1"}} {{#each this}} [% PERL %] ${7*7}',
  "'; DROP TABLE oauth2_token; -- \\",
  'דואר תמיכה \u202Eexe.lmx',
  `Long ${'ü'.repeat(245)}`,
];

const save = (admin: Session, name: string) =>
  admin.post(`${SCREEN};Subaction=SaveTokenConfig`, {
    TokenConfigTemplateFilename: 'microsoft-common',
    Name: name,
    ClientID: name.replace(/[^\x20-\x7e]/g, ''),
    ClientSecret: 'the-secret-of-hostile-tests',
    AuthorizationCodeRequestURL: 'https://example.test/a?x="><script>window.hacked=1</script>'.replaceAll(
      /[<> ]/g,
      '%3C',
    ),
    TokenByAuthorizationCodeRequestURL: 'https://example.test/t',
    TokenByRefreshTokenRequestURL: 'https://example.test/t',
    Scope: name,
    ValidID: '1',
    NotifyOnExpiredRefreshToken: '1',
  });

describe('hostile names on every page', () => {
  let admin: Session;
  let chromium: Browser;
  let page: Page;
  let ids: string[];

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    for (const name of NAMES) {
      const answer = await save(admin, name);
      expect(answer.status, `${name}: ${await answer.text()}`).to.equal(303);
    }
    ids = (
      await databaseRows(
        "SELECT id FROM oauth2_token_config WHERE config LIKE '%the-secret-of-hostile-tests%'",
      )
    ).flat();
    // Provider failures may be hostile too, and the bar shows the names.
    await databaseRows(`INSERT INTO oauth2_token (token_config_id, token, error_message, error_description, create_time, create_by, change_time, change_by)
      SELECT id, 'x', '<script>window.hacked=1</script>', '<b>{{this}}</b>', NOW(), 1, NOW(), 1
      FROM oauth2_token_config WHERE id IN (${ids.join(',')})`);
    chromium = await browser();
    page = await chromium.newPage();
    await page.goto(`${lab.urls.helpdesk}?${SCREEN}`);
    await signIn(page, CREDENTIALS.admin);
  });
  after(async () => {
    await chromium.close();
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id IN (${ids.join(',')})`);
    await databaseRows(`DELETE FROM oauth2_token_config WHERE id IN (${ids.join(',')})`);
  });

  const isUnharmed = () => page.evaluate('typeof window.hacked');

  it('are stored as they are', async () => {
    const stored = await admin.get(`${SCREEN};Subaction=ExportTokenConfigurations`);
    const { parse } = await import('yaml');
    const names = (parse(await stored.text()) as { Name: string }[]).map(({ Name }) => Name);
    expect(names).to.include.members(NAMES);
  });

  it('appear as text in the overview and the bar', async () => {
    await page.goto(`${lab.urls.helpdesk}?${SCREEN}`);
    const names = await page.locator('#OAuth2TokenConfigs a.MasterActionLink').allTextContents();
    expect(names).to.include.members(NAMES);
    // The bar shows what the renewal service has seen, which looks for other people's rows every 15 s.
    await until('the bar speaks of them', async () => {
      await page.goto(`${lab.urls.helpdesk}?${SCREEN}`, { waitUntil: 'networkidle' });
      return (await page.locator('[data-oauth2-sidecar-bar] .MessageBox').count()) > 0;
    });
    expect(await isUnharmed()).to.equal('undefined');
  });

  it('appear as text in edit, delete and search; no page holds the client secret', async () => {
    for (const [index, id] of ids.entries()) {
      await page.goto(`${lab.urls.helpdesk}?${SCREEN};Subaction=EditTokenConfig;ID=${id}`);
      expect(NAMES).to.include(await page.inputValue('#Name'));
      expect(await page.content()).to.not.contain('the-secret-of-hostile-tests');
      await page.goto(`${lab.urls.helpdesk}?${SCREEN};Subaction=DeleteTokenConfig;ID=${id}`);
      expect(await page.locator('.ContentColumn').innerText()).to.contain('Delete');
      await page.goto(`${lab.urls.helpdesk}?${SCREEN};Subaction=TestMailbox;ID=${id}`);
      expect(NAMES).to.include(
        (await page.locator('.BreadCrumb li').last().innerText()).replace('Test a mailbox: ', ''),
      );
      await page.goto(`${lab.urls.helpdesk}?${SCREEN};Search=${encodeURIComponent(NAMES[index] ?? '')}`);
      expect(await page.locator('#OAuth2TokenConfigs a.MasterActionLink').count()).to.equal(1);
      expect(await isUnharmed()).to.equal('undefined');
    }
  });

  const withEmoji = () =>
    databaseRows(
      "SELECT name FROM oauth2_token_config WHERE name LIKE 'Support %' AND config LIKE '%hostile-tests%'",
    );

  if (IS_POSTGRES)
    it("are stored with an emoji, as the helpdesk's column can hold it", async () => {
      expect((await save(admin, 'Support 📬')).status).to.equal(303);
      expect(await withEmoji()).to.deep.equal([['Support 📬']]);
      await page.goto(`${lab.urls.helpdesk}?${SCREEN};Search=${encodeURIComponent('📬')}`);
      expect(await page.locator('#OAuth2TokenConfigs a.MasterActionLink').allTextContents()).to.deep.equal([
        'Support 📬',
      ]);
      await databaseRows("DELETE FROM oauth2_token_config WHERE name = 'Support 📬'");
    });
  else
    it("are refused with a message where the helpdesk's column cannot hold an emoji: nothing written, nothing lost", async () => {
      const answer = await save(admin, 'Support 📬');
      const text = await answer.text();
      expect(answer.status).to.equal(422);
      expect(text).to.contain('value="Support 📬"').and.contain('NameFault');
      expect(await withEmoji()).to.deep.equal([]);
    });

  it('are refused at 251 characters', async () => {
    const answer = await save(admin, 'x'.repeat(251));
    expect(answer.status).to.equal(422);
    expect(await answer.text()).to.contain('At most 250 characters.');
  });
});
