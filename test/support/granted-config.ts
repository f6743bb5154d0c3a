import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { consent } from './consent.js';
import { databaseRows, inOneTransaction } from './database.js';
import { lab } from './instance.js';
import { type Session, session } from './session.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const { client } = CREDENTIALS;

/** Adds a configuration for the lab's provider on the screen itself. @returns its ID */
export async function addConfig(
  admin: Session,
  name: string,
  more: Record<string, string> = {},
): Promise<number> {
  const answer = await admin.post(`${SCREEN};Subaction=SaveTokenConfig`, {
    TokenConfigTemplateFilename: 'google-mail',
    Name: name,
    ClientID: client.id,
    ClientSecret: client.secret,
    AuthorizationCodeRequestURL: `${lab.urls.provider}/auth`,
    TokenByAuthorizationCodeRequestURL: `${lab.urls.provider}/token`,
    TokenByRefreshTokenRequestURL: `${lab.urls.provider}/token`,
    Scope: 'openid offline_access',
    ValidID: '1',
    PKCE: '1',
    ...more,
  });
  expect(answer.status, await answer.text()).to.equal(303);
  const [row] = await databaseRows(`SELECT id FROM oauth2_token_config WHERE name = '${name}'`);
  return Number(row?.[0]);
}

/** "Request new token". @returns the provider's address */
export async function begin(admin: Session, id: number): Promise<URL> {
  const answer = await admin.post(`${SCREEN};Subaction=RequestToken`, { ID: String(id) });
  expect(answer.status).to.equal(303);
  return new URL(answer.headers.get('location') ?? '');
}

/** One session for all configurations: the helpdesk limits the sessions of an agent (AgentSessionPerUserLimit). */
let owner: Promise<Session> | undefined;

/** A configuration with a token of the lab's provider, obtained by the whole flow. @returns its ID */
export async function grantedConfig(name: string): Promise<number> {
  owner ??= session(CREDENTIALS.admin);
  const admin = await owner;
  const id = await addConfig(admin, name);
  const back = await consent(await begin(admin, id));
  const answer = await fetch(back, {
    redirect: 'manual',
    headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
  });
  expect(answer.status).to.equal(303);
  return id;
}

/**
 * The lab runs no daemon. Where mail was fetched once, the sidecar would miss the next fetches after half an hour, on
 * the bar of every other test.
 */
export async function forgetFetches(): Promise<void> {
  await databaseRows('UPDATE oauth2_sidecar_mail_watch SET fetched_at = NULL');
}

/** Removes configurations again, with their tokens and the mail accounts that use them, because other tests count them. */
export async function removeConfigs(names: readonly string[]): Promise<void> {
  const list = names.map((name) => `'${name}'`).join(', ');
  const ids = `(SELECT id FROM oauth2_token_config WHERE name IN (${list}))`;
  await inOneTransaction([
    // A renewal that is on its way adds no token in between.
    `SELECT id FROM oauth2_token_config WHERE name IN (${list}) FOR UPDATE`,
    `DELETE FROM mail_account WHERE oauth2_token_config_id IN ${ids}`,
    `DELETE FROM oauth2_token WHERE token_config_id IN ${ids}`,
    `DELETE FROM oauth2_token_config WHERE name IN (${list})`,
  ]);
  await forgetFetches();
}

/** For tests that count rows, requests or boxes: nothing left by other tests stands beside theirs. */
export async function removeAllConfigs(): Promise<void> {
  await inOneTransaction([
    'SELECT id FROM oauth2_token_config FOR UPDATE',
    "UPDATE mail_account SET authentication_type = 'password', oauth2_token_config_id = NULL",
    'DELETE FROM oauth2_token',
    'DELETE FROM oauth2_token_config',
  ]);
  await forgetFetches();
}
