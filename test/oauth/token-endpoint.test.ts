import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { expect } from 'chai';
import { NotSent, ProviderError } from '../../plugin/domain/provider/provider-error.js';
import type { TokenRequest } from '../../plugin/domain/provider/token-endpoint.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { LOOPBACK } from '../lab/loopback.js';
import { freePort } from '../lab/ports.js';
import { fixedClock } from '../support/fixed-clock.js';
import { settingsReader } from '../support/samples.js';
import { type HostileServer, hostileServer, html, json, listen } from './hostile-server.js';

const SECRETS = ['secret-of-client-1', 'refresh-token-0815', 'verifier-4711'];

describe('the token endpoint over HTTP', () => {
  let server: HostileServer;
  before(async () => {
    server = await hostileServer();
  });
  after(() => server.close());
  beforeEach(() => {
    server.received.splice(0);
  });

  const request = (changes: Partial<TokenRequest> = {}): TokenRequest => ({
    url: server.url,
    parameters: { grant_type: 'refresh_token', refresh_token: 'refresh-token-0815', scope: 'a b' },
    client: {
      id: 'client-1',
      secret: 'secret-of-client-1',
      idParameter: 'client_id',
      secretParameter: 'client_secret',
    },
    secrets: SECRETS,
    ...changes,
  });
  const post = (changes: Partial<TokenRequest> = {}, settings: Record<string, unknown> = {}) =>
    createTokenEndpoint({
      addresses: addressRules(LOOPBACK),
      settings: settingsReader({ 'WebUserAgent::Timeout': 1, ...settings }),
      clock: fixedClock(),
    }).post(request(changes));
  async function failure(answer: (response: ServerResponse) => void) {
    server.answer = answer;
    const error: unknown = await post().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ProviderError);
    const texts = JSON.stringify([(error as Error).message, (error as ProviderError).failure]);
    for (const secret of SECRETS) expect(texts).not.to.include(secret);
    return (error as ProviderError).failure;
  }

  it('posts a form with the client in the body and no Authorization header', async () => {
    server.answer = (response) => json(response, 200, { access_token: 'a', extra: [1] });
    expect(await post()).to.deep.equal({ access_token: 'a', extra: [1] });
    const [received] = server.received;
    expect(received).to.include({ method: 'POST', url: '/token' });
    expect(received?.headers).to.include({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    });
    expect(received?.headers).not.to.have.property('authorization');
    expect(Object.fromEntries(new URLSearchParams(received?.body))).to.deep.equal({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-token-0815',
      scope: 'a b',
      client_id: 'client-1',
      client_secret: 'secret-of-client-1',
    });
  });

  it("accepts unusual parameter names, and a query in the endpoint's address", async () => {
    server.answer = (response) => json(response, 200, { access_token: 'a' });
    await post({
      url: `${server.url}?tenant=x`,
      parameters: { grant_type: 'refresh_token', rt: 'r&=é' },
      client: { id: 'i', secret: 's', idParameter: 'appid', secretParameter: 'app_key' },
    });
    expect(server.received[0]?.url).to.equal('/token?tenant=x');
    expect(Object.fromEntries(new URLSearchParams(server.received[0]?.body))).to.deep.equal({
      grant_type: 'refresh_token',
      rt: 'r&=é',
      appid: 'i',
      app_key: 's',
    });
  });

  it('adds no refresh token of its own to an answer without one', async () => {
    server.answer = (response) => json(response, 200, { access_token: 'a' });
    expect(await post()).not.to.have.property('refresh_token');
  });

  it('recognises a refusal, and removes what we sent from its text', async () => {
    const refused = await failure((response) =>
      json(response, 400, {
        error: 'invalid_grant',
        error_description: 'AADSTS70000: token refresh-token-0815\r\nis bad',
        error_codes: [70000, 50173],
      }),
    );
    expect(refused).to.deep.equal({
      outcome: 'grant-dead',
      error: 'invalid_grant',
      description: 'AADSTS70000: token [hidden] is bad',
      status: 400,
      retryAfter: null,
      codes: '70000, 50173',
    });
  });

  it("limits the length of the provider's text", async () => {
    const long = await failure((response) =>
      json(response, 400, { error: 'invalid_scope', error_description: 'x'.repeat(5000) }),
    );
    expect(long.outcome).to.equal('refused');
    expect(long.description).to.have.length(500);
  });

  for (const [what, status, body, outcome, error] of [
    ['a rejected client', 401, { error: 'invalid_client' }, 'client-rejected', 'invalid_client'],
    ['an error with 200', 200, { error: 'invalid_grant' }, 'grant-dead', 'invalid_grant'],
    ['500 with JSON', 500, { error: 'server_error' }, 'transient', 'server_error'],
    ['503 without words', 503, {}, 'transient', 'http_503'],
    ['400 with an object as error', 400, { error: { code: 1 } }, 'invalid-answer', 'invalid_answer'],
    ['404 with JSON', 404, {}, 'invalid-answer', 'invalid_answer'],
    ['an array as error answer', 400, [], 'invalid-answer', 'invalid_answer'],
  ] as const)
    it(`reports ${outcome} for ${what}`, async () => {
      expect(await failure((response) => json(response, status, body))).to.include({ outcome, error });
    });

  it('reads Retry-After as seconds and as a date', async () => {
    const limited = (value: string) =>
      failure((response) => json(response, 429, {}, { 'retry-after': value }));
    expect(await limited('120')).to.include({ outcome: 'transient', error: 'http_429', retryAfter: 120 });
    expect((await limited('Tue, 24 Nov 2026 12:01:00 GMT')).retryAfter).to.equal(60);
    expect((await limited('Tue, 24 Nov 2020 12:01:00 GMT')).retryAfter).to.equal(0);
    expect((await limited('soon')).retryAfter).to.equal(null);
  });

  it('finds no token in HTML, in an empty answer or in text', async () => {
    const invalid = { outcome: 'invalid-answer', error: 'invalid_answer' };
    expect(await failure((response) => html(response, 200))).to.include(invalid);
    expect(await failure((response) => response.writeHead(200).end())).to.include(invalid);
    expect(await failure((response) => html(response, 404))).to.include(invalid);
    const broken = await failure((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token": "a"');
    });
    expect(broken).to.include(invalid);
  });

  for (const type of ['text/html', 'text/plain; charset=utf-8', 'text/javascript', 'nonsense', undefined])
    it(`reads JSON as the helpdesk does when its Content-Type is ${type ?? 'missing'}`, async () => {
      const send = (status: number, value: object) => (response: ServerResponse) =>
        response
          .writeHead(status, type === undefined ? {} : { 'content-type': type })
          .end(JSON.stringify(value));
      server.answer = send(200, { access_token: 'a', refresh_token: 'r' });
      expect(await post()).to.deep.equal({ access_token: 'a', refresh_token: 'r' });
      expect(await failure(send(400, { error: 'invalid_grant' }))).to.include({
        outcome: 'grant-dead',
        error: 'invalid_grant',
        status: 400,
      });
      expect(await failure(send(503, { error: 'temporarily_unavailable' }))).to.include({
        outcome: 'transient',
        error: 'temporarily_unavailable',
      });
    });

  for (const status of [301, 302, 307, 308])
    it(`follows no redirect: ${status}`, async () => {
      const redirected = await failure((response) => {
        response.writeHead(status, {
          location: `${server.url}/elsewhere`,
          'content-type': 'application/json',
        });
        response.end('{"access_token":"a"}');
      });
      expect(redirected).to.include({ outcome: 'invalid-answer' });
      expect(server.received.map(({ url }) => url)).to.deep.equal(['/token']);
    });

  it('reads no more than 1 MB', async () => {
    const large = await failure((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'x'.repeat(2 * 1024 * 1024) }));
    });
    expect(large.outcome).to.equal('invalid-answer');
  });

  for (const status of [500, 502, 503, 429])
    it(`treats an HTML page with ${status} as a temporary fault`, async () => {
      const gateway = await failure((response) => html(response, status, { 'retry-after': '9' }));
      expect(gateway).to.include({ outcome: 'transient', error: `http_${status}`, status, retryAfter: 9 });
    });

  for (const value of [null, [], 'text', 5])
    it(`finds no token in ${JSON.stringify(value)}`, async () => {
      server.answer = (response) => json(response, 200, value);
      const outcome = await post().catch((error: unknown) => (error as ProviderError).failure.outcome);
      // An array becomes an object without a token, which readAnswer refuses.
      expect(outcome).to.deep.equal(Array.isArray(value) ? {} : 'invalid-answer');
    });

  it('follows no 303 and accepts no token from it', async () => {
    const redirected = await failure((response) =>
      json(response, 303, { access_token: 'a' }, { location: `${server.url}/elsewhere` }),
    );
    expect(redirected.outcome).to.equal('invalid-answer');
  });

  it('stops waiting for an answer that does not end', async () => {
    const stalled = await failure((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"access_token":');
    });
    expect(stalled).to.include({ outcome: 'transient', error: 'timeout' });
  });

  it('sends no empty client parameters, and the grant type of a renewal', async () => {
    server.answer = (response) => json(response, 200, { access_token: 'a' });
    const client = { id: 'i', secret: '', idParameter: 'client_id', secretParameter: 'client_secret' };
    await post({ client });
    expect(Object.fromEntries(new URLSearchParams(server.received[0]?.body))).to.deep.equal({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-token-0815',
      scope: 'a b',
      client_id: 'i',
    });
  });

  it('says that a client secret cannot be sent, and sends nothing', async () => {
    const client = { id: 'i', secret: 'gehüm', idParameter: 'client_id', secretParameter: 'client_secret' };
    const thrown: unknown = await post({ client }).catch((error: unknown) => error);
    expect((thrown as ProviderError).failure.outcome).to.equal('refused');
    expect(server.received).to.have.length(0);
  });

  it('hides what we sent in its percent-encoded form as well, and direction marks', async () => {
    server.answer = (response) =>
      json(response, 400, {
        error: 'invalid_request\u202e',
        error_description: 'code=a%2Fb%2B1234\u2028\u202ex',
      });
    const thrown: unknown = await post({ secrets: ['a/b+1234'] }).catch((error: unknown) => error);
    expect((thrown as ProviderError).failure).to.include({
      error: 'invalid_request',
      description: 'code=[hidden] x',
    });
  });

  it('waits for an answer to begin for WebUserAgent::Timeout at most, and then closes the connection', async () => {
    let ended = Promise.resolve();
    const late = await failure((response) => {
      ended = new Promise((resolve) => response.once('close', resolve));
    });
    expect(late).to.include({ outcome: 'transient', error: 'timeout' });
    await ended;
  });

  it('keeps listening for the answer to a renewal once it is sent, and says when it is late', async () => {
    const late: number[] = [];
    server.answer = (response) =>
      void setTimeout(() => {
        late.push(0);
        json(response, 200, { access_token: 'late' });
      }, 1600);
    const sending = { check: () => undefined, listenMs: 4000, late: () => void late.push(1) };
    expect(await post({ sending })).to.deep.equal({ access_token: 'late' });
    expect(late).to.deep.equal([1, 0]);
    server.answer = () => undefined;
    const never: unknown = await post({ sending: { ...sending, listenMs: 1500 } }).catch((error) => error);
    expect((never as ProviderError).failure).to.include({ outcome: 'transient', error: 'timeout' });
  });

  it('gives up after the usual time where nothing could be sent yet', async () => {
    // Accepts the connection and never begins the handshake.
    const ended: Promise<unknown>[] = [];
    const silent = createTcpServer((socket) => {
      socket.on('error', () => undefined).resume();
      ended.push(once(socket, 'close'));
    });
    const port = await listen(silent as never);
    const late: number[] = [];
    const sending = { check: () => undefined, listenMs: 60_000, late: () => void late.push(1) };
    const url = `https://127.0.0.1:${port}/token`;
    const error: unknown = await post({ url, sending }).catch((thrown) => thrown);
    expect((error as ProviderError).failure).to.include({ outcome: 'transient', error: 'timeout' });
    expect(late).to.deep.equal([]);
    expect(ended, 'connections').to.have.length(1);
    // Not left open: it would cost a descriptor and could send the token when nobody waits for the answer.
    await Promise.all(ended);
    silent.close();
  });

  it('asks once more when the connection is open, and sends nothing where the answer is no', async () => {
    const asked: string[] = [];
    const check = () => {
      asked.push('asked');
      throw new NotSent('the lease may have ended');
    };
    const error: unknown = await post({ sending: { check, listenMs: 1000 } }).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(NotSent);
    expect([asked, server.received]).to.deep.equal([['asked'], []]);
    const closed = { url: 'http://127.0.0.1:1/token', sending: { check, listenMs: 1000 } };
    expect(await post(closed).catch((thrown) => (thrown as ProviderError).failure.error)).to.equal('network');
    expect(asked, 'no connection, no question').to.deep.equal(['asked']);
  });

  it('reads what arrived while the process was stopped for longer than that', async () => {
    server.answer = (response) => {
      setTimeout(() => json(response, 200, { access_token: 'arrived' }), 100);
      const from = Date.now();
      while (Date.now() - from < 2000);
    };
    expect(await post()).to.deep.equal({ access_token: 'arrived' });
  });

  it('treats a reset and a closed port as network faults', async () => {
    expect(await failure((response) => response.socket?.resetAndDestroy())).to.include({
      outcome: 'transient',
      error: 'network',
    });
    const url = `http://127.0.0.1:${await freePort()}/token`;
    const thrown: unknown = await post({ url }).catch((error: unknown) => error);
    expect((thrown as ProviderError).failure).to.include({ outcome: 'transient', error: 'network' });
  });

  it('treats half an answer as a network fault', async () => {
    const half = await failure((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"access_token":');
      setImmediate(() => response.socket?.destroy());
    });
    expect(half.outcome).to.equal('transient');
  });
});
