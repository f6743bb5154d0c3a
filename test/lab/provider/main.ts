import { createServer } from 'node:http';
import Provider, { interactionPolicy } from 'oidc-provider';
import { consentPage } from './consent-page.js';
import { control, controlRoutes, tokenFailures } from './control.js';
import { addJwtBearer } from './jwt-bearer.js';
import { load, MapAdapter, save } from './store.js';

/** The lab's OpenID provider: consent screen, strict rotation of refresh tokens, short lifetimes. */
const [port = '', client = '', secret = '', redirectUris = '', stateFile = '', mailbox = ''] =
  process.argv.slice(2);

load(stateFile);

const policy = interactionPolicy.base();
// Microsoft's prompt, which the standard defines too (OpenID Connect Core §3.1.2.1).
policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);

const MICROSOFT = ['IMAP.AccessAsUser.All', 'POP.AccessAsUser.All', 'SMTP.Send'];

const provider = new Provider(`http://localhost:${port}`, {
  adapter: MapAdapter,
  clients: [
    {
      client_id: client,
      client_secret: secret,
      redirect_uris: redirectUris.split(' '),
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
      introspection_endpoint_auth_method: 'client_secret_basic',
    } as never,
  ],
  scopes: ['openid', 'offline_access', ...MICROSOFT.map((name) => `https://outlook.office.com/${name}`)],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: false },
  },
  ttl: {
    AccessToken: () => control.accessTokenSeconds,
    ClientCredentials: () => control.accessTokenSeconds,
    RefreshToken: 90 * 86_400,
    Grant: 90 * 86_400,
    Session: 86_400,
    Interaction: 3600,
    AuthorizationCode: 60,
    IdToken: 3600,
  },
  pkce: { required: () => false },
  rotateRefreshToken: () => control.rotate,
  issueRefreshToken: async () => true,
  cookies: { keys: ['lab'] },
  interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  claims: { openid: ['sub'], email: ['email'], profile: ['preferred_username'] },
  // As at Google and Microsoft: the claims that the scopes name are in the ID token itself.
  conformIdTokenClaims: false,
  findAccount: async (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, email: id, preferred_username: id }),
  }),
});

addJwtBearer(provider, `http://localhost:${port}/token`);

provider.use(controlRoutes);
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { uid, params } = await provider.interactionDetails(ctx.req, ctx.res);
  const scope = String(params.scope ?? '');
  if (ctx.method !== 'POST') {
    ctx.type = 'html';
    ctx.body = consentPage(uid, scope, mailbox);
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  if (form.get('answer') === 'deny') {
    const refusal = { error: 'access_denied', error_description: 'The owner of the mailbox declined.' };
    return provider.interactionFinished(ctx.req, ctx.res, refusal, { mergeWithLastSubmission: false });
  }
  const accountId = form.get('account') ?? mailbox;
  const grant = new provider.Grant({ accountId, clientId: client });
  grant.addOIDCScope(scope);
  const result = { login: { accountId }, consent: { grantId: await grant.save() }, select_account: {} };
  return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
});
provider.use(tokenFailures);

const server = createServer(provider.callback()).listen(Number(port), '127.0.0.1');

process.on('SIGTERM', () => {
  save(stateFile);
  server.closeAllConnections();
  server.close();
  process.exit(0);
});
