import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { listen } from '../oauth/hostile-server.js';
import { addConfig, begin, removeConfigs } from '../support/granted-config.js';
import { databaseRows, lab, type Session, session, znunyOauth2 } from '../support/lab.js';
import { endsIn } from '../support/stored-token.js';

const NAME = 'Consent at Google';
const SCREEN = 'Action=AdminOAuth2TokenManagement';
const MAIL = 'https://mail.google.com/';
const PROFILE = 'openid https://www.googleapis.com/auth/userinfo.profile';
const CHECKBOX = '“Read, compose, send, and permanently delete all your email from Gmail”';

/** In every token: a provider never issues one twice, and the sidecar would take it for an answer that was lost. */
const RUN = randomUUID();

/**
 * Google's answers as they are documented, with the person's choice in `scope`: where the checkbox of a permission stays
 * empty, everything else looks like success.
 * https://developers.google.com/identity/protocols/oauth2/web-server (Step 5 and "Refreshing an access token") and
 * https://developers.google.com/identity/protocols/oauth2/resources/granular-permissions, both read on 2026-11-29.
 */
const answerOf = (grant: string | null, scope: string, serial: number) => ({
  access_token: `ya29.${RUN}-${serial}`,
  expires_in: 3920,
  token_type: 'Bearer',
  scope,
  ...(grant === 'refresh_token' ? {} : { refresh_token: `1//${RUN}-${serial}` }),
});

describe('a consent at Google where the person leaves the checkbox for mail empty', () => {
  let admin: Session;
  let google: Server;
  let id: number;
  let scope = PROFILE;
  let serial = 0;
  /** Google is behind the helpdesk's proxy; null: there is no proxy. */
  const useProxy = (url: string | null) =>
    setSettings(lab, [
      { name: 'WebUserAgent::NoProxy', value: url ? '127.0.0.1;localhost' : '', valid: url !== null },
      { name: 'WebUserAgent::Proxy', ...(url && { value: url }), valid: url !== null },
    ]);

  before(async () => {
    await removeConfigs([NAME]);
    admin = await session(CREDENTIALS.admin);
    // Without TLS, a proxy may answer under the name of the provider.
    google = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        serial += 1;
        const answer = answerOf(new URLSearchParams(body).get('grant_type'), scope, serial);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    const port = await listen(google);
    await useProxy(`http://127.0.0.1:${port}/`);
    const endpoint = 'http://oauth2.googleapis.com/token';
    id = await addConfig(admin, NAME, {
      Scope: `${MAIL} openid`,
      TokenByAuthorizationCodeRequestURL: endpoint,
      TokenByRefreshTokenRequestURL: endpoint,
      NotifyOnExpiredRefreshToken: '1',
    });
  });
  after(async () => {
    await useProxy(null);
    google.closeAllConnections();
    google.close();
    await removeConfigs([NAME]);
  });

  /** The consent as the browser sees it: Google sends a code, whatever the person selected. */
  async function consent(): Promise<Response> {
    const state = (await begin(admin, id)).searchParams.get('state') ?? '';
    const back = `${lab.urls.callback}?state=${state}&code=4/lab&scope=${encodeURIComponent(scope)}`;
    return fetch(back, { redirect: 'manual', headers: { Cookie: `OTRSAgentInterface=${admin.id}` } });
  }
  const stored = async () => {
    const [row] = await databaseRows(
      `SELECT IFNULL(token, ''), IFNULL(refresh_token, '') FROM oauth2_token WHERE token_config_id = ${id}`,
    );
    return row ?? ['', ''];
  };
  const stateOf = async () => {
    const page = await (await admin.get(`${SCREEN};Search=${encodeURIComponent(NAME)}`)).text();
    return /OAuth2State-\w+" data-kind="([^"]+)"/.exec(page)?.[1] ?? page;
  };

  it('is refused in the words of Google’s page, and overview, list, bar and doctor say what is missing', async () => {
    const answer = await consent();
    const page = await answer.text();
    expect(answer.status, page).to.equal(422);
    expect(page).to.contain(`Missing: ${MAIL}.`).and.contain(CHECKBOX);
    expect(await stored()).to.deep.equal(['', '']);
    expect(await stateOf()).to.equal('scope-missing');
    const { out } = await znunyOauth2(['token', 'list']);
    expect(out).to.contain(NAME).and.contain(CHECKBOX);
    expect(await (await admin.get(`${SCREEN};Subaction=Bar`)).text()).to.contain(CHECKBOX);
    const doctor = await znunyOauth2(['doctor', '--json', '--only', '20']);
    expect(doctor.out).to.contain(`Tokens that lack permissions for mail: ${NAME}.`);
  });

  it('is stored once the checkbox is selected, and a later consent without it replaces nothing', async () => {
    scope = `${PROFILE} ${MAIL}`;
    expect((await consent()).status).to.equal(303);
    const [token, refreshToken] = await stored();
    expect(await stateOf()).to.equal('valid');
    scope = PROFILE;
    expect((await consent()).status).to.equal(422);
    expect(await stored()).to.deep.equal([token, refreshToken]);
    expect(await stateOf()).to.equal('valid');
  });

  it('is noticed at a renewal too, which stores its token and ends with the next whole one', async () => {
    const [, refreshToken] = await stored();
    // Otherwise the state would change and change back before anybody looked, and nothing would be told.
    await until('the valid token is told', async () => {
      const [row] = await databaseRows(
        `SELECT state, is_change_untold FROM oauth2_sidecar_renewal WHERE token_config_id = ${id}`,
      );
      return row?.[0] === 'valid' && row[1] === '0';
    });
    await endsIn(id, 20);
    await until('the renewal', async () => (await stateOf()) === 'scope-missing', 60_000);
    expect(await stored()).to.deep.equal([`ya29.${RUN}-${serial}`, refreshToken]);
    const history = async () => (await admin.get(`${SCREEN};Subaction=History;ID=${id}`)).text();
    await until('the history', async () => (await history()).includes('Permission missing'), 60_000);
    scope = `${PROFILE} ${MAIL}`;
    const renewed = await znunyOauth2(['token', 'renew', NAME]);
    expect(await stateOf(), JSON.stringify(renewed)).to.equal('valid');
  });
});
