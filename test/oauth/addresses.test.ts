import dns from 'node:dns';
import { createServer, type Server } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { expect } from 'chai';
import type { ProviderError } from '../../plugin/domain/provider/provider-error.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createProviderDocuments } from '../../plugin/oauth/provider-documents.js';
import { createEndpointInspector } from '../../plugin/oauth/reach.js';
import { createRevocationEndpoint } from '../../plugin/oauth/revocation-endpoint.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { fixedClock } from '../support/fixed-clock.js';
import { settingsReader } from '../support/samples.js';
import { type HostileServer, hostileServer, json, listen } from './hostile-server.js';

/** Pretends that each name has these addresses. @returns the names that were looked up */
async function resolving(addresses: string[], work: () => Promise<void>): Promise<string[]> {
  const { lookup } = dns;
  const names: string[] = [];
  dns.lookup = ((name: string, _options: unknown, done: (error: null, found: object[]) => void) => {
    names.push(name);
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as never;
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    dns.lookup = lookup;
    syncBuiltinESMExports();
  }
  return names;
}

/** Every kind of request that the sidecar sends to a provider. */
function requests(settings: Record<string, string> = {}, allowed: string[] = []) {
  const deps = {
    settings: settingsReader({ 'WebUserAgent::Timeout': '2', ...settings }),
    addresses: addressRules(allowed),
    clock: fixedClock(),
  };
  const client = { id: 'i', secret: 's', idParameter: 'client_id', secretParameter: 'client_secret' };
  const failure = ({ failure }: ProviderError) => failure.error;
  const documents = createProviderDocuments(deps);
  return {
    token: (url: string) =>
      createTokenEndpoint(deps)
        .post({ url, parameters: { grant_type: 'refresh_token' }, client, secrets: [] })
        .then(() => 'asked', failure),
    revocation: (url: string) =>
      createRevocationEndpoint(deps)
        .revoke({ url, parameters: { token: 't', token_type_hint: 'refresh_token' }, client, secrets: [] })
        .then(() => 'asked', failure),
    discovery: (url: string) =>
      documents.discover(url).then(
        () => 'asked',
        ({ detail }: { detail?: string }) =>
          detail?.includes('the sidecar does not contact it') ? 'address_refused' : detail,
      ),
    'user info': (url: string) =>
      documents.userInfo(url, 't').then((found) => (found === null ? 'address_refused' : 'asked')),
    doctor: (url: string) =>
      createEndpointInspector(deps)
        .reach(url)
        .then((answer) =>
          'code' in answer && answer.code === 'EADDRESSREFUSED' ? 'address_refused' : JSON.stringify(answer),
        ),
  };
}

const KINDS = ['token', 'revocation', 'discovery', 'user info', 'doctor'] as const;

describe('the addresses of requests to providers', () => {
  let server: HostileServer;
  let port: string;
  beforeEach(async () => {
    server = await hostileServer();
    port = new URL(server.url).port;
  });
  afterEach(() => server.close());

  for (const kind of KINDS) {
    it(`include no loopback, link-local or metadata address, however it is written (${kind})`, async () => {
      for (const host of [
        '127.0.0.1',
        '127.1',
        '0',
        'localhost',
        '[::ffff:7f00:1]',
        '[::1]',
        '169.254.169.254',
      ])
        for (const scheme of kind === 'discovery' ? ['https'] : ['http', 'https'])
          expect(await requests()[kind](`${scheme}://${host}:${port}/`), host).to.equal('address_refused');
      expect(server.received).to.deep.equal([]);
    });

    it(`include no name that leads there at the moment of the connection (${kind})`, async () => {
      for (const addresses of [
        ['127.0.0.1'],
        ['::ffff:127.0.0.1'],
        ['169.254.169.254'],
        ['93.184.215.14', '127.0.0.1'],
      ]) {
        const names = await resolving(addresses, async () => {
          const answer = await requests()[kind](`https://rebinding.example:${port}/`);
          expect(answer, addresses.join()).to.equal('address_refused');
        });
        expect(names).to.deep.equal(['rebinding.example']);
      }
      expect(server.received).to.deep.equal([]);
    });
  }

  it('include those that the configuration adds; a name is looked up once', async () => {
    const names = await resolving(['127.0.0.1'], async () => {
      const answer = await requests({}, ['127.0.0.1']).token(`http://provider.example:${port}/`);
      expect(answer).to.equal('asked');
    });
    expect(names).to.deep.equal(['provider.example']);
    expect(server.received.map(({ headers }) => headers.host)).to.deep.equal([`provider.example:${port}`]);
  });

  it('may be refused for a moment: then the grant is not declared dead', async () => {
    const endpoint = createTokenEndpoint({
      settings: settingsReader({}),
      addresses: addressRules(),
      clock: fixedClock(),
    });
    const client = { id: 'i', secret: 's', idParameter: 'client_id', secretParameter: 'client_secret' };
    const fault = await endpoint.post({ url: server.url, parameters: {}, client, secrets: [] }).then(
      () => null,
      ({ failure }: ProviderError) => failure,
    );
    expect(fault).to.deep.include({ outcome: 'transient', error: 'address_refused', status: null });
  });

  describe('behind a proxy, which may be anywhere and resolves names itself', () => {
    let proxy: Server;
    let proxied: string[];
    let settings: Record<string, string>;
    before(async () => {
      proxy = createServer((request, response) => {
        proxied.push(request.url ?? '');
        json(response, 200, { access_token: 'a' });
      });
      proxy.on('connect', (request, socket) => {
        proxied.push(`CONNECT ${request.url}`);
        socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      });
      settings = { 'WebUserAgent::Proxy': `http://127.0.0.1:${await listen(proxy)}/` };
    });
    beforeEach(() => {
      proxied = [];
    });
    after(() => {
      proxy.closeAllConnections();
      proxy.close();
    });

    for (const kind of KINDS)
      it(`are not passed on when they are loopback addresses or names (${kind})`, async () => {
        for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', 'localhost', 'x.localhost', '169.254.169.254'])
          expect(await requests(settings)[kind](`https://${host}/`), host).to.equal('address_refused');
        expect(await requests(settings)[kind]('https://metadata.google.internal/')).to.equal(
          'address_refused',
        );
        expect(proxied).to.deep.equal([]);
      });

    it('are passed on unresolved when they are other names', async () => {
      const names = await resolving(['127.0.0.1'], async () => {
        expect(await requests(settings).token('http://provider.example/')).to.equal('asked');
        await requests(settings).token('https://provider.example/');
      });
      expect(names).to.deep.equal([]);
      expect(proxied).to.deep.equal(['http://provider.example/', 'CONNECT provider.example:443']);
    });

    it('are judged at the moment of the connection for a host that bypasses the proxy', async () => {
      const exempt = { ...settings, 'WebUserAgent::NoProxy': 'provider.example' };
      await resolving(['127.0.0.1'], async () => {
        expect(await requests(exempt).token(`https://provider.example:${port}/`)).to.equal('address_refused');
      });
      expect(proxied).to.deep.equal([]);
    });
  });
});
