import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { IS_POSTGRES } from '../support/database.js';
import { databaseRows, console as helpdeskConsole, lab, znunyOauth2 } from '../support/lab.js';

const NAMES = "name LIKE 'Cli %'";
const clean = async () => {
  await databaseRows(
    `DELETE t FROM oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.${NAMES}`,
  );
  await databaseRows(`DELETE FROM mail_account WHERE login = 'cli@example.test'`);
  await databaseRows(`DELETE FROM oauth2_token_config WHERE ${NAMES}`);
};
const idOf = async (name: string) =>
  Number((await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${name}'`))[0]?.[0]);

const FILE = `- Name: Cli one
  ValidID: 1
  Config:
    ClientID: client-of-one
    ClientSecret: secret-of-one
    Scope: openid
    TemplateName: Google Mail
    Unknown: { Deep: [1, two] }
    Requests: { TokenByRefreshToken: { Request: { URL: 'https://example.test/token' } } }
- Name: Cli two
  ValidID: 2
  Config: { ClientID: client-of-two, ClientSecret: secret-of-two }
`;

describe('znuny-oauth2 config', () => {
  before(clean);
  beforeEach(async () => {
    const { code, err } = await znunyOauth2(['config', 'import', '-'], FILE);
    expect(code, err).to.equal(0);
  });
  afterEach(clean);

  it('list prints a table or JSON, searched and filtered', async () => {
    const { code, out, err } = await znunyOauth2(['config', 'list', '--search', 'CLI ']);
    expect([code, err]).to.deep.equal([0, '']);
    const [head, ...lines] = out.trimEnd().split('\n');
    expect(head?.split(/ {2,}/)).to.deep.equal(['ID', 'NAME', 'VALIDITY', 'TEMPLATE', 'CLIENT ID']);
    expect(lines.map((line) => line.split(/ {2,}/).slice(1))).to.deep.equal([
      ['Cli one', 'valid', 'Google Mail', 'client-of-one'],
      ['Cli two', 'invalid', 'client-of-two'],
    ]);
    const json = JSON.parse(
      (await znunyOauth2(['config', 'list', '--search', 'cli', '--valid', '--json'])).out,
    );
    expect(json).to.deep.equal([
      {
        id: await idOf('Cli one'),
        name: 'Cli one',
        valid: true,
        validId: 1,
        template: 'Google Mail',
        clientId: 'client-of-one',
      },
    ]);
  });

  it('show accepts a name or an ID, and prints the secret only when asked to', async () => {
    const id = await idOf('Cli one');
    await databaseRows(`INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, imap_folder, valid_id, authentication_type, oauth2_token_config_id, create_time, create_by, change_time, change_by)
      VALUES ('cli@example.test', 'x', 'mail.example.test', 'IMAPS', 1, 0, 'INBOX', 1, 'oauth2_token', ${id}, NOW(), 1, NOW(), 1)`);
    // PostgreSQL compares names byte by byte.
    const byName = await znunyOauth2(['config', 'show', IS_POSTGRES ? 'Cli one' : 'cli ONE']);
    expect(byName.code, byName.err).to.equal(0);
    expect(byName.out)
      .to.match(/^Client secret: +\(stored\)$/m)
      .and.not.contain('secret-of-one');
    expect(byName.out).to.match(/^URL for token by refresh token: +https:\/\/example\.test\/token$/m);
    expect(byName.out).to.match(/^Use PKCE: +yes$/m);
    expect(byName.out).to.match(/^Redirect URI: +http:\/\/.*get-oauth2-token-by-authorization-code\.pl$/m);
    expect(byName.out).to.match(
      /^Used by: +mail account cli@example\.test at mail\.example\.test \(IMAPS\)$/m,
    );
    const open = await znunyOauth2(['config', 'show', String(id), '--with-secrets', '--json']);
    expect(JSON.parse(open.out)).to.nested.include({ id, 'config.ClientSecret': 'secret-of-one' });
    const closed = JSON.parse((await znunyOauth2(['config', 'show', String(id), '--json'])).out);
    expect(closed.config).to.not.have.property('ClientSecret');
    expect(closed).to.include({ hasClientSecret: true });
    expect(closed.config.Unknown).to.deep.equal({ Deep: [1, 'two'] });
    for (const word of ['Nobody', '999999']) {
      const missing = await znunyOauth2(['config', 'show', word]);
      expect(missing.code).to.equal(3);
      expect(missing.err).to.contain(`No configuration "${word}"`);
    }
  });

  it("export and import are equal after a round trip with the helpdesk's own console", async () => {
    const ours = await znunyOauth2(['config', 'export', 'Cli one', '--with-secrets']);
    const theirs = await helpdeskConsole(
      'Admin::OAuth2TokenManagement::ExportTokenConfig',
      '--token-config-name',
      'Cli one',
      '--no-ansi',
    );
    expect(parse(ours.out)).to.deep.equal(parse(theirs));
    await clean();
    const file = `${lab.dir}/cli-export.yml`;
    writeFileSync(file, ours.out, { mode: 0o644 });
    await helpdeskConsole('Admin::OAuth2TokenManagement::ImportTokenConfig', file, '--no-ansi');
    rmSync(file);
    // For us, nothing differs from what the helpdesk has made of it.
    const again = await znunyOauth2(['config', 'import', '-', '--overwrite', '--json'], ours.out);
    expect(JSON.parse(again.out).items.map(({ action }: { action: string }) => action)).to.deep.equal([
      'same',
    ]);
    const bare = await znunyOauth2(['config', 'export']);
    expect(bare.out).to.contain('Cli one').and.not.contain('secret-of');
  });

  it('export --output creates a new file that only its owner can read', async () => {
    const file = `${lab.dir}/cli-backup.yml`;
    try {
      expect((await znunyOauth2(['config', 'export', '--with-secrets', '--output', file])).code).to.equal(0);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect(readFileSync(file, 'utf8')).to.contain('secret-of-two');
      const twice = await znunyOauth2(['config', 'export', '--output', file]);
      expect([twice.code, twice.out]).to.deep.equal([2, '']);
      expect(twice.err).to.contain('exists already');
    } finally {
      rmSync(file, { force: true });
    }
  });

  it('import --dry-run lists each difference and writes nothing; --overwrite applies them in the name of the user', async () => {
    const file = FILE.replace('client-of-one', 'another-client').replace('secret-of-two', 'another-secret');
    const preview = await znunyOauth2(['config', 'import', '-', '--overwrite', '--dry-run'], file);
    expect(preview.code, preview.err).to.equal(0);
    expect(preview.out)
      .to.contain('will be changed')
      .and.contain('ClientID: client-of-one -> another-client');
    expect(preview.out).to.contain('ClientSecret: changed').and.not.contain('another-secret');
    const stored = () =>
      databaseRows(
        `SELECT JSON_VALUE(config, '$.ClientID'), change_by FROM oauth2_token_config WHERE ${NAMES} ORDER BY name`,
      );
    expect(await stored()).to.deep.equal([
      ['client-of-one', '1'],
      ['client-of-two', '1'],
    ]);
    expect((await znunyOauth2(['config', 'import', '-'], file)).out).to.contain(
      'unchanged (exists; no --overwrite)',
    );
    const [user] = await databaseRows("SELECT id FROM users WHERE login = 'oauthadmin'");
    const done = await znunyOauth2(['config', 'import', '-', '--overwrite', '--user', 'OAuthAdmin'], file);
    expect(done.code, done.err).to.equal(0);
    expect(await stored()).to.deep.equal([
      ['another-client', user?.[0]],
      ['client-of-two', user?.[0]],
    ]);
    const events = await databaseRows(
      "SELECT what, user_id FROM oauth2_sidecar_event WHERE name = 'Cli one' AND what <> 'state' ORDER BY id DESC LIMIT 1",
    );
    expect(events).to.deep.equal([['config-changed', user?.[0]]]);
  });

  it('import stops with 1 when an entry is refused, or with --partly leaves out that entry and ends with 4', async () => {
    const file = '- Name: Cli three\n  Config: { ClientID: c }\n- Name: Cli four\n';
    const all = await znunyOauth2(['config', 'import', '-'], file);
    expect(all.code).to.equal(1);
    expect(all.out).to.contain('rejected').and.contain('Line 3: Cli four').and.contain('Config is missing');
    expect(await idOf('Cli three')).to.be.NaN;
    expect((await znunyOauth2(['config', 'import', '-', '--partly'], file)).code).to.equal(4);
    expect(await idOf('Cli three')).to.be.greaterThan(0);
    for (const [text, words] of [
      ['a: [', 'or a bracket is not closed'],
      ['', 'The file is empty'],
      ['\u0000\u0001', 'not a text file'],
    ]) {
      const broken = await znunyOauth2(['config', 'import', '-', '--json'], text);
      expect([broken.code, broken.out]).to.deep.equal([1, '']);
      expect(JSON.parse(broken.err).error.details.join(' ')).to.contain(words);
    }
    expect((await znunyOauth2(['config', 'import', '/nonexistent'])).code).to.equal(2);
  });

  it('copy creates a configuration with the secret and without tokens', async () => {
    const { code, out, err } = await znunyOauth2(['config', 'copy', 'Cli one', '--json']);
    expect(code, err).to.equal(0);
    expect(JSON.parse(out)).to.deep.equal({ id: await idOf('Cli one (copy)'), name: 'Cli one (copy)' });
    const taken = await znunyOauth2(['config', 'copy', 'Cli one', 'Cli two']);
    expect(taken.code).to.equal(1);
    expect(taken.err).to.contain('There is already a token configuration with this name');
    const nobody = await znunyOauth2(['config', 'copy', 'Cli one', '--user', 'nobody-of-that-name']);
    expect([nobody.code, nobody.out]).to.deep.equal([3, '']);
    expect(nobody.err).to.contain('No valid user "nobody-of-that-name"');
  });

  it('delete requires --yes, and is refused while something uses the configuration', async () => {
    const asked = await znunyOauth2(['config', 'delete', 'Cli one']);
    expect(asked.code).to.equal(2);
    expect(asked.err).to.contain('Nothing was deleted');
    const id = await idOf('Cli one');
    await databaseRows(`INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, imap_folder, valid_id, authentication_type, oauth2_token_config_id, create_time, create_by, change_time, change_by)
      VALUES ('cli@example.test', 'x', 'mail.example.test', 'IMAPS', 1, 0, 'INBOX', 1, 'oauth2_token', ${id}, NOW(), 1, NOW(), 1)`);
    const used = await znunyOauth2(['config', 'delete', String(id), '--yes']);
    expect(used.code).to.equal(1);
    expect(used.err).to.contain('Used by mail account cli@example.test at mail.example.test.');
    expect((await znunyOauth2(['config', 'delete', 'Cli two', '--yes'])).out).to.match(/^Deleted: "Cli two"/);
    expect(await idOf('Cli two')).to.be.NaN;
    expect(await idOf('Cli one')).to.equal(id);
  });
});
