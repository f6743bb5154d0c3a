import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { IS_POSTGRES } from '../support/database.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { perl } from '../support/helpdesk.js';
import {
  databaseRows,
  console as helpdeskConsole,
  lab,
  provider,
  session,
  znunyOauth2,
} from '../support/lab.js';
import { literal } from '../support/sql.js';

const NAMES = ['Added by shell', 'Granted by screen'];
const GUID = '1b2c3d4e-1111-2222-3333-444455556666';
const MICROSOFT = ['--sign-in', 'tenant', '--tenant', 'example.com', '--client-id', GUID];

const documentOf = async (name: string) => {
  const [row] = await databaseRows(`SELECT config FROM oauth2_token_config WHERE name = '${name}'`);
  return row && JSON.parse(String(row[0]));
};
const tokenOf = async (id: number) =>
  (
    await databaseRows(
      `SELECT IFNULL(token, ''), IFNULL(refresh_token, ''), IFNULL(error_message, '') FROM oauth2_token WHERE token_config_id = ${id}`,
    )
  )[0];
const failuresOf = async (id: number) =>
  (
    await databaseRows(`SELECT failures, outcome FROM oauth2_sidecar_renewal WHERE token_config_id = ${id}`)
  )[0];

describe('znuny-oauth2 config add', () => {
  before(() => removeConfigs(NAMES));
  afterEach(() => removeConfigs(NAMES));

  it('adds what the form would, which the genuine screens and modules of the helpdesk read', async () => {
    const { code, out, err } = await znunyOauth2(
      [
        'config',
        'add',
        'Added by shell',
        ...MICROSOFT,
        ...['--receive', 'pop3', '--send', 'no', '--client-secret-expires', '2031-05-06'],
        ...['--validity', 'invalid-temporarily', '--notify-on-expired-token', 'yes', '--pkce', 'no'],
        ...['--parameter', 'AuthorizationCodeFixed:domain_hint=example.com'],
        ...['--parameter', 'AuthorizationCodeFixed:prompt', '--user', 'oauthadmin'],
      ],
      'value-of-the-secret\n',
    );
    expect(code, err).to.equal(0);
    expect(out)
      .to.match(/^Added: "Added by shell" has ID \d+\.$/m)
      .and.match(/^Redirect URI: +http:\/\/.*get-oauth2-token-by-authorization-code\.pl$/m)
      .and.match(/^Permissions to add: POP\.AccessAsUser\.All, offline_access, openid, profile$/m)
      .and.not.contain('value-of-the-secret');
    const document = await documentOf('Added by shell');
    expect(document).to.deep.include({
      ClientID: GUID,
      ClientSecret: 'value-of-the-secret',
      Scope: 'https://outlook.office.com/POP.AccessAsUser.All offline_access openid profile',
      TemplateName: 'Microsoft Organizations',
      Notifications: { NotifyOnExpiredToken: 1, NotifyOnExpiredRefreshToken: 1 },
      Sidecar: { ...document.Sidecar, ClientSecretExpires: '2031-05-06', PKCE: 0 },
    });
    const { Request } = document.Requests.AuthorizationCode;
    expect(Request.URL).to.equal('https://login.microsoftonline.com/example.com/oauth2/v2.0/authorize');
    expect(Request.Parameters).to.include({ domain_hint: 'example.com' }).and.not.have.property('prompt');
    expect(
      await databaseRows(
        `SELECT c.valid_id, u.login FROM oauth2_token_config c JOIN users u ON u.id = c.create_by WHERE c.name = 'Added by shell'`,
      ),
    ).to.deep.equal([['3', 'oauthadmin']]);
    const read = await perl(
      `my %Config = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataGet( Name => 'Added by shell', UserID => 1 );
       print join '|', $Config{Config}->{ClientID}, $Config{Config}->{ClientSecret}, $Config{ValidID};`,
    );
    expect(read).to.equal(`${GUID}|value-of-the-secret|3`);
    await databaseRows("UPDATE oauth2_token_config SET valid_id = 1 WHERE name = 'Added by shell'");
    await helpdeskConsole('Maint::Cache::Delete', '--type', 'OAuth2TokenConfig');
    const admin = await session(CREDENTIALS.admin);
    const page = await (await admin.get('Action=AdminMailAccount;Subaction=AddNew;TypeAdd=POP3S')).text();
    expect(page).to.match(/<option[^>]*>Added by shell<\/option>/);
  });

  it('takes template and endpoints one by one, and the secret from a file', async () => {
    const file = `${lab.dir}/cli-secret.txt`;
    writeFileSync(file, 'secret of the file\n', { mode: 0o600 });
    const { code, err, out } = await znunyOauth2([
      ...['config', 'add', 'Added by shell', '--template', 'google mail', '--client-id', 'mail'],
      ...['--client-secret-file', file, '--scope', 'openid  offline_access openid'],
      ...['--authorization-code-url', `${lab.urls.provider}/auth`, '--json'],
      ...['--token-by-authorization-code-url', `${lab.urls.provider}/token`],
      ...['--token-by-refresh-token-url', `${lab.urls.provider}/token`],
    ]);
    expect(code, err).to.equal(0);
    const added = JSON.parse(out);
    expect(added).to.deep.include({ name: 'Added by shell', permissions: [] });
    expect(added.config).to.not.have.property('ClientSecret');
    const document = await documentOf('Added by shell');
    expect(document).to.include({ ClientSecret: 'secret of the file', Scope: 'openid offline_access' });
    expect(document.Requests.TokenByRefreshToken.Request.URL).to.equal(`${lab.urls.provider}/token`);
  });

  it('looks up an issuer as the form does', async () => {
    const { code, err } = await znunyOauth2(
      [
        ...['config', 'add', 'Added by shell', '--template', 'other-provider', '--client-id', 'mail'],
        ...['--discover', lab.urls.provider],
      ],
      'secret',
    );
    expect(code, err).to.equal(0);
    const { Requests, Sidecar } = await documentOf('Added by shell');
    expect(Requests.AuthorizationCode.Request.URL).to.equal(`${lab.urls.provider}/auth`);
    expect(Sidecar.Issuer).to.equal(lab.urls.provider);
  });

  it('adds nothing with --dry-run, and shows what would be stored without the secret', async () => {
    const { code, out, err } = await znunyOauth2(
      ['config', 'add', 'Added by shell', ...MICROSOFT, '--dry-run'],
      'value-of-the-secret',
    );
    expect(code, err).to.equal(0);
    expect(out)
      .to.contain('Nothing was added.')
      .and.match(/^Client ID: +1b2c3d4e-/m)
      .and.match(/^URL for authorization code: +https:\/\/login\.microsoftonline\.com\/example\.com\//m)
      .and.not.contain('value-of-the-secret');
    expect(await documentOf('Added by shell')).to.equal(undefined);
  });

  it('refuses what the form refuses, in the same words, and names the option', async () => {
    const { code, out, err } = await znunyOauth2(
      ['config', 'add', 'Added by shell', ...MICROSOFT, '--client-id', 'mail'],
      GUID,
    );
    expect([code, out]).to.deep.equal([1, '']);
    expect(err)
      .to.match(/--client-id: Enter the Application \(client\) ID, a GUID/)
      .and.match(/--client-secret-file: This is the ID of a client secret\./)
      .and.contain('Nothing was added.')
      .and.contain('(invalid-token-config)');
    const taken = await znunyOauth2(['config', 'add', 'Added by shell', ...MICROSOFT], 's');
    expect(taken.code, taken.err).to.equal(0);
    // PostgreSQL compares names byte by byte.
    const same = IS_POSTGRES ? 'Added by shell' : 'added BY shell';
    const again = await znunyOauth2(['config', 'add', same, ...MICROSOFT, '--dry-run'], 's');
    expect(again.code).to.equal(1);
    expect(again.err).to.contain('Name: There is already a token configuration with this name.');
  });

  it('ends with 3 for an unknown template and lists the others', async () => {
    const { code, out, err } = await znunyOauth2(
      ['config', 'add', 'Added by shell', '--template', 'Nonsense'],
      's',
    );
    expect([code, out], err).to.deep.equal([3, '']);
    expect(err).to.contain('Google Mail, ').and.contain('(unknown-template)');
  });
});

describe('znuny-oauth2 config set-secret', () => {
  const name = 'Granted by screen';
  const { secret } = CREDENTIALS.client;
  let id: number;
  const setSecret = (value: string, ...options: string[]) =>
    znunyOauth2(['config', 'set-secret', name, ...options], value);
  /** As if the provider had let the stored secret expire. */
  const storeOldSecret = async () => {
    const document = await documentOf(name);
    const old = JSON.stringify({ ...document, ClientSecret: 'old-secret' });
    await databaseRows(`UPDATE oauth2_token_config SET config = ${literal(old)} WHERE id = ${id}`);
  };

  before(async () => {
    await removeConfigs(NAMES);
    await provider.reset();
    id = await grantedConfig(name);
  });
  after(async () => {
    await provider.reset();
    await removeConfigs(NAMES);
  });

  it('keeps the old secret, the token and its state if the provider rejects the new one', async () => {
    const [token, document] = [await tokenOf(id), await documentOf(name)];
    const state = await failuresOf(id);
    const { code, out, err } = await setSecret('not-the-secret');
    expect([code, out]).to.deep.equal([1, '']);
    expect(err)
      .to.contain('The old client secret and the stored token were kept.')
      .and.contain('(client-rejected)')
      .and.not.contain('not-the-secret');
    expect(await documentOf(name)).to.deep.equal(document);
    expect(await tokenOf(id)).to.deep.equal(token);
    expect(await failuresOf(id)).to.deep.equal(state);
  });

  it('keeps the old secret while the provider does not answer', async () => {
    const [token, document] = [await tokenOf(id), await documentOf(name)];
    await provider.set({ mode: '500' });
    const { code, err } = await setSecret('another-secret');
    await provider.reset();
    expect(code).to.equal(1);
    expect(err).to.contain('(provider-overloaded)').and.contain('The old client secret and the stored token');
    expect(await documentOf(name)).to.deep.equal(document);
    expect((await tokenOf(id))?.slice(0, 2)).to.deep.equal(token?.slice(0, 2));
  });

  it('replaces an expired secret once the provider has accepted the new one, and stores the new token', async () => {
    await storeOldSecret();
    const before = await tokenOf(id);
    const { code, out, err } = await setSecret(`${secret}\n`, '--client-secret-expires', '2031-05-06');
    expect(code, err).to.equal(0);
    expect(out).to.contain('accepted the new client secret').and.not.contain(secret);
    expect(await documentOf(name)).to.deep.include({
      ClientSecret: secret,
      Sidecar: { ClientSecretExpires: '2031-05-06' },
    });
    const after = await tokenOf(id);
    expect(after?.[0]).to.not.equal(before?.[0]);
    expect(after?.[1]).to.not.equal(before?.[1]);
    // The service adds the change of state when it sees it.
    const events = await databaseRows(
      `SELECT what, outcome FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what <> 'state'
       ORDER BY id DESC LIMIT 2`,
    );
    expect(events).to.deep.include(['config-changed', 'ok']).and.deep.include(['renewal', 'ok']);
  });

  it('removes the expiry date of the old secret where no new one is given, and says so', async () => {
    const { code, err, out } = await setSecret(secret, '--json');
    expect(code, err).to.equal(0);
    expect(JSON.parse(out)).to.include({ id, name, tried: true, clientSecretExpires: null });
    expect(await documentOf(name)).to.not.have.nested.property('Sidecar.ClientSecretExpires');
  });

  it('stores an untried secret only when told to, where there is no refresh token', async () => {
    await databaseRows(`UPDATE oauth2_token SET refresh_token = NULL WHERE token_config_id = ${id}`);
    const refused = await setSecret('untried-secret');
    expect(refused.code).to.equal(1);
    expect(refused.err).to.contain('--untested').and.contain('(no-refresh-token)');
    expect((await documentOf(name)).ClientSecret).to.equal(secret);
    const { code, out, err } = await setSecret('untried-secret', '--untested');
    expect(code, err).to.equal(0);
    expect(out).to.contain('It has not been tested.');
    expect((await documentOf(name)).ClientSecret).to.equal('untried-secret');
  });

  it('checks the secret as the form does, and refuses an empty one', async () => {
    const empty = await setSecret('');
    expect(empty.code).to.equal(2);
    const control = await setSecret('a\u0001b');
    expect(control.code).to.equal(1);
    expect(control.err).to.contain('--client-secret-file: Only printable ASCII characters');
  });
});
