import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { logFile } from '../lab/servers.js';
import { removeConfigs } from '../support/granted-config.js';
import { databaseRows, lab, perl, type Session, session, znunyOauth2 } from '../support/lab.js';
import { SECRET_DOCUMENT, secretsIn } from '../support/secret-config.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAME = 'Secrets everywhere';

describe('secrets in a configuration, wherever somebody may have put them', () => {
  let admin: Session;
  let id: string;

  const stored = async () =>
    JSON.parse(
      await perl(`
        my $DB = $Kernel::OM->Get('Kernel::System::DB');
        $DB->Prepare( SQL => "SELECT config FROM oauth2_token_config WHERE name = '${NAME}'" );
        my ($Config) = $DB->FetchrowArray();
        print $Config;`),
    ) as unknown;

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    const encoded = Buffer.from(JSON.stringify(SECRET_DOCUMENT)).toString('base64');
    await databaseRows(
      `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('${NAME}', FROM_BASE64('${encoded}'), 1, NOW(), 1, NOW(), 1)`,
    );
    const [row] = await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${NAME}'`);
    id = row?.[0] ?? '';
  });
  after(() => removeConfigs([NAME]));

  for (const [what, query] of [
    ['overview', ''],
    ['form', ';Subaction=EditTokenConfig;ID='],
    ['history', ';Subaction=History;ID='],
    ['test of the mailbox', ';Subaction=TestMailbox;ID='],
    ['next steps', ';Subaction=NextSteps;ID='],
    ['question before it is deleted', ';Subaction=DeleteTokenConfig;ID='],
    ['export without secrets', ';Subaction=ExportTokenConfigurations;Secrets=0;ID='],
    ['doctor', ';Subaction=Doctor'],
  ] as const)
    it(`do not appear in the ${what}`, async () => {
      const answer = await admin.get(`${SCREEN}${query}${query.endsWith('=') ? id : ''}`);
      const page = await answer.text();
      expect(answer.status, page.slice(0, 300)).to.equal(200);
      if (what !== 'doctor') expect(page).to.contain(NAME);
      expect(secretsIn(page)).to.deep.equal([]);
    });

  for (const args of [
    ['config', 'show', NAME],
    ['config', 'show', NAME, '--json'],
    ['config', 'list', '--json'],
    ['config', 'export', NAME],
    ['token', 'show', NAME, '--json'],
    ['token', 'list', '--json'],
    ['token', 'authorize-url', NAME, '--user', CREDENTIALS.admin.login],
    ['events', NAME, '--json'],
  ])
    it(
      `none is printed by ${args.slice(0, 2).join(' ')} ${args.includes('--json') ? '--json' : ''}`.trimEnd(),
      async () => {
        const { out, err } = await znunyOauth2(args);
        expect(out + err).to.not.equal('');
        expect(secretsIn(out + err)).to.deep.equal([]);
      },
    );

  it('all stay when the form is saved unchanged, with another name of the template field kept', async () => {
    const page = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=${id}`)).text();
    const form = /<form[^>]*id="TokenConfigForm"[\s\S]*?<\/form>/.exec(page)?.[0] ?? page;
    const fields: [string, string][] = [];
    const decode = (text: string) =>
      text
        .replace(/&#x([0-9a-f]+);/gi, (_all, code) => String.fromCharCode(Number.parseInt(code, 16)))
        .replace(/&quot;/g, '"')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&amp;/g, '&');
    for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
      const attribute = (name: string) => decode(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
      if (/type="(checkbox|radio)"/.test(tag) && !/\schecked/.test(tag)) continue;
      if (attribute('name')) fields.push([attribute('name'), attribute('value')]);
    }
    for (const [, name = '', options = ''] of form.matchAll(
      /<select[^>]*name="([^"]*)"[^>]*>([\s\S]*?)<\/select>/g,
    ))
      fields.push([name, /value="([^"]*)"[^>]*\sselected/.exec(options)?.[1] ?? '']);
    const answer = await fetch(`${lab.urls.helpdesk}?${SCREEN};Subaction=SaveTokenConfig`, {
      method: 'POST',
      headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
      body: new URLSearchParams(fields),
      redirect: 'manual',
    });
    expect(answer.status, await answer.text()).to.equal(303);
    expect(await stored()).to.deep.equal(SECRET_DOCUMENT);
  });

  it('do not appear in the preview of an import that changes them, nor in its result', async () => {
    const content = JSON.stringify([
      {
        Name: NAME,
        Config: { ...SECRET_DOCUMENT, ClientSecret: 'another', Scope: 'more', SomethingElse: {} },
        ValidID: 1,
      },
    ]);
    const form = new FormData();
    form.set('ChallengeToken', admin.challengeToken);
    form.set('FileUpload', new Blob([content]), 'configs.yml');
    form.set('OverwriteExistingTokenConfigurations', '1');
    const preview = await fetch(`${lab.urls.helpdesk}?${SCREEN};Subaction=ImportTokenConfigurations`, {
      method: 'POST',
      headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
      body: form,
    });
    const page = await preview.text();
    expect(page).to.contain('ClientSecret').and.contain('SomethingElse');
    expect(secretsIn(page)).to.deep.equal([]);
    const ticket = /name="Ticket" value="([^"]*)"/.exec(page)?.[1] ?? '';
    const done = await (await admin.post(`${SCREEN};Subaction=ConfirmImport`, { Ticket: ticket })).text();
    expect(done).to.contain(NAME);
    expect(secretsIn(done)).to.deep.equal([]);
    const history = await (await admin.get(`${SCREEN};Subaction=History;ID=${id}`)).text();
    expect(secretsIn(history)).to.deep.equal([]);
  });

  it('do not appear in the log of the sidecar or of the web server', () => {
    for (const name of ['sidecar', 'apache-error'])
      expect(secretsIn(readFileSync(logFile(lab, name), 'utf8')), name).to.deep.equal([]);
  });
});
