import { CREDENTIALS } from '../lab/instance.js';
import { databaseRows } from './database.js';
import { lab } from './instance.js';

/** The content of the helpdesk's row; what is not there is empty. */
export async function storedToken(id: number) {
  const [row] = await databaseRows(
    `SELECT COALESCE(token, ''), COALESCE(refresh_token, ''), COALESCE(error_message, '')
     FROM oauth2_token WHERE token_config_id = ${id}`,
  );
  return { token: row?.[0] ?? '', refreshToken: row?.[1] ?? '', error: row?.[2] };
}

/** Turns the access token into one that was received an hour ago and ends in this many seconds. */
export const endsIn = (id: number, seconds: number) =>
  databaseRows(`UPDATE oauth2_token SET change_time = UTC_TIMESTAMP() - INTERVAL 1 HOUR,
    token_expiration_date = UTC_TIMESTAMP() + INTERVAL ${seconds} SECOND WHERE token_config_id = ${id}`);

/** Asks the provider itself, which accepts a refresh token once: a second use would revoke the whole family. */
export async function stillWorks(refreshToken: string): Promise<boolean> {
  const { id, secret } = CREDENTIALS.client;
  const form = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: id,
    client_secret: secret,
  };
  const answer = await fetch(`${lab.urls.provider}/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return answer.ok;
}

/** Asks the provider about an access token (RFC 7662). */
export async function isActive(token: string): Promise<boolean> {
  const { id, secret } = CREDENTIALS.client;
  const answer = await fetch(`${lab.urls.provider}/token/introspection`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ token }),
  });
  return ((await answer.json()) as { active: boolean }).active;
}
