import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { consent } from '../support/consent.js';
import { addConfig, begin, removeConfigs } from '../support/granted-config.js';
import {
  browser,
  choose,
  databaseRows,
  LOOKS,
  lab,
  mailAccount,
  perl,
  type Session,
  session,
  signedIn,
} from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const BASE = `${lab.urls.helpdesk}?${SCREEN}`;
const [SUPPORT, SALES] = CREDENTIALS.mailboxes;
const edit = (id: number) => `${BASE};Subaction=EditTokenConfig;ID=${id}`;
const config = async (id: number) => {
  const [row] = await databaseRows(`SELECT TO_BASE64(config) FROM oauth2_token_config WHERE id = ${id}`);
  return JSON.parse(Buffer.from((row?.[0] ?? '').replaceAll('\\n', ''), 'base64').toString('utf8'));
};

describe('identities, template updates and provider look-up', () => {
  let admin: Session;
  let chromium: Browser;
  let page: Page;

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    chromium = await browser();
    page = await (await signedIn(chromium, admin)).newPage();
  });
  after(async () => {
    await chromium.close();
    await removeConfigs(['Identity', 'Foreign mark', 'Built-in Google', 'Looked up']);
  });

  /** Each language in a skin of its own. */
  const speak = (language: 'en' | 'de') => choose(admin, LOOKS[language === 'en' ? 0 : 1]);
  const rowOf = (name: string) => page.locator('#OAuth2TokenConfigs tbody tr', { hasText: name });
  const find = async (name: string) => {
    await page.goto(`${BASE};Search=${encodeURIComponent(name)}`);
    return rowOf(name);
  };

  it('learns the identity from the real provider and compares it with the mailboxes; a shared mailbox may be marked', async () => {
    const id = await addConfig(admin, 'Identity', {
      Scope: 'openid profile email offline_access',
      NotifyOnExpiredToken: '1',
    });
    const back = await consent(await begin(admin, id));
    const answer = await fetch(back, {
      redirect: 'manual',
      headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
    });
    expect(answer.headers.get('location')).to.contain('Notice=received');
    expect(
      await databaseRows(
        `SELECT subject, login, email, issuer FROM oauth2_sidecar_identity WHERE token_config_id = ${id}`,
      ),
    ).to.deep.equal([[SUPPORT, SUPPORT, SUPPORT, lab.urls.provider]]);
    const own = await mailAccount('IMAP', id, SUPPORT.toUpperCase());
    const other = await mailAccount('POP3', id, SALES);
    for (const [language, belongs] of [
      ['en', `The token belongs to ${SUPPORT}, not to ${SALES}.`],
      ['de', `Das Token gehört ${SUPPORT}, nicht ${SALES}.`],
    ] as const) {
      await speak(language);
      const row = await (await find('Identity')).textContent();
      expect(row).to.contain(belongs).and.not.contain(`nicht ${SUPPORT}`);
    }
    const attention = async () =>
      (await (await admin.get(`${SCREEN};State=attention;Search=Identity`)).text()).includes(
        `data-id="${id}"`,
      );
    await until('the mismatch needs attention', attention, 60_000);
    const barOf = async () => (await admin.get(`${SCREEN};Subaction=Bar`)).text();
    for (const [language, sentence] of [
      ['de', `Das Postfach ${SALES} meldet sich mit dem Token einer anderen Person an`],
      ['en', `Mailbox ${SALES} signs in with another user's token`],
    ] as const) {
      await speak(language);
      expect(await (await find('Identity')).locator('.State .OAuth2Sentence').innerText()).to.contain(
        sentence,
      );
      expect(await barOf()).to.contain(sentence.replaceAll("'", '&#x27;'));
    }
    await page.goto(edit(id));
    const widget = page.locator('#ConsentIdentity');
    expect(await widget.innerText())
      .to.contain(`(${lab.urls.provider}).`)
      .and.contain(`The token belongs to ${SUPPORT}, but the mail account ${SALES} signs in with it.`)
      .and.contain('belongs to the account that authorized access');
    await page.check(`#Shared${other}`);
    await widget.locator('button').click();
    await page.waitForURL(/Notice=shared-marked/);
    expect(await page.locator('.MessageBox.Success').innerText()).to.contain(
      'The shared mailboxes were saved.',
    );
    expect(await page.isChecked(`#Shared${other}`)).to.equal(true);
    expect(await page.isChecked(`#Shared${own}`)).to.equal(false);
    expect(await widget.locator('.OAuth2Warning').count()).to.equal(0);
    expect(await (await find('Identity')).textContent())
      .to.contain('Valid; renews automatically')
      .and.contain(`Authorized by ${SUPPORT}`)
      .and.not.contain('not to');
    expect(await barOf()).to.not.contain(`data-oauth2-sidecar="${id}"`);
    await until('it no longer needs attention', async () => !(await attention()), 60_000);
  });

  it('refuses to mark a mail account of another configuration', async () => {
    const id = await addConfig(admin, 'Foreign mark');
    const answer = await admin.post(`${SCREEN};Subaction=MarkSharedMailboxes`, {
      ID: String(id),
      Shared: '1',
    });
    expect(answer.status).to.equal(303);
    expect(
      await databaseRows(`SELECT * FROM oauth2_sidecar_shared_mailbox WHERE token_config_id = ${id}`),
    ).to.deep.equal([]);
  });

  it("shows what the helpdesk's own Google configuration lacks, and adds it with one click", async () => {
    // Created by the helpdesk itself from its own template.
    const made = await perl(
      `my $Main = $Kernel::OM->Get('Kernel::System::Main');
      my $File = $Kernel::OM->Get('Kernel::Config')->Get('Home') . '/scripts/OAuth2TokenManagement/TokenConfigTemplates/GoogleMail.yml';
      my $Data = $Kernel::OM->Get('Kernel::System::YAML')->Load( Data => \${ $Main->FileRead( Location => $File ) } );
      my %Config = ( %{ $Data->[0]->{Config} }, ClientID => 'own-id', ClientSecret => 'own-secret', TemplateName => 'Google Mail' );
      # As it was before 6.5.26.
      delete $Config{Requests}->{AuthorizationCode}->{Request}->{Parameters}->{prompt};
      $Config{Requests}->{TokenByRefreshToken}->{Request}->{Parameters}->{mine} = 'stays';
      my $ID = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataAdd( Name => 'Built-in Google', Config => \\%Config, ValidID => 1, CreateBy => 1, ChangeBy => 1, UserID => 1 );
      print $ID;`,
    );
    const id = Number(made);
    expect(id).to.be.greaterThan(0);
    for (const [language, lacks, title] of [
      ['de', 'Fehlt gegenüber der aktuellen Vorlage: prompt', 'Vorlage wurde aktualisiert'],
      ['en', 'Missing from the current template: prompt', 'Template has been updated'],
    ] as const) {
      await speak(language);
      expect(await (await find('Built-in Google')).textContent()).to.contain(lacks);
      await page.goto(edit(id));
      expect(await page.locator('#TemplateDrift').innerText())
        .to.contain(title)
        .and.contain('Requests › AuthorizationCode › Request › Parameters › prompt: consent');
    }
    expect(await page.locator('#TemplateDrift').innerText()).to.contain('Request a new token afterwards');
    await page.click('#TemplateDrift button');
    await page.waitForURL(/Notice=entries-added-consent/);
    expect(await page.locator('#TemplateDrift').count()).to.equal(0);
    expect(await page.locator('.MessageBox.Warning[data-oauth2-sidecar]').first().innerText()).to.contain(
      'Request a new token',
    );
    const completed = await config(id);
    expect(completed).to.include({
      ClientID: 'own-id',
      ClientSecret: 'own-secret',
      Scope: 'https://mail.google.com/',
    });
    expect(completed.Requests.AuthorizationCode.Request.Parameters).to.deep.equal({
      access_type: 'offline',
      prompt: 'consent',
      response_type: 'code',
    });
    expect(completed.Requests.TokenByRefreshToken.Request.Parameters).to.include({ mine: 'stays' });
    // The helpdesk's Perl reads what the sidecar wrote.
    expect(
      await perl(`my %C = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataGet( ID => ${id}, UserID => 1 );
        print $C{Config}->{Requests}->{AuthorizationCode}->{Request}->{Parameters}->{prompt};`),
    ).to.equal('consent');
  });

  it('looks up a provider without a template from its issuer, and gets its token', async () => {
    await page.goto(
      `${BASE};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=other-provider`,
    );
    for (const [issuer, words] of [
      [`${lab.urls.provider}/`, `The provider identifies itself as "${lab.urls.provider}".`],
      ['https://169.254.169.254', 'the sidecar does not contact it'],
      ['http://localhost:1', 'The provider cannot be reached'],
      [lab.urls.sidecar, 'No metadata was found at this address.'],
    ] as const) {
      await page.fill('#IssuerToDiscover', issuer);
      await page.click('#DiscoverProvider button');
      await page.waitForSelector('#IssuerToDiscoverFault:visible');
      expect(await page.locator('#IssuerToDiscoverFault').innerText()).to.contain(words);
      expect(await page.inputValue('#IssuerToDiscover')).to.equal(issuer);
      expect(await page.locator(':focus').getAttribute('id')).to.equal('IssuerToDiscover');
    }
    await page.fill('#IssuerToDiscover', lab.urls.provider);
    await page.press('#IssuerToDiscover', 'Enter');
    await page.waitForSelector('#OAuth2TokenConfigForm');
    expect(await databaseRows("SELECT id FROM oauth2_token_config WHERE name = 'Looked up'")).to.deep.equal(
      [],
    );
    await page.fill('#Name', 'Looked up');
    await page.fill('#ClientID', CREDENTIALS.client.id);
    await page.fill('#ClientSecret', CREDENTIALS.client.secret);
    await page.click('#SubmitAndContinue');
    await page.waitForURL(/Notice=saved/);
    const id = Number(
      (await databaseRows("SELECT id FROM oauth2_token_config WHERE name = 'Looked up'"))[0]?.[0],
    );
    const document = await config(id);
    expect(document.Sidecar).to.deep.equal({
      Issuer: lab.urls.provider,
      RequireIssuer: 1,
      UserInfoURL: `${lab.urls.provider}/me`,
    });
    expect(document.Requests.TokenByRefreshToken.Request.URL).to.equal(`${lab.urls.provider}/token`);
    expect(document.Scope).to.equal('openid profile email offline_access');
    await (await find('Looked up')).locator('button', { hasText: 'Request new token' }).click();
    await page.waitForURL(/\/interaction\//);
    await page.click('button[value=allow]');
    await page.waitForURL(/Notice=received/);
    expect(await page.locator('.MessageBox.Success').innerText()).to.equal(
      `Authorized by ${SUPPORT}. A new token was received and stored.`,
    );
    expect(await (await find('Looked up')).textContent()).to.contain(`Authorized by ${SUPPORT}`);
  });

  it('shows the look-up step in German, and lets the admin skip it', async () => {
    await speak('de');
    await page.goto(
      `${BASE};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=other-provider`,
    );
    expect(await page.locator('.OAuth2Form h2').innerText()).to.equal('Die Endpunkte des Anbieters finden');
    await page.click('text=die Endpunkte von Hand eintragen');
    await page.waitForSelector('#OAuth2TokenConfigForm');
    await page.click('#Advanced summary');
    expect(await page.inputValue('#AuthorizationCodeRequestURL')).to.equal('');
  });

  it('requires the challenge token for a look-up, and changes nothing by a GET', async () => {
    const body = { TokenConfigTemplateFilename: 'other-provider', IssuerToDiscover: lab.urls.provider };
    const forged = await admin.post(`${SCREEN};Subaction=DiscoverProvider`, { ...body, ChallengeToken: 'x' });
    expect(forged.status).to.equal(403);
    expect((await admin.get(`${SCREEN};Subaction=DiscoverProvider;IssuerToDiscover=x`)).status).to.equal(405);
  });
});
