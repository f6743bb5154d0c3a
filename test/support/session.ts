import { databaseRows } from './database.js';
import { lab } from './instance.js';

/** A session of the helpdesk, used over HTTP instead of with a browser: pages come as they read. */
export interface Session {
  id: string;
  challengeToken: string;
  /** GET of a query behind index.pl; redirects are not followed. */
  get(query: string, headers?: Record<string, string>): Promise<Response>;
  /** POST of a form, with the challenge token unless the fields bring one. */
  post(query: string, fields: Record<string, string>): Promise<Response>;
}

/** What plugin/web/breaks.ts puts between the parts of a long name, and around the options of commands. */
const BREAKS = /<wbr>|<span class="OAuth2Whole">(.*?)<\/span>/g;

/** A page as it reads: without the places where long names may break. */
export async function asRead(answering: Promise<Response>): Promise<Response> {
  const answer = await whole(answering);
  if (!answer.body || !answer.headers.get('Content-Type')?.startsWith('text/html')) return answer;
  const { status, headers, url } = answer;
  const text = (await answer.text()).replaceAll(BREAKS, '$1');
  return Object.defineProperty(new Response(text, { status, headers }), 'url', { value: url });
}

/**
 * An answer whose body has arrived. The web server closes a connection that is idle for two seconds, which would cut
 * off a body that nobody has read yet.
 */
async function whole(answering: Promise<Response>): Promise<Response> {
  const answer = await answering;
  const body = await answer.arrayBuffer();
  const { status, headers, url } = answer;
  const copy = new Response(status === 204 || status === 304 ? null : body, { status, headers });
  return Object.defineProperty(copy, 'url', { value: url });
}

/** Logs in at the real helpdesk. @param url another way to index.pl, such as a load balancer */
export async function session(
  { login, password }: { login: string; password: string },
  url = lab.urls.helpdesk,
): Promise<Session> {
  const form = new URLSearchParams({ Action: 'Login', User: login, Password: password });
  const answer = await fetch(url, { method: 'POST', body: form, redirect: 'manual' });
  const cookie = answer.headers.getSetCookie().find((text) => /^OTRSAgentInterface=[^;]{8}/.test(text));
  const id = /=([^;]+)/.exec(cookie ?? '')?.[1];
  if (!id) throw new Error(`The helpdesk did not log in ${login}`);
  const [row] = await databaseRows(
    `SELECT data_value FROM sessions WHERE session_id = '${id}' AND data_key = 'UserChallengeToken'`,
  );
  const challengeToken = row?.[0] ?? '';
  const headers = { Cookie: `OTRSAgentInterface=${id}` };
  return {
    id,
    challengeToken,
    get: (query, more = {}) =>
      asRead(fetch(`${url}?${query}`, { headers: { ...headers, ...more }, redirect: 'manual' })),
    post: (query, fields) =>
      asRead(
        fetch(`${url}?${query}`, {
          method: 'POST',
          headers,
          body: new URLSearchParams({ ChallengeToken: challengeToken, ...fields }),
          redirect: 'manual',
        }),
      ),
  };
}
