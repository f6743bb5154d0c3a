import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { clientCredentials } from '../support/client-credentials.js';
import { removeConfigs } from '../support/granted-config.js';
import {
  console,
  databaseRows,
  deliverMail,
  itWithTokens,
  lab,
  mailAccount,
  perl,
  provider,
  type Session,
  session,
} from '../support/lab.js';
import { endsIn, isActive, storedToken } from '../support/stored-token.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAME = 'By client credentials';
const APP = 'By client credentials, with mailboxes';

/** Znuny 7.2 and newer have such configurations; the helpdesk here stores and reads them, but would request no token. */
describe('a configuration with client credentials that the helpdesk itself has stored', () => {
  let admin: Session;
  let id: number;
  const tokenOf = async () => {
    const [row] = await databaseRows(
      `SELECT COALESCE(token, ''), COALESCE(refresh_token, ''), COALESCE(error_message, '') FROM oauth2_token WHERE token_config_id = ${id}`,
    );
    const [token = '', refreshToken = '', error = ''] = row ?? [];
    return { token, refreshToken, error };
  };

  /** As the helpdesk stores it. */
  const add = async (name: string, client: { ClientID: string; ClientSecret: string }) => {
    const config = {
      ...clientCredentials(`${lab.urls.provider}/token`),
      ...client,
      Scope: 'https://outlook.office.com/IMAP.AccessAsUser.All',
    };
    const added =
      await perl(`my $Config = $Kernel::OM->Get('Kernel::System::JSON')->Decode( Data => '${JSON.stringify(config)}' );
        print $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataAdd(
          Name => '${name}', Config => $Config, ValidID => 1, CreateBy => 1, ChangeBy => 1, UserID => 1 );`);
    return Number(added);
  };

  before(async () => {
    await removeConfigs([NAME, APP]);
    await provider.reset();
    admin = await session(CREDENTIALS.admin);
    const { client } = CREDENTIALS;
    id = await add(NAME, { ClientID: client.id, ClientSecret: client.secret });
  });
  after(async () => {
    await removeConfigs([NAME, APP]);
    await provider.reset();
  });

  itWithTokens(
    'gets its first and each further token from the renewal service without asking anybody',
    async () => {
      await until('the first token', async () => (await tokenOf()).token !== '', 60_000);
      const first = await tokenOf();
      expect([first.refreshToken, first.error]).to.deep.equal(['', '']);
      expect(await isActive(first.token)).to.equal(true);
      await endsIn(id, 20);
      await until('the next token', async () => (await tokenOf()).token !== first.token, 60_000);
      const { requests } = await provider.state();
      expect(requests.client_credentials).to.equal(2);
      expect(requests).to.not.have.any.keys('authorization_code', 'refresh_token');
    },
  )?.timeout(130_000);

  itWithTokens('is read by the genuine GetToken', async () => {
    const read = await perl(`print $Kernel::OM->Get('Kernel::System::OAuth2Token')->GetToken(
      TokenConfigID => ${id}, UserID => 1 ) // '';`);
    expect(read).to.equal((await tokenOf()).token);
  });

  itWithTokens('has one endpoint in the form, and explains that nobody needs to be asked', async () => {
    const page = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=${id}`)).text();
    expect(page).to.include('id="WithoutPerson"').and.include('id="TokenByClientCredentialsRequestURL"');
    for (const other of ['AuthorizationCode', 'TokenByAuthorizationCode', 'TokenByRefreshToken'])
      expect(page, other).not.to.include(`id="${other}RequestURL"`);
  });

  itWithTokens('is shown as valid in the overview', async () => {
    const page = await (await admin.get(`${SCREEN};Search=${encodeURIComponent(NAME)}`)).text();
    expect(page)
      .to.include(NAME)
      .and.not.match(/OAuth2Sentence[^<]*>[^<]*consent/);
  });

  itWithTokens('lets the genuine fetcher make tickets of the mailboxes that the app opens', async () => {
    const { app } = CREDENTIALS;
    const ClientSecret = 'secret-of-an-app-in-the-lab';
    await provider.register({
      client_id: app.id,
      client_secret: ClientSecret,
      ...{ redirect_uris: [], response_types: [], grant_types: ['client_credentials'] },
      token_endpoint_auth_method: 'client_secret_post',
    });
    const own = await add(APP, { ClientID: app.id, ClientSecret });
    await until('a token of the app', async () => (await storedToken(own)).token !== '', 60_000);
    for (const login of app.mailboxes) {
      const account = await mailAccount('IMAPS', own, login);
      const subject = `Mail of an app with a secret ${login} ${Date.now()}`;
      deliverMail(login, subject);
      await console('Maint::PostMaster::MailAccountFetch', '--mail-account-id', String(account));
      const tickets = await databaseRows(`SELECT title FROM ticket WHERE title = '${subject}'`);
      expect(tickets).to.deep.equal([[subject]]);
    }
  })?.timeout(180_000);
});
