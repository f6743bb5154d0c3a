import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { clientCredentials } from '../support/client-credentials.js';
import { removeConfigs } from '../support/granted-config.js';
import { databaseRows, itWithTokens, lab, perl, provider, type Session, session } from '../support/lab.js';
import { endsIn, isActive } from '../support/stored-token.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAME = 'By client credentials';

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

  before(async () => {
    await removeConfigs([NAME]);
    await provider.reset();
    admin = await session(CREDENTIALS.admin);
    const config = {
      ...clientCredentials(`${lab.urls.provider}/token`),
      ClientID: CREDENTIALS.client.id,
      ClientSecret: CREDENTIALS.client.secret,
      Scope: 'https://outlook.office.com/IMAP.AccessAsUser.All',
    };
    id = Number(
      await perl(`my $Config = $Kernel::OM->Get('Kernel::System::JSON')->Decode( Data => '${JSON.stringify(config)}' );
        print $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataAdd(
          Name => '${NAME}', Config => $Config, ValidID => 1, CreateBy => 1, ChangeBy => 1, UserID => 1 );`),
    );
  });
  after(async () => {
    await removeConfigs([NAME]);
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
});
