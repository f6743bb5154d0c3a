import { rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { CREDENTIALS } from '../lab/instance.js';
import { WEB_SERVER } from '../lab/sidecar-channel.js';
import {
  databaseRows,
  extraSidecar,
  console as helpdeskConsole,
  lab,
  perl,
  type Session,
  session,
} from '../support/lab.js';

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

/** The items of a preview, or of what was done: name -> action; and the ticket of the preview. */
async function readItems(answer: Response) {
  const page = await answer.text();
  const rows = [
    ...page.matchAll(/data-line="(\d+)" data-action="(\w+)">.*?<\/td>\s*<td[^>]*><div>(.*?)<\/div>/gs),
  ];
  return {
    status: answer.status,
    page,
    items: rows.map(([, line, action, name = '']) => [Number(line), action, name.replace(/<[^>]*>/g, '')]),
    ticket: /name="Ticket" value="([^"]*)"/.exec(page)?.[1] ?? '',
  };
}

const confirm = async (who: Session, ticket: string) =>
  readItems(await who.post(`${SCREEN};Subaction=ConfirmImport`, { Ticket: ticket }));

/** Preview and import. */
async function importFile(who: Session, content: string, overwrite = false) {
  const { ticket, page } = await readItems(await upload(who, content, overwrite));
  expect(ticket, page).to.have.length(43);
  return confirm(who, ticket);
}

const exported = async (who: Session) =>
  (await who.get(`${SCREEN};Subaction=ExportTokenConfigurations`)).text();

/** The helpdesk's YAML has no numbers: after its import every scalar is a text. */
const asTexts = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'number' ? String(item) : item)),
  );

/** The part of an export about the configurations of these tests, without numbers and times. */
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

const remove = async () => {
  await databaseRows(
    "DELETE t FROM oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.name LIKE 'Exchange%'",
  );
  await databaseRows("DELETE FROM oauth2_token_config WHERE name LIKE 'Exchange%'");
};

describe('export and import, here and at the helpdesk', () => {
  let admin: Session;
  before(async () => {
    admin = await session(CREDENTIALS.admin);
  });
  afterEach(remove);

  const ENTRY = (name: string, validId: number) =>
    `- Name: ${name}\n  ValidID: ${validId}\n  Config:${CONFIG.replaceAll('\n', '\n  ')}\n`;

  it('carry our export into the helpdesk, equal after the round trip', async () => {
    const { items } = await importFile(admin, ENTRY('Exchange A', 2));
    expect(items).to.deep.equal([[1, 'add', 'Exchange A']]);
    const ours = await exported(admin);
    expect(essence(ours)).to.have.length(1);
    await remove();
    expect(await helpdeskImport(ours, false)).to.equal('1');
    expect(essence(await exported(admin))).to.deep.equal(essence(ours));
    expect(essence(await perl(helpdeskExport))).to.deep.equal(essence(ours));
  });

  it("carry the helpdesk's export to us, equal after the round trip", async () => {
    await helpdeskImport(ENTRY('Exchange B', 1), false);
    const theirs = await perl(helpdeskExport);
    expect(essence(theirs)[0]).to.have.nested.property('Config.ClientID', '007');
    await remove();
    await importFile(admin, theirs);
    expect(essence(await perl(helpdeskExport))).to.deep.equal(essence(theirs));
  });

  it("do the same with the helpdesk's console commands as on our screens", async () => {
    await importFile(admin, ENTRY('Exchange Console', 1));
    const EXPORT = 'Admin::OAuth2TokenManagement::ExportTokenConfig';
    const theirs = await helpdeskConsole(EXPORT, '--token-config-name', 'Exchange Console', '--no-ansi');
    const [row] = await databaseRows("SELECT id FROM oauth2_token_config WHERE name = 'Exchange Console'");
    const ours = await (
      await admin.get(`${SCREEN};Subaction=ExportTokenConfigurations;ID=${row?.[0]}`)
    ).text();
    expect(essence(ours)).to.deep.equal(essence(theirs)).and.have.length(1);
    await remove();
    const file = `${lab.dir}/exchange.yml`;
    writeFileSync(file, ours, { mode: 0o644 });
    const said = await helpdeskConsole('Admin::OAuth2TokenManagement::ImportTokenConfig', file, '--no-ansi');
    rmSync(file);
    expect(said).to.contain('Exchange Console').and.contain('Done.');
    expect(essence(await exported(admin))).to.deep.equal(essence(ours));
  });

  it('show in a preview what differs, and of secrets only that they change, and change nothing before confirmation', async () => {
    await importFile(
      admin,
      '- { Name: Exchange C, Config: { ClientID: old, ClientSecret: kept-secret, Scope: one } }',
    );
    await importFile(admin, '- { Name: Exchange D, Config: { ClientID: other } }');
    await databaseRows(`INSERT INTO oauth2_token (token_config_id, token, create_time, create_by, change_time, change_by)
      SELECT id, 'stored-token', NOW(), 1, NOW(), 1 FROM oauth2_token_config WHERE name = 'Exchange C'`);
    const clients = () =>
      databaseRows(`SELECT JSON_VALUE(config, '$.ClientID'), JSON_VALUE(config, '$.ClientSecret')
        FROM oauth2_token_config WHERE name LIKE 'Exchange%' ORDER BY name`);
    const before = [
      ['old', 'kept-secret'],
      ['other', 'NULL'],
    ];
    const file = `- Name: Exchange C
  Config: { ClientID: new, Scope: one }
- Name: Exchange D
  Config: { ClientID: other, ClientSecret: a-new-secret }
- Name: Exchange E
  Config: { ClientSecret: [1] }
`;
    // Without "overwrite" there is nothing to do, and nothing to confirm.
    const left = await readItems(await upload(admin, file));
    expect(left.items).to.deep.equal([
      [1, 'keep', 'Exchange C'],
      [3, 'keep', 'Exchange D'],
      [5, 'refuse', 'Exchange E'],
    ]);
    expect(left.ticket).to.equal('');
    const preview = await readItems(await upload(admin, file, true));
    expect(preview.items.map(([, action]) => action)).to.deep.equal(['change', 'change', 'refuse']);
    expect(preview.page).to.contain('<del>old</del>').and.contain('<ins>new</ins>');
    expect(preview.page).to.contain('ClientSecret is not a text');
    expect(preview.page).to.match(/<code>ClientSecret<\/code><\/dt>\s*<dd>added<\/dd>/);
    expect(preview.page)
      .to.not.contain('a-new-secret')
      .and.not.contain('kept-secret')
      .and.not.contain('>Scope<');
    expect(await clients()).to.deep.equal(before);
    const kept = (await databaseRows('SELECT content FROM oauth2_sidecar_import')).flat();
    expect(kept).to.have.length.above(0);
    expect(kept.join()).to.not.contain('a-new-secret');

    const done = await confirm(admin, preview.ticket);
    expect(done.items.map(([, action]) => action)).to.deep.equal(['change', 'change', 'refuse']);
    expect(done.page).to.contain('Added: 0, changed: 2, unchanged: 0, rejected: 1.');
    expect(await clients()).to.deep.equal([
      ['new', 'kept-secret'],
      ['other', 'a-new-secret'],
    ]);
    expect(await databaseRows("SELECT token FROM oauth2_token WHERE token = 'stored-token'")).to.have.length(
      1,
    );
    // Only once, and only by the session that saw it.
    expect(await confirm(admin, preview.ticket)).to.include({ status: 400 });
  });

  it('refuse a preview of another session, and show a new one after a change meanwhile', async () => {
    await importFile(admin, '- { Name: Exchange F, Config: { ClientID: old, ClientSecret: s } }');
    const file = '{ Name: Exchange F, Config: { ClientID: new } }';
    const { ticket } = await readItems(await upload(admin, file, true));
    const other = await session(CREDENTIALS.root);
    const stolen = await confirm(other, ticket);
    expect(stolen.status).to.equal(400);
    expect(stolen.page).to.contain('data-code="import-unknown"');
    await databaseRows(
      `UPDATE oauth2_token_config SET config = JSON_SET(config, '$.ClientID', 'theirs') WHERE name = 'Exchange F'`,
    );
    const again = await confirm(admin, ticket);
    expect(again.status).to.equal(409);
    expect(again.page)
      .to.contain('<del>theirs</del>')
      .and.contain('Someone has changed token configurations');
    const client = () =>
      databaseRows(
        "SELECT JSON_VALUE(config, '$.ClientID') FROM oauth2_token_config WHERE name = 'Exchange F'",
      );
    expect(await client()).to.deep.equal([['theirs']]);
    expect((await confirm(admin, again.ticket)).status).to.equal(200);
    expect(await client()).to.deep.equal([['new']]);
  });

  it('accept a preview of one sidecar on another', async () => {
    const second = await extraSidecar({ channel: 'tcp' });
    try {
      const { ticket } = await readItems(
        await upload(admin, '{ Name: Exchange G, Config: { ClientID: g } }'),
      );
      const answer = await fetch(
        `http://127.0.0.1:${second.port}/otrs/index.pl?${SCREEN};Subaction=ConfirmImport`,
        {
          method: 'POST',
          headers: { Cookie: `OTRSAgentInterface=${admin.id}`, ...WEB_SERVER },
          body: new URLSearchParams({ ChallengeToken: admin.challengeToken, Ticket: ticket }),
        },
      );
      expect((await readItems(answer)).items).to.deep.equal([[1, 'add', 'Exchange G']]);
    } finally {
      await second.stop();
    }
  });

  it('ask whether an export of one or all shall contain secrets', async () => {
    await importFile(admin, '- { Name: Exchange H, Config: { ClientID: h, ClientSecret: h-secret } }');
    await importFile(admin, '- { Name: Exchange I, Config: { ClientID: i, ClientSecret: i-secret } }');
    const [row] = await databaseRows("SELECT id FROM oauth2_token_config WHERE name = 'Exchange H'");
    const id = row?.[0];
    const page = await (await admin.get(`${SCREEN};Subaction=Export;ID=${id}`)).text();
    expect(page).to.contain('Export without client secrets').and.contain('Export with client secrets');
    const link = (name: string) =>
      (new RegExp(`id="${name}" href="index\\.pl\\?([^"]*)"`).exec(page)?.[1] ?? '').replaceAll(
        '&#x3D;',
        '=',
      );
    const bare = await admin.get(link('ExportWithoutSecrets'));
    expect(bare.headers.get('content-disposition')).to.match(
      /^attachment; filename="OAuth2TokenConfigurationExportWithoutSecrets_\d{8}_\d{6}\.yml"$/,
    );
    expect(bare.headers.get('cache-control')).to.contain('no-store');
    const text = await bare.text();
    expect(text).to.contain('Exchange H').and.not.contain('h-secret').and.not.contain('Exchange I');
    expect(await (await admin.get(link('ExportWithSecrets'))).text()).to.contain('h-secret');
    expect(await exported(admin))
      .to.contain('h-secret')
      .and.contain('i-secret');
    expect((await admin.get(`${SCREEN};Subaction=Export;ID=999999`)).status).to.equal(404);
    expect((await admin.get(`${SCREEN};Subaction=ExportTokenConfigurations;ID=x`)).status).to.equal(400);
  });

  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`;
  const faulty: [string, string | Uint8Array, string][] = [
    ['an empty file', '', 'Choose a YAML file first.'],
    ['a binary file', new Uint8Array([0xff, 0xfe, 0x00, 0x01]), 'not a UTF-8 text file'],
    ['broken YAML', '- Name: [', 'or a bracket is not closed'],
    ['a scalar', 'just words', 'Entry 1 is not a map'],
    ['a missing Name', '- Config: {}', 'Entry 1 has no Name'],
    ['a missing Config', '- Name: Exchange E', 'Config is missing'],
    ['a wrong type', '- Name: Exchange E\n  Config: { ClientSecret: [1] }', 'ClientSecret is not a text'],
    ['a wrong ValidID', '- Name: Exchange E\n  ValidID: 9\n  Config: {}', 'ValidID is not 1'],
    [
      'a duplicate key',
      '- Name: Exchange E\n  Name: Exchange F\n  Config: {}',
      'Line 2, column 3: The key appears twice',
    ],
    ['an alias bomb', bomb, 'more than 50 aliases'],
    ['deep nesting', '['.repeat(20_000), 'it is too large'],
    [
      'a name that is too long',
      `- { Name: Exchange ${'x'.repeat(250)}, Config: {} }`,
      'At most 250 characters',
    ],
  ];
  for (const [what, content, text] of faulty) {
    it(`refuse ${what} with a clear message and write nothing`, async () => {
      const answer = await upload(admin, content, true);
      const page = (await answer.text()).replaceAll('&quot;', '"');
      expect(answer.status, page.slice(0, 2000)).to.equal(422);
      expect(page).to.match(new RegExp(text));
      expect(
        await databaseRows("SELECT name FROM oauth2_token_config WHERE name LIKE 'Exchange%'"),
      ).to.deep.equal([]);
    });
  }

  it('refuse 10 MB with 413 and a page', async () => {
    const answer = await upload(admin, 'x'.repeat(10 * 1024 * 1024));
    expect(answer.status).to.equal(413);
    expect(await answer.text()).to.contain('data-code="too-large"');
  });
});
