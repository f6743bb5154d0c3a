import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import Provider from 'oidc-provider';
import type { CertificateFacts } from '../../plugin/domain/provider/client-keys.js';
import { ProviderError } from '../../plugin/domain/provider/provider-error.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { ASSERTION_TYPE } from '../../plugin/oauth/client-assertion.js';
import { createKeyFiles } from '../../plugin/oauth/key-files.js';
import { createRevocationEndpoint } from '../../plugin/oauth/revocation-endpoint.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { LOOPBACK } from '../lab/loopback.js';
import { settingsReader } from '../support/samples.js';
import { listen } from './hostile-server.js';

const CLIENT = 'helpdesk-with-a-certificate';
const SECRET = 'secret-of-the-same-client';
const MINUTE = 60_000;

describe('a client that proves its identity by a certificate, judged by a certified provider', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'assertion-test-'));
  const keys = createKeyFiles({ folder: path.join(folder, 'certificates'), credentials: null });
  let server: Server;
  let issuer: string;
  let provider: Provider;
  let known: CertificateFacts;
  let unknown: CertificateFacts;
  const bodies: URLSearchParams[] = [];

  before(async () => {
    [known, unknown] = await Promise.all([keys.create(30), keys.create(30)]);
    let handler: ReturnType<Provider['callback']> = async () => undefined;
    server = createServer((request, response) => void handler(request, response));
    issuer = `http://127.0.0.1:${await listen(server)}`;
    const jwk = new X509Certificate(known.pem).publicKey.export({ format: 'jwk' });
    const client = {
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
      scope: 'mail',
    };
    provider = new Provider(issuer, {
      clients: [
        {
          ...client,
          client_id: CLIENT,
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: 'PS256',
          jwks: { keys: [jwk as never] },
        },
        {
          ...client,
          client_id: 'by-secret',
          client_secret: SECRET,
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        revocation: { enabled: true },
      },
      scopes: ['mail'],
    });
    provider.use(async (ctx, next) => {
      await next();
      bodies.push(new URLSearchParams((ctx.oidc?.body ?? {}) as Record<string, string>));
    });
    handler = provider.callback();
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    bodies.splice(0);
  });

  const depsOf = (ahead = 0) => ({
    addresses: addressRules(LOOPBACK),
    settings: settingsReader(),
    clock: () => new Date(Date.now() + ahead),
    keys,
  });
  const names = { idParameter: 'client_id', secretParameter: 'client_secret' };
  const post = (certificates: string[], { ahead = 0, id = CLIENT, secret = '' } = {}) =>
    createTokenEndpoint(depsOf(ahead)).post({
      url: `${issuer}/token`,
      parameters: { grant_type: 'client_credentials', scope: 'mail' },
      client: { ...names, id, secret, certificates },
      secrets: [secret],
    });
  const failureOf = async (asked: Promise<unknown>) => {
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    const { failure } = error as ProviderError;
    for (const body of bodies)
      expect(JSON.stringify(failure)).to.not.include(body.get('client_assertion') ?? 'none');
    return [failure.outcome, failure.error];
  };
  /** Posts an assertion as it is. */
  const raw = async (assertion: string) => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'mail',
      client_id: CLIENT,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    });
    const answer = await fetch(`${issuer}/token`, { method: 'POST', body });
    return [answer.status, ((await answer.json()) as { error?: string }).error];
  };
  const sign = (changes: { audience?: string; now?: Date } = {}) =>
    keys.sign(known.thumbprint, {
      clientId: CLIENT,
      audience: `${issuer}/token`,
      now: new Date(),
      ...changes,
    });

  it('gets a token by an assertion with PS256 and x5t#S256, and sends no secret', async () => {
    const answer = await post([known.thumbprint], { secret: SECRET });
    expect(answer.token_type).to.equal('Bearer');
    const [body] = bodies;
    expect(body?.get('client_id')).to.equal(CLIENT);
    expect(body?.has('client_secret')).to.equal(false);
    const [header = '', claims = ''] = (body?.get('client_assertion') ?? '').split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    expect(read(header)).to.deep.equal({ alg: 'PS256', typ: 'JWT', 'x5t#S256': known.thumbprint });
    const { iss, sub, aud, exp, iat } = read(claims);
    expect([iss, sub, aud, exp - iat]).to.deep.equal([CLIENT, CLIENT, `${issuer}/token`, 300]);
  });

  it('is refused with a key that the provider does not know, an audience of others, and when it is too old', async () => {
    expect(await failureOf(post([unknown.thumbprint]))).to.deep.equal(['client-rejected', 'invalid_client']);
    expect(await raw(await sign({ audience: 'https://elsewhere.example/token' }))).to.deep.equal([
      401,
      'invalid_client',
    ]);
    expect(await raw(await sign({ now: new Date(Date.now() - 10 * MINUTE) }))).to.deep.equal([
      401,
      'invalid_client',
    ]);
    expect(await failureOf(post([known.thumbprint], { ahead: -10 * MINUTE }))).to.deep.equal([
      'client-rejected',
      'invalid_client',
    ]);
  });

  it('is refused when an assertion is sent a second time, so each request signs its own', async () => {
    const assertion = await sign();
    expect(await raw(assertion)).to.deep.equal([200, undefined]);
    expect(await raw(assertion)).to.deep.equal([401, 'invalid_client']);
    await post([known.thumbprint]);
    await post([known.thumbprint]);
  });

  it('tries the newest first and falls back to the next, and to the secret, without a gap', async () => {
    expect((await post([unknown.thumbprint, known.thumbprint])).token_type).to.equal('Bearer');
    expect(bodies).to.have.length(2);
    const bySecret = await post([unknown.thumbprint], { id: 'by-secret', secret: SECRET });
    expect(bySecret.token_type).to.equal('Bearer');
    expect(bodies.at(-1)?.get('client_secret')).to.equal(SECRET);
    expect(bodies.at(-1)?.has('client_assertion')).to.equal(false);
  });

  it('needs the key on this machine: a missing one is skipped where another way remains, else named', async () => {
    const missing = 'A'.repeat(43);
    expect(await failureOf(post([missing]))).to.deep.equal(['client-rejected', 'certificate_missing']);
    expect((await post([missing, known.thumbprint])).token_type).to.equal('Bearer');
    expect(bodies).to.have.length(1);
  });

  it('is not rejected as long as this machine cannot try each of its ways', async () => {
    const missing = 'A'.repeat(43);
    const asked = post([missing, unknown.thumbprint], { id: 'by-secret', secret: 'a-wrong-secret' });
    expect(await failureOf(asked)).to.deep.equal(['client-rejected', 'certificate_missing']);
    expect(bodies).to.have.length(2);
  });

  it('does not try another way after a rejection in the place of an answer that may be lost', async () => {
    let requests = 0;
    const gateway = createServer((_request, response) => {
      requests++;
      response.writeHead(502, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: 'invalid_client' }));
    });
    const origin = `http://127.0.0.1:${await listen(gateway)}`;
    const asked = createTokenEndpoint({
      addresses: addressRules(LOOPBACK),
      settings: settingsReader(),
      clock: () => new Date(),
      keys,
    }).post({
      url: `${origin}/token`,
      parameters: { grant_type: 'refresh_token', refresh_token: 'used-once' },
      client: {
        id: CLIENT,
        secret: SECRET,
        idParameter: 'client_id',
        secretParameter: 'client_secret',
        certificates: [known.thumbprint],
      },
      secrets: [],
    });
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    gateway.close();
    expect((error as ProviderError).failure).to.include({ outcome: 'client-rejected', lost: 'gateway' });
    expect(requests).to.equal(1);
  });

  it('does not try another way after a refusal that is not about the client', async () => {
    const failure = await failureOf(
      createTokenEndpoint({
        addresses: addressRules(LOOPBACK),
        settings: settingsReader(),
        clock: () => new Date(),
        keys,
      }).post({
        url: `${issuer}/token`,
        parameters: { grant_type: 'unknown-grant' },
        client: {
          id: CLIENT,
          secret: '',
          idParameter: 'client_id',
          secretParameter: 'client_secret',
          certificates: [known.thumbprint, unknown.thumbprint],
        },
        secrets: [],
      }),
    );
    expect(failure).to.deep.equal(['refused', 'unsupported_grant_type']);
    expect(bodies).to.have.length(1);
  });

  it('revokes a token by an assertion for the token endpoint, the newest certificate first; nobody else can', async () => {
    const { access_token } = await post([known.thumbprint]);
    const token = String(access_token);
    const revoke = (certificates: string[]) =>
      createRevocationEndpoint(depsOf()).revoke({
        url: `${issuer}/token/revocation`,
        audience: `${issuer}/token`,
        parameters: { token, token_type_hint: 'access_token' },
        client: { ...names, id: CLIENT, secret: '', certificates },
        secrets: [token],
      });
    expect(await failureOf(revoke([unknown.thumbprint]))).to.deep.equal([
      'client-rejected',
      'invalid_client',
    ]);
    expect(await provider.ClientCredentials.find(token)).to.not.equal(undefined);
    bodies.splice(0);
    await revoke([unknown.thumbprint, known.thumbprint]);
    expect(await provider.ClientCredentials.find(token)).to.equal(undefined);
    expect(bodies.map((body) => body.get('client_assertion_type'))).to.deep.equal([
      ASSERTION_TYPE,
      ASSERTION_TYPE,
    ]);
    for (const body of bodies) expect(body.has('client_secret')).to.equal(false);
  });
});
