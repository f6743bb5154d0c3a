import { createServer, type Server } from 'node:http';
import Provider from 'oidc-provider';
import { listen } from './hostile-server.js';

export const CLIENT = { id: 'helpdesk', secret: 'client-secret-of-the-helpdesk' };
const REDIRECT = 'https://helpdesk.example.org/otrs/get-oauth2-token-by-authorization-code.pl';

export interface RunningProvider {
  issuer: string;
  /** Requests to the token endpoint, in order: status of the answer. */
  tokenRequests: number[];
  /** Goes the browser's way from an authorization address through sign-in and consent to the callback's parameters. */
  consent(url: string, decision?: 'agree' | 'decline'): Promise<URLSearchParams>;
  /** Ends every grant, as a user who withdraws the consent does. */
  revokeAll(): Promise<void>;
  close(): Promise<void>;
}

/** A certified OpenID provider on a free loopback port: it rotates refresh tokens, revokes on reuse and requires PKCE. */
export async function startProvider(): Promise<RunningProvider> {
  let handler: (...given: Parameters<ReturnType<Provider['callback']>>) => unknown = () => undefined;
  const server: Server = createServer((request, response) => void handler(request, response));
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const grants = new Set<string>();
  const tokenRequests: number[] = [];
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [REDIRECT],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    cookies: { keys: ['for this test only'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async () => true,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access', 'mail'],
    ttl: { AccessToken: 300, RefreshToken: 86_400, Grant: 86_400, Session: 3600, Interaction: 600 },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/token') tokenRequests.push(ctx.status);
  });
  const callback = provider.callback();

  /** Signs in and answers the consent page; `decline` in the cookie stands for the button. */
  handler = async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response);
    const { prompt, session, params } = await provider.interactionDetails(request, response);
    if (request.headers.cookie?.includes('decision=decline')) {
      const refusal = { error: 'access_denied', error_description: 'The owner declined' };
      return provider.interactionFinished(request, response, refusal, { mergeWithLastSubmission: false });
    }
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId: 'owner' } });
    const grant = new provider.Grant({
      accountId: session?.accountId ?? '',
      clientId: String(params.client_id),
    });
    grant.addOIDCScope('openid offline_access mail');
    const grantId = await grant.save();
    grants.add(grantId);
    return provider.interactionFinished(request, response, { consent: { grantId } });
  };

  async function consent(url: string, decision: 'agree' | 'decline' = 'agree'): Promise<URLSearchParams> {
    const cookies = new Map<string, string>([['decision', decision]]);
    let next = url;
    for (let step = 0; step < 12; step++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
      await response.body?.cancel();
      for (const set of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (!location) throw new Error(`No redirect but ${response.status} at ${new URL(next).pathname}`);
      if (location.startsWith(REDIRECT)) return new URL(location).searchParams;
      next = new URL(location, next).href;
    }
    throw new Error('The provider never came back');
  }

  return {
    issuer,
    tokenRequests,
    consent,
    async revokeAll() {
      for (const grantId of grants) {
        await provider.RefreshToken.revokeByGrantId(grantId);
        await (await provider.Grant.find(grantId))?.destroy();
      }
      grants.clear();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
