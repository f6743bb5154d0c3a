import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { dump } from '../lab/database-server.js';
import { CREDENTIALS } from '../lab/instance.js';
import { logFile } from '../lab/servers.js';
import { clientCredentials } from '../support/client-credentials.js';
import { removeConfigs } from '../support/granted-config.js';
import { keyPartsIn } from '../support/key-forms.js';
import { databaseRows, lab, perl, type Session, session, znunyOauth2 } from '../support/lab.js';
import { SECRET_DOCUMENT, secretsIn } from '../support/secret-config.js';
import { keyFile, serviceAccount } from '../support/service-account.js';
import { upload } from '../support/upload.js';

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

describe('private keys of a certificate and of a service account', function () {
  this.timeout(120_000);
  const STATE = `${lab.dir}/state/sidecar`;
  const [APP, ACCOUNT_NAME] = ['Secret of a certificate', 'Secret of a service account'];
  const file = keyFile();
  const other = keyFile({ client_id: '4711' });
  let admin: Session;
  let keys: [what: string, key: KeyObject][];
  let ids: string[];

  const run = (args: string[], input = '') => znunyOauth2(args, input, { SIDECAR_STATE: STATE });
  const found = (text: string) =>
    keys.flatMap(([what, key]) => keyPartsIn(text, key).map((part) => `${part} of ${what}`));
  const send = (subaction: string, name: string, content: Uint8Array, id = '') =>
    upload(admin, { subaction, name, content, id });
  const filesOf = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    await removeConfigs([APP, ACCOUNT_NAME]);
    for (const [name, document] of [
      [APP, { ...clientCredentials(`${lab.urls.provider}/token`), ClientSecret: '' }],
      [ACCOUNT_NAME, serviceAccount({}, `${lab.urls.provider}/token`)],
    ] as const)
      await databaseRows(
        `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
         VALUES ('${name}', '${JSON.stringify(document)}', 2, NOW(), 1, NOW(), 1)`,
      );
    const rows = await databaseRows(
      `SELECT id FROM oauth2_token_config WHERE name IN ('${APP}', '${ACCOUNT_NAME}') ORDER BY name`,
    );
    ids = rows.map(([id = '']) => id);
    const made = await run(['certificate', 'create', APP, '--any-provider', '--json']);
    expect(made.code, made.err).to.equal(0);
    const { thumbprint } = JSON.parse(made.out) as { thumbprint: string };
    const answer = await send('ImportServiceAccountKey', 'KeyFile', file.content, ids[1]);
    expect(answer.status, await answer.text()).to.equal(303);
    const privateKeyOf = ({ content }: { content: Buffer }) =>
      createPrivateKey((JSON.parse(content.toString()) as { private_key: string }).private_key);
    keys = [
      ['certificate', createPrivateKey(readFileSync(path.join(STATE, 'certificates', `${thumbprint}.pem`)))],
      ['service account', privateKeyOf(file)],
      ['file that was refused', privateKeyOf(other)],
    ];
    expect(found(made.out + made.err)).to.deep.equal([]);
  });
  after(async () => {
    for (const name of [APP, ACCOUNT_NAME]) await run(['config', 'delete', name, '--yes']);
    await removeConfigs([APP, ACCOUNT_NAME]);
  });

  it('are each in one file of the sidecar, of mode 0600, and in no other file of its state', () => {
    const holding = filesOf(STATE).filter((name) => found(readFileSync(name, 'latin1')).length > 0);
    expect(holding.map((name) => path.relative(STATE, name).split(path.sep)[0]).sort()).to.deep.equal([
      'certificates',
      'service-accounts',
    ]);
    for (const name of holding) expect(statSync(name).mode & 0o777, name).to.equal(0o600);
  });

  it('are on no page and in no export, not even in one with secrets', async () => {
    for (const id of ids)
      for (const query of [
        'EditTokenConfig;ID=',
        'NextSteps;ID=',
        'History;ID=',
        'TestMailbox;ID=',
        'DeleteTokenConfig;ID=',
        'ExportTokenConfigurations;Secrets=0;ID=',
        'ExportTokenConfigurations;Secrets=1;ID=',
      ]) {
        const answer = await admin.get(`${SCREEN};Subaction=${query}${id}`);
        expect(answer.status, query).to.equal(200);
        expect(found(await answer.text()), query).to.deep.equal([]);
      }
  });

  for (const args of [
    ['config', 'show', ACCOUNT_NAME, '--json', '--with-secrets'],
    ['config', 'export', '--with-secrets'],
    ['certificate', 'list', '--json'],
    ['service-account', 'list', '--json'],
    ['doctor', '--only', 'secrets'],
  ])
    it(`are printed by no command: ${args.filter((word) => !/Secret of/.test(word)).join(' ')}`, async () => {
      const { out, err } = await run(args);
      expect(out + err).to.not.equal('');
      expect(found(out + err)).to.deep.equal([]);
    });

  it('are in no error, wherever somebody uploads or pastes a key file', async () => {
    const text = other.content.toString();
    const { private_key = '' } = JSON.parse(text) as { private_key?: string };
    const pages = [
      await send('ImportServiceAccountKey', 'KeyFile', other.content, ids[1]),
      await send('ImportServiceAccountKey', 'KeyFile', other.content, ids[0]),
      await send('ImportServiceAccountKey', 'KeyFile', Buffer.from(text.slice(0, -20)), ids[1]),
      await send('ImportTokenConfigurations', 'FileUpload', other.content),
      await send('ImportTokenConfigurations', 'FileUpload', Buffer.from(`- Name: x\n  Config: ${text}`)),
      await admin.post(`${SCREEN};Subaction=SaveTokenConfig`, {
        ...{ TokenConfigTemplateFilename: 'google-mail', Name: '', ClientID: 'x', ClientSecret: private_key },
      }),
    ];
    for (const page of pages) {
      expect(page.status).to.be.within(200, 422);
      expect(found(await page.text())).to.deep.equal([]);
    }
    for (const args of [
      ['service-account', 'import', ACCOUNT_NAME, '-'],
      ['service-account', 'import', APP, '-', '--json'],
      ['certificate', 'import', APP, '-', '--any-provider'],
      ['config', 'import', '-'],
    ]) {
      const { code, out, err } = await run(args, text);
      expect(code, args.join(' ')).to.not.equal(0);
      expect(found(out + err), args.join(' ')).to.deep.equal([]);
    }
  });

  it('are in no backup of the database and in no log', async () => {
    expect(found(await dump(lab, lab.database.database))).to.deep.equal([]);
    for (const name of ['sidecar', 'apache-error', 'provider'])
      expect(found(readFileSync(logFile(lab, name), 'utf8')), name).to.deep.equal([]);
  });
});
