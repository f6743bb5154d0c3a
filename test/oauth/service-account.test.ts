import type { KeyObject } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { jwtVerify } from 'jose';
import { JWT_BEARER } from '../../plugin/domain/configuration/service-account.js';
import { explainFailure } from '../../plugin/domain/provider/explain-provider-error.js';
import { ProviderError } from '../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../plugin/errors.js';
import { inEnglish } from '../../plugin/lib/phrase.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createServiceAccountFiles } from '../../plugin/oauth/service-account-files.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { requestToken } from '../../plugin/usecases/request-token.js';
import { LOOPBACK } from '../lab/loopback.js';
import { settingsReader } from '../support/samples.js';
import { ACCOUNT, CLIENT_ID, keyFile, serviceAccount } from '../support/service-account.js';
import { listen } from './hostile-server.js';

const MINUTE = 60_000;

describe('a service account of Google, judged by jose', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'service-account-test-'));
  const store = path.join(folder, 'service-accounts');
  const keys = createServiceAccountFiles({ folder: store, credentials: null });
  const file = keyFile();
  const bodies: URLSearchParams[] = [];
  let publicKey: KeyObject = file.publicKey;
  /** What the provider answers in place of a token. */
  let refusal: Record<string, string> | null = null;
  let server: Server;
  let url: string;
  let key: string;

  /** As developers.google.com/identity/protocols/oauth2/service-account describes it, read on 2026-11-29. */
  async function judge(body: URLSearchParams): Promise<[number, object]> {
    bodies.push(body);
    if (refusal) return [400, refusal];
    if (body.get('grant_type') !== JWT_BEARER) return [400, { error: 'unsupported_grant_type' }];
    const options = { algorithms: ['RS256'], audience: url, issuer: ACCOUNT };
    try {
      const { payload } = await jwtVerify(body.get('assertion') ?? '', publicKey, options);
      const [now, { iat = 0, exp = 0 }] = [Date.now() / 1000, payload];
      if (exp - iat > 3600 || iat > now) throw Object.assign(new Error(), { code: 'ERR_JWT_EXPIRED' });
      return [200, { access_token: `token of ${payload.sub} for ${payload.scope}`, expires_in: 3599 }];
    } catch (error) {
      const isTime = (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
      const error_description = isTime
        ? 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.'
        : 'Invalid JWT Signature.';
      return [400, { error: 'invalid_grant', error_description }];
    }
  }

  before(async () => {
    ({ key } = await keys.take(file.content));
    server = createServer(async (request, response) => {
      const chunks = await request.toArray();
      const [status, answer] = await judge(new URLSearchParams(Buffer.concat(chunks).toString()));
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
    url = `http://127.0.0.1:${await listen(server)}/token`;
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    bodies.splice(0);
    refusal = null;
    publicKey = file.publicKey;
  });

  const get = async (options: Record<string, string> = {}, ahead = 0) => {
    const clock = () => new Date(Date.now() + ahead);
    const endpoint = createTokenEndpoint({
      addresses: addressRules(LOOPBACK),
      settings: settingsReader(),
      clock,
      serviceAccountKeys: keys,
    });
    const named = { Account: ACCOUNT, KeyID: 'key-of-google-1', Key: key, ...options };
    const { accessToken } = await requestToken(
      { endpoint, clock },
      serviceAccount(named, url),
      'TokenByClientCredentials',
      {},
    );
    return accessToken;
  };
  const causeOf = async (asked: Promise<unknown>) => {
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    const { failure } = error as ProviderError;
    for (const body of bodies)
      expect(JSON.stringify(failure)).to.not.include(body.get('assertion') ?? 'none');
    return [explainFailure(failure, 'app').id, failure.outcome];
  };
  const refused = async (content: Buffer) => {
    const error: unknown = await keys.take(content).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(SidecarError);
    const { code, details } = error as SidecarError;
    expect(code).to.equal('service-account-key-unusable');
    expect(JSON.stringify(details)).to.not.include('PRIVATE KEY');
    return details.map(inEnglish).join(' ');
  };

  it('gets a token of each mailbox with one key; the request contains grant type and assertion only', async () => {
    expect(await get()).to.equal('token of support@example.com for https://mail.google.com/');
    expect(await get({ Mailbox: 'sales@example.com' })).to.equal(
      'token of sales@example.com for https://mail.google.com/',
    );
    for (const body of bodies) expect([...body.keys()].sort()).to.deep.equal(['assertion', 'grant_type']);
    expect(new Set(bodies.map((body) => body.get('assertion'))).size).to.equal(2);
    const [header = ''] = (bodies[0]?.get('assertion') ?? '').split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).to.deep.equal({
      alg: 'RS256',
      typ: 'JWT',
      kid: 'key-of-google-1',
    });
  });

  it('is told that the clock of this machine is wrong when it is ten minutes ahead or an hour behind', async () => {
    expect(await causeOf(get({}, 10 * MINUTE))).to.deep.equal(['service-account-clock', 'refused']);
    expect(await causeOf(get({}, -60 * MINUTE))).to.deep.equal(['service-account-clock', 'refused']);
    expect(await get({}, -10 * MINUTE)).to.include('support@example.com');
  });

  it('is told which key, mailbox or delegation Google refuses', async () => {
    ({ publicKey } = keyFile());
    expect(await causeOf(get())).to.deep.equal(['service-account-key', 'client-rejected']);
    refusal = { error: 'invalid_grant', error_description: 'Invalid email or User ID' };
    expect(await causeOf(get())).to.deep.equal(['service-account-mailbox', 'refused']);
    refusal = {
      error: 'unauthorized_client',
      error_description:
        'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
    };
    expect(await causeOf(get())).to.deep.equal(['service-account-delegation', 'client-rejected']);
  });

  it('sends nothing without a key on this machine or without a mailbox', async () => {
    expect(await causeOf(get({ Key: 'A'.repeat(43) }))).to.deep.equal([
      'service-account-key-missing',
      'client-rejected',
    ]);
    expect(await causeOf(get({ Key: '../../etc/passwd' }))).to.deep.equal([
      'service-account-key-missing',
      'client-rejected',
    ]);
    const error = await get({ Mailbox: '' }).catch((thrown: unknown) => thrown);
    expect((error as ProviderError).failure.description).to.equal(
      'The token configuration names no mailbox.',
    );
    expect(bodies).to.deep.equal([]);
  });

  it('keeps the key alone, as PEM in a file of mode 0600', () => {
    expect(readdirSync(store)).to.deep.equal([`${key}.pem`]);
    const text = readFileSync(path.join(store, `${key}.pem`), 'utf8');
    expect(text).to.match(/^-----BEGIN PRIVATE KEY-----\n[\s\S]*-----END PRIVATE KEY-----\n$/);
    expect(statSync(path.join(store, `${key}.pem`)).mode & 0o777).to.equal(0o600);
    expect(statSync(store).mode & 0o777).to.equal(0o700);
  });

  it('takes no file of another Google product, and none that is damaged', async () => {
    const client = JSON.stringify({ web: { client_id: 'x', client_secret: 'y' } });
    expect(await refused(Buffer.from(client))).to.include('file of an OAuth client');
    expect(await refused(keyFile({ type: 'authorized_user' }).content)).to.include('credentials of a person');
    expect(await refused(keyFile({ type: 'external_account' }).content)).to.include('another Google product');
    expect(await refused(keyFile({ client_id: 'x' }).content)).to.include(
      '"client_id" in the file is not valid',
    );
    expect(await refused(Buffer.from('{"project_info":{"project_id":"a"}}'))).to.include(
      'another Google product',
    );
    expect(await refused(Buffer.from('-----BEGIN PRIVATE KEY-----'))).to.include('not the JSON file');
    expect(await refused(keyFile({ private_key: '-----BEGIN PRIVATE KEY-----\nAAAA' }).content)).to.include(
      'cannot be read',
    );
    expect(await refused(keyFile({ client_id: undefined }).content)).to.include('no "client_id"');
    expect(await refused(keyFile({ private_key_id: undefined }).content)).to.include('no "private_key_id"');
    expect(await refused(Buffer.alloc(65 * 1024, ' '))).to.include('larger than 64 KB');
    expect(readdirSync(store)).to.deep.equal([`${key}.pem`]);
  });

  it('reads from the file what the configuration and the administrator need', async () => {
    const { key: thumbprint, ...facts } = await keys.inspect(file.content);
    expect(thumbprint).to.equal(key);
    expect(facts).to.deep.equal({ keyId: 'key-of-google-1', account: ACCOUNT, clientId: CLIENT_ID });
  });
});
