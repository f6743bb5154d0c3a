import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import type { ProviderError } from '../../plugin/domain/provider/provider-error.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { isExempt } from '../../plugin/oauth/agent.js';
import { createHttpSender } from '../../plugin/oauth/http-sender.js';
import { createEndpointInspector } from '../../plugin/oauth/reach.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { LOOPBACK } from '../lab/loopback.js';
import { selfSigned } from '../lab/self-signed.js';
import { fixedClock } from '../support/fixed-clock.js';
import { settingsReader } from '../support/samples.js';
import { type HostileServer, hostileServer, listen } from './hostile-server.js';

const close = (server: Server) =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });

describe("the helpdesk's settings for outbound HTTP", () => {
  let plain: HostileServer;
  let secure: Server;
  let proxy: Server;
  let secureUrl: string;
  let proxyUrl: string;
  const proxied: string[] = [];
  const tunnels = new Set<Duplex>();

  before(async () => {
    plain = await hostileServer();
    secure = createTlsServer(await selfSigned(), (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"over-tls"}');
    });
    secureUrl = `https://127.0.0.1:${await listen(secure)}/token`;
    proxy = createServer((request, response) => {
      proxied.push(`${request.method} ${request.url}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"by-proxy"}');
    });
    proxy.on('connect', (request, socket) => {
      proxied.push(`CONNECT ${request.url}`);
      const [host, port] = (request.url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket);
        socket.pipe(onward);
      });
      for (const end of [socket, onward]) {
        tunnels.add(end);
        end.on('close', () => tunnels.delete(end));
      }
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    proxyUrl = `http://127.0.0.1:${await listen(proxy)}/`;
  });
  after(async () => {
    for (const end of tunnels) end.destroy();
    await plain.close();
    await close(secure);
    await close(proxy);
  });
  beforeEach(() => {
    proxied.splice(0);
    plain.received.splice(0);
  });

  const post = (url: string, settings: Record<string, unknown> = {}) =>
    createTokenEndpoint({
      settings: settingsReader(settings),
      addresses: addressRules(LOOPBACK),
      clock: fixedClock(),
    }).post({
      url,
      parameters: { grant_type: 'refresh_token', refresh_token: 'r' },
      client: { id: 'i', secret: 's', idParameter: 'client_id', secretParameter: 'client_secret' },
      secrets: [],
    });
  const unchecked = { 'WebUserAgent::DisableSSLVerification': '1' };

  it('make requests without TLS go through WebUserAgent::Proxy', async () => {
    expect(await post(plain.url, { 'WebUserAgent::Proxy': proxyUrl })).to.deep.equal({
      access_token: 'by-proxy',
    });
    expect(proxied).to.deep.equal([`POST ${plain.url}`]);
    expect(plain.received).to.have.length(0);
  });

  it('make the hosts of WebUserAgent::NoProxy bypass it', async () => {
    await post(plain.url, {
      'WebUserAgent::Proxy': proxyUrl,
      'WebUserAgent::NoProxy': 'example.org; 127.0.0.1',
    });
    expect(proxied).to.deep.equal([]);
    expect(plain.received).to.have.length(1);
  });

  it('take precedence over the environment, which is ignored', async () => {
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = proxyUrl;
    try {
      await post(plain.url);
    } finally {
      if (before === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = before;
    }
    expect(proxied).to.deep.equal([]);
  });

  it('make certificates be checked, unless WebUserAgent::DisableSSLVerification is set', async () => {
    const thrown: unknown = await post(secureUrl).catch((error: unknown) => error);
    expect((thrown as ProviderError).failure).to.include({ outcome: 'transient', error: 'network' });
    expect(await post(secureUrl, unchecked)).to.deep.equal({ access_token: 'over-tls' });
  });

  it('tunnel TLS through the proxy, with the certificate still checked', async () => {
    const settings = { 'WebUserAgent::Proxy': proxyUrl };
    const thrown: unknown = await post(secureUrl, settings).catch((error: unknown) => error);
    expect((thrown as ProviderError).failure).to.include({ outcome: 'transient', error: 'network' });
    expect(await post(secureUrl, { ...settings, ...unchecked })).to.deep.equal({ access_token: 'over-tls' });
    const target = new URL(secureUrl).host;
    expect(proxied).to.deep.equal([`CONNECT ${target}`, `CONNECT ${target}`]);
  });

  /** A proxy that answers everything with one status. */
  async function refusing<T>(
    status: number,
    work: (settings: Record<string, unknown>) => Promise<T>,
  ): Promise<T> {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<title>Proxy</title>');
    });
    server.on('connect', (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\n\r\n{"access_token":"forged"}`);
    });
    try {
      return await work({
        ...unchecked,
        'WebUserAgent::Proxy': `http://127.0.0.1:${await listen(server)}/`,
      });
    } finally {
      await close(server);
    }
  }
  const faultOf = async (url: string, settings: Record<string, unknown>) =>
    ((await post(url, settings).catch((error: unknown) => error)) as ProviderError).failure;

  for (const status of [201, 302, 403, 407, 502, 503])
    it(`blame the proxy if it answers CONNECT with ${status}, and take no token from it`, async () => {
      const failure = await refusing(status, (settings) => faultOf(secureUrl, settings));
      expect(failure).to.deep.equal({
        outcome: 'transient',
        error: `proxy_${status}`,
        description: '',
        status,
        retryAfter: null,
        codes: '',
      });
    });

  for (const status of [407, 502, 504])
    it(`blame the proxy for a ${status} without TLS, which may have passed the request on`, async () => {
      const failure = await refusing(status, (settings) => faultOf(plain.url, settings));
      expect(failure).to.include({ outcome: 'transient', error: `proxy_${status}` });
      expect(failure.lost).to.equal(status === 407 ? undefined : 'gateway');
    });

  it('make an alert blame the proxy, not its receiver', async () => {
    const send = (url: string) => (settings: Record<string, unknown>) =>
      createHttpSender({ settings: settingsReader(settings), addresses: addressRules(LOOPBACK) })({
        url: new URL(url),
        method: 'POST',
      });
    expect(await refusing(407, send(secureUrl))).to.deep.equal({ code: 'PROXY 407' });
    expect(await refusing(502, send(plain.url))).to.deep.equal({ code: 'PROXY 502' });
  });

  it("blame nobody else's proxy for what the provider answers itself", async () => {
    plain.answer = (response) => response.writeHead(502).end();
    const direct = await faultOf(plain.url, {});
    expect(direct).to.include({ error: 'http_502', lost: 'gateway' });
    const settings = { 'WebUserAgent::Proxy': proxyUrl, 'WebUserAgent::NoProxy': '127.0.0.1' };
    expect(await faultOf(plain.url, settings)).to.include({ error: 'http_502' });
    plain.answer = (response) => response.writeHead(200).end('{"access_token":"a"}');
  });

  it('make the doctor blame the proxy as well', async () => {
    const reach = (url: string) => (settings: Record<string, unknown>) =>
      createEndpointInspector({
        settings: settingsReader(settings),
        addresses: addressRules(LOOPBACK),
      }).reach(url);
    expect(await refusing(407, reach(secureUrl))).to.deep.equal({ code: 'PROXY 407' });
    expect(await refusing(502, reach(plain.url))).to.deep.equal({ code: 'PROXY 502' });
  });

  it('make an unavailable proxy count as a network fault', async () => {
    const gone = await hostileServer();
    await gone.close();
    const thrown: unknown = await post(plain.url, { 'WebUserAgent::Proxy': gone.url }).catch(
      (e: unknown) => e,
    );
    expect((thrown as ProviderError).failure).to.include({ outcome: 'transient', error: 'network' });
    expect(plain.received).to.have.length(0);
  });

  it('hold hosts and domains in NoProxy', () => {
    expect(isExempt('login.example.org', 'example.org')).to.equal(true);
    expect(isExempt('login.example.org', '.example.org')).to.equal(true);
    expect(isExempt('LOGIN.example.org', 'a.b ; login.EXAMPLE.org')).to.equal(true);
    expect(isExempt('notexample.org', 'example.org')).to.equal(false);
    expect(isExempt('example.org', '')).to.equal(false);
  });
});
