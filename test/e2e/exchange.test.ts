import { expect } from 'chai';
import { parse } from 'yaml';
import { CREDENTIALS } from '../lab/instance.js';
import { databaseRows, lab, perl, type Session, session } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';

async function upload(who: Session, content: string | Uint8Array, overwrite = false): Promise<Response> {
  const form = new FormData();
  form.set('ChallengeToken', who.challengeToken);
  form.set('FileUpload', new Blob([content as string]), 'configs.yml');
  if (overwrite) form.set('OverwriteExistingTokenConfigurations', '1');
  return fetch(`${lab.urls.helpdesk}?${SCREEN};Subaction=ImportTokenConfigurations`, {
    method: 'POST',
    headers: { Cookie: `OTRSAgentInterface=${who.id}` },
    body: form,
    redirect: 'manual',
  });
}

const exported = async (who: Session) =>
  (await who.get(`${SCREEN};Subaction=ExportTokenConfigurations`)).text();

/** The helpdesk's YAML knows no numbers: after its import every scalar is a text. */
const asTexts = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'number' ? String(item) : item)),
  );

/** What an export holds of the configurations of these tests, without numbers and times. */
function essence(yaml: string): Record<string, unknown>[] {
  const entries = parse(yaml) as { Name: string; Config: unknown; ValidID: unknown }[];
  return entries
    .filter(({ Name }) => Name.startsWith('Exchange'))
    .map(({ Name, Config, ValidID }) => ({ Name, Config: asTexts(Config), ValidID: Number(ValidID) }));
}

const CONFIG = `
  ClientID: "007"
  ClientSecret: 'yes'
  Scope: "1e3"
  TemplateName: Ünïcode
  Notifications: { NotifyOnExpiredToken: 1, NotifyOnExpiredRefreshToken: 0 }
  Requests:
    AuthorizationCode: { Request: { URL: 'https://example.test/a', Parameters: { x: 'no' } } }
  OfSomebodyElse: { List: [1, two, '3'], Empty: '' }`;

const helpdeskExport = `binmode STDOUT, ':utf8'; print $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataExport( Format => 'yml', Cache => 0, UserID => 1 );`;

const helpdeskImport = (yaml: string, overwrite: boolean) =>
  perl(`use utf8; my $Yaml = <<'END_OF_YAML';
${yaml}
END_OF_YAML
  utf8::encode($Yaml);
  print $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataImport(
    Content => $Yaml, Format => 'yml', Overwrite => ${overwrite ? 1 : 0},
    Data => { ValidID => 1, CreateBy => 1, ChangeBy => 1 }, UserID => 1,
  );`);

const remove = () => databaseRows("DELETE FROM oauth2_token_config WHERE name LIKE 'Exchange%'");

describe('(g) export and import, here and at the helpdesk', () => {
  let admin: Session;
  before(async () => {
    admin = await session(CREDENTIALS.admin);
  });
  afterEach(async () => {
    await databaseRows(
      "DELETE t FROM oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.name LIKE 'Exchange%'",
    );
    await remove();
  });

  it('what we export, the helpdesk imports; equal after the round trip', async () => {
    const answer = await upload(
      admin,
      `- Name: Exchange A\n  ValidID: 2\n  Config:${CONFIG.replaceAll('\n', '\n  ')}\n`,
    );
    expect(answer.headers.get('location')).to.contain('Added=1');
    const ours = await exported(admin);
    expect(essence(ours)).to.have.length(1);
    await remove();
    expect(await helpdeskImport(ours, false)).to.equal('1');
    expect(essence(await exported(admin))).to.deep.equal(essence(ours));
    expect(essence(await perl(helpdeskExport))).to.deep.equal(essence(ours));
  });

  it('what the helpdesk exports, we import; equal after the round trip', async () => {
    await helpdeskImport(
      `- Name: Exchange B\n  ValidID: 1\n  Config:${CONFIG.replaceAll('\n', '\n  ')}\n`,
      false,
    );
    const theirs = await perl(helpdeskExport);
    expect(essence(theirs)[0]).to.have.nested.property('Config.ClientID', '007');
    await remove();
    expect((await upload(admin, theirs)).headers.get('location')).to.contain('Added=');
    expect(essence(await perl(helpdeskExport))).to.deep.equal(essence(theirs));
  });

  it('"overwrite" changes only those of the same name, and keeps their tokens', async () => {
    await upload(admin, '- { Name: Exchange C, Config: { ClientID: old, ClientSecret: kept } }');
    await upload(admin, '- { Name: Exchange D, Config: { ClientID: other } }');
    await databaseRows(`INSERT INTO oauth2_token (token_config_id, token, create_time, create_by, change_time, change_by)
      SELECT id, 'stored-token', NOW(), 1, NOW(), 1 FROM oauth2_token_config WHERE name = 'Exchange C'`);
    const file = '{ Name: Exchange C, Config: { ClientID: new } }';
    expect((await upload(admin, file)).headers.get('location')).to.contain('Skipped=1');
    const clients = async () =>
      await databaseRows(`SELECT JSON_VALUE(config, '$.ClientID'), JSON_VALUE(config, '$.ClientSecret')
        FROM oauth2_token_config WHERE name LIKE 'Exchange%' ORDER BY name`);
    expect(await clients()).to.deep.equal([
      ['old', 'kept'],
      ['other', 'NULL'],
    ]);
    expect((await upload(admin, file, true)).headers.get('location')).to.contain('Changed=1');
    expect(await clients()).to.deep.equal([
      ['new', 'kept'],
      ['other', 'NULL'],
    ]);
    expect(
      (await databaseRows("SELECT token FROM oauth2_token WHERE token = 'stored-token'")).length,
    ).to.equal(1);
  });

  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`;
  const faulty: [string, string | Uint8Array, string][] = [
    ['an empty file', '', 'Choose a YAML file first.'],
    ['a binary file', new Uint8Array([0xff, 0xfe, 0x00, 0x01]), 'not a UTF-8 text file'],
    ['broken YAML', '- Name: [', 'Line 1: not valid YAML'],
    ['a scalar', 'just words', 'entry 1 is not a map'],
    ['a missing Name', '- Name: Exchange E\n  Config: {}\n- Config: {}', 'Line 3: entry 2 has no Name'],
    ['a missing Config', '- Name: Exchange E', 'has no Config'],
    [
      'a wrong type',
      '- Name: Exchange E\n  Config: { ClientSecret: [1] }',
      'ClientSecret that is not a text',
    ],
    ['a wrong ValidID', '- Name: Exchange E\n  ValidID: 9\n  Config: {}', 'ValidID other than'],
    [
      'the same name twice',
      '- { Name: Exchange E, Config: {} }\n- { Name: exchange e, Config: {} }',
      'was used in line 1',
    ],
    ['a duplicate key', '- Name: Exchange E\n  Name: Exchange F\n  Config: {}', 'not valid YAML'],
    ['an alias bomb', bomb, 'aliases'],
    ['deep nesting', '['.repeat(20_000), 'not valid YAML|nested too deeply'],
    ['a name that is too long', `- { Name: Exchange ${'x'.repeat(250)}, Config: {} }`, 'Line 1'],
  ];
  for (const [what, content, text] of faulty) {
    it(`${what}: a clear message, and nothing is written`, async () => {
      const answer = await upload(admin, content, true);
      const page = (await answer.text()).replaceAll('&quot;', '"');
      expect(answer.status, page.slice(0, 2000)).to.equal(422);
      expect(page).to.match(new RegExp(text));
      expect(
        await databaseRows("SELECT name FROM oauth2_token_config WHERE name LIKE 'Exchange%'"),
      ).to.deep.equal([]);
    });
  }

  it('10 MB: 413 with a page', async () => {
    const answer = await upload(admin, 'x'.repeat(10 * 1024 * 1024));
    expect(answer.status).to.equal(413);
    expect(await answer.text()).to.contain('data-code="too-large"');
  });
});
