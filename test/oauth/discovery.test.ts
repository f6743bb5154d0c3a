import { expect } from 'chai';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createProviderDocuments } from '../../plugin/oauth/provider-documents.js';
import { LOOPBACK } from '../lab/loopback.js';
import { settingsReader } from '../support/samples.js';
import { type HostileServer, hostileServer, html, json } from './hostile-server.js';
import { startProvider } from './oidc.js';

const documents = createProviderDocuments({
  settings: settingsReader({ 'WebUserAgent::Timeout': '1' }),
  addresses: addressRules(LOOPBACK),
});
const OIDC = '/.well-known/openid-configuration';
const RFC8414 = '/.well-known/oauth-authorization-server';

describe('looking up a provider', () => {
  let server: HostileServer;
  let issuer: string;
  const metadata = (changes: Record<string, unknown> = {}) => ({
    issuer,
    authorization_endpoint: 'https://idp.example.org/auth',
    token_endpoint: 'https://idp.example.org/token',
    ...changes,
  });
  const asked = () => server.received.map(({ url }) => url);
  const reason = (given = issuer): Promise<string> =>
    documents.discover(given).then(
      () => 'found',
      (error: { code?: string; detail?: string }) => `${error.code}: ${error.detail}`,
    );

  beforeEach(async () => {
    server = await hostileServer();
    issuer = new URL(server.url).origin;
  });
  afterEach(() => server.close());

  it('reads the metadata of a real provider', async () => {
    const provider = await startProvider();
    try {
      const found = await documents.discover(provider.issuer);
      expect(found).to.deep.include({
        issuer: provider.issuer,
        authorizationEndpoint: `${provider.issuer}/auth`,
        tokenEndpoint: `${provider.issuer}/token`,
        userInfoEndpoint: `${provider.issuer}/me`,
        pkce: true,
        namesIssuer: true,
        secretInBody: true,
      });
      expect(found.scopes).to.include.members(['openid', 'offline_access', 'mail']);
    } finally {
      await provider.close();
    }
  });

  it("asks by OpenID Connect Discovery first, then by RFC 8414, each with the issuer's path", async () => {
    issuer += '/realms/x';
    server.answer = (response, request) =>
      request.url?.startsWith(RFC8414) ? json(response, 200, metadata()) : html(response, 404);
    expect((await documents.discover(issuer)).tokenEndpoint).to.equal('https://idp.example.org/token');
    expect(asked()).to.deep.equal([`/realms/x${OIDC}`, `${RFC8414}/realms/x`]);
    expect(server.received[0]).to.deep.include({ method: 'GET', body: '' });
    expect(server.received[0]?.headers)
      .to.include({ accept: 'application/json' })
      .and.not.have.property('cookie');
  });

  it('finds out whether Microsoft knows a tenant and where it is; no answer in time means nothing', async () => {
    const tenant = () => documents.microsoftCloud(`${issuer}/contoso.com/v2.0`);
    server.answer = (response) =>
      json(response, 200, metadata({ cloud_instance_name: 'microsoftonline.us' }));
    expect(await tenant()).to.equal('microsoftonline.us');
    expect(asked()).to.deep.equal([`/contoso.com/v2.0${OIDC}`]);
    server.answer = (response) => json(response, 400, { error: 'invalid_tenant' });
    expect(await tenant()).to.equal('unknown');
    for (const [status, body] of [
      [500, {}],
      [200, metadata()],
      [200, metadata({ cloud_instance_name: '"><b>' })],
    ] as const) {
      server.answer = (response) => json(response, status, body);
      expect(await tenant()).to.equal(null);
    }
    server.answer = () => {};
    expect(await tenant()).to.equal(null);
  });

  it('treats what the metadata do not say as unknown', async () => {
    server.answer = (response) => json(response, 200, metadata());
    expect(await documents.discover(issuer)).to.deep.include({
      userInfoEndpoint: null,
      scopes: null,
      pkce: null,
      namesIssuer: false,
      secretInBody: null,
    });
    server.answer = (response) =>
      json(
        response,
        200,
        metadata({
          code_challenge_methods_supported: ['plain'],
          token_endpoint_auth_methods_supported: ['client_secret_basic'],
        }),
      );
    expect(await documents.discover(issuer)).to.deep.include({ pkce: false, secretInBody: false });
  });

  it('compares the issuer exactly and says which name the provider gives itself', async () => {
    server.answer = (response) => json(response, 200, metadata({ issuer: `${issuer}/` }));
    expect(await reason()).to.contain(`discovery-failed: The provider identifies itself as "${issuer}/".`);
    server.answer = (response) => json(response, 200, metadata({ issuer: 'https://a.example\n\u202e"><b>' }));
    expect(await reason()).to.contain('identifies itself as "https://a.example "><b>".');
  });

  for (const [name, value] of [
    ['authorization_endpoint', 'http://idp.example.org/auth'],
    ['authorization_endpoint', undefined],
    ['token_endpoint', 'javascript:alert(1)'],
    ['token_endpoint', 'https://user:pw@idp.example.org/token'],
    ['token_endpoint', 'https://169.254.169.254/token'],
    ['token_endpoint', ['https://idp.example.org/token']],
    ['userinfo_endpoint', 'ftp://idp.example.org/'],
  ] as const)
    it(`refuses ${name} ${JSON.stringify(value)}`, async () => {
      server.answer = (response) => json(response, 200, metadata({ [name]: value }));
      expect(await reason()).to.contain(`In the provider's metadata, "${name}" is missing or does not begin`);
    });

  for (const [what, answer, words] of [
    ['a redirect', (r) => html(r, 302, { location: '/elsewhere' }), 'the sidecar does not follow redirects'],
    ['HTML', (r) => html(r, 200), 'not a JSON object'],
    ['a list', (r) => json(r, 200, []), 'not a JSON object'],
    ['no document at all', (r) => html(r, 404), 'No metadata was found'],
    ['a fault of its own', (r) => html(r, 500), 'No metadata was found'],
    ['silence', () => undefined, 'did not respond in time'],
    ['a torrent', (r) => r.end('x'.repeat(300 * 1024)), 'larger than 256 KB'],
    ['a reset', (r) => r.destroy(), 'cannot be reached'],
  ] as [string, HostileServer['answer'], string][])
    it(`explains ${what}`, async () => {
      server.answer = answer;
      expect(await reason()).to.contain(words);
      expect(asked()).not.to.include('/elsewhere');
    });

  for (const [given, words] of [
    ['', 'begins with https://'],
    ['login.example.com', 'begins with https://'],
    ['http://login.example.com', 'begins with https://'],
    ['http://10.0.0.1', 'begins with https://'],
    ['ftp://login.example.com', 'begins with https://'],
    ['file:///etc/passwd', 'begins with https://'],
    ['https://user:pw@login.example.com', 'begins with https://'],
    ['https://login.example.com?x=1', 'begins with https://'],
    ['https://login.example.com#x', 'begins with https://'],
    ['https://169.254.169.254', 'the sidecar does not contact it'],
    ['https://2852039166', 'the sidecar does not contact it'],
    ['https://[::ffff:169.254.169.254]', 'the sidecar does not contact it'],
    ['https://[64:ff9b::169.254.169.254]', 'the sidecar does not contact it'],
    ['https://[fe80::1]', 'the sidecar does not contact it'],
    ['https://0.0.0.0', 'the sidecar does not contact it'],
    ['https://metadata.google.internal', 'the sidecar does not contact it'],
  ] as const)
    it(`sends no request to ${given || 'an empty address'}`, async () => {
      expect(await reason(given)).to.contain(words);
    });

  it('asks the user info endpoint with the token, and treats any fault as no answer', async () => {
    server.answer = (response) => json(response, 200, { sub: 'a', email: 'b' });
    expect(await documents.userInfo(`${issuer}/me`, 'token-1')).to.deep.equal({ sub: 'a', email: 'b' });
    expect(server.received[0]?.headers.authorization).to.equal('Bearer token-1');
    server.answer = (response) => html(response, 302, { location: '/elsewhere' });
    expect(await documents.userInfo(`${issuer}/me`, 'token-1')).to.equal(null);
    expect(await documents.userInfo('http://idp.example.org/me', 'token-1')).to.equal(null);
    expect(await documents.userInfo('not an address', 'token-1')).to.equal(null);
    expect(asked()).to.deep.equal(['/me', '/me']);
  });
});
