import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { removeAllConfigs } from '../support/granted-config.js';
import { browser, choose, LOOKS, lab, type Session, session, signedIn } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const ADD = `index.pl?${SCREEN};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=`;
const CHOICES = [
  `index.pl?${SCREEN};Subaction=ConnectMicrosoft`,
  `${ADD}google-mail`,
  `${ADD}other-provider`,
  `index.pl?${SCREEN};Subaction=ImportTokenConfigurations`,
];
const TEXTS = {
  en: { title: 'Connect a mailbox', https: 'The helpdesk uses https: Failed', tick: 'OK' },
  de: { title: 'Postfach verbinden', https: 'Der Helpdesk verwendet https: Fehlgeschlagen', tick: 'OK' },
} as const;

describe('the overview without a token configuration, in the browser', () => {
  let admin: Session;
  let chromium: Browser;

  const open = async (options: object): Promise<Page> => {
    const page = await (await signedIn(chromium, admin, options)).newPage();
    await page.goto(`${lab.urls.helpdesk}?${SCREEN}`);
    return page;
  };
  const links = (page: Page) =>
    page.locator('.OAuth2Choices a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));

  before(async () => {
    await removeAllConfigs();
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
  });
  after(async () => {
    await choose(admin, LOOKS[0]);
    await chromium.close();
  });

  for (const look of LOOKS)
    it(`offers four ways to connect a mailbox and checks what they need (${look.language}, ${look.skin})`, async () => {
      await choose(admin, look);
      const texts = TEXTS[look.language];
      const page = await open({ viewport: { width: 1280, height: 900 } });
      expect(await page.locator('.ContentColumn h2').first().innerText()).to.equal(texts.title);
      expect(await links(page)).to.deep.equal(CHOICES);
      const results = await page
        .locator('#ConnectionChecks [data-check]')
        .evaluateAll((all) =>
          all.map((one) => [one.getAttribute('data-check'), one.getAttribute('data-result')]),
        );
      // The lab's helpdesk is reached over http.
      expect(results).to.deep.equal([
        ['http-type', 'fault'],
        ['fqdn', 'ok'],
        ['callback', 'ok'],
      ]);
      expect(await page.locator('[data-check=http-type] strong').innerText()).to.equal(texts.https);
      expect(await page.locator('[data-check=callback] strong').innerText()).to.match(
        new RegExp(`: ${texts.tick}$`),
      );
      await page.context().close();
    });

  it('without a script on a phone shows all of it, and each choice leads on', async () => {
    const page = await open({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
    const boxes = await Promise.all(
      (await page.locator('.OAuth2Choices a').all()).map((choice) => choice.boundingBox()),
    );
    expect(boxes).to.have.length(4);
    for (const box of boxes) {
      expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 0) <= 320).to.equal(true);
      expect(box?.height).to.be.at.least(84);
    }
    await page.click('#ConnectGoogle');
    expect(await page.locator('#TemplateName').innerText()).to.equal('Google Mail');
    await page.context().close();
  });
});
