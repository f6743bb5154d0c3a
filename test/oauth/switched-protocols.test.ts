import { expect } from 'chai';
import { openListener } from '../../plugin/helpdesk/internal-listener.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createHttpSender } from '../../plugin/oauth/http-sender.js';
import { createProviderDocuments } from '../../plugin/oauth/provider-documents.js';
import { createEndpointInspector } from '../../plugin/oauth/reach.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { scriptedServer } from '../mail/scripted-server.js';
import { fixedClock } from '../support/fixed-clock.js';
import { settingsReader } from '../support/samples.js';

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
const code = (error: { fault?: string; code?: string; name?: string }) =>
  error.fault ?? error.code ?? error.name;

describe('a server that switches to another protocol, which nobody asked for', () => {
  let port: number;
  let server: Awaited<ReturnType<typeof scriptedServer>>;
  const deps = {
    settings: settingsReader({ 'WebUserAgent::Timeout': '2' }),
    addresses: addressRules(['127.0.0.1']),
    clock: fixedClock(),
  };
  const url = (path = '') => `http://127.0.0.1:${port}${path}`;
  const client = { id: 'i', secret: 's', idParameter: 'client_id', secretParameter: 'client_secret' };

  before(async () => {
    server = await scriptedServer({
      behave: (socket) => socket.once('data', () => socket.write(SWITCHED)),
    });
    port = server.port;
  });
  after(() => server.close());

  const requests: [string, () => Promise<unknown>, unknown][] = [
    [
      'a webhook',
      () => createHttpSender({ ...deps, limit: 20_000 })({ url: new URL(url()), method: 'POST' }),
      { code: 'EPROTO' },
    ],
    ['the doctor', () => createEndpointInspector(deps).reach(url()), { code: 'EPROTO' }],
    ['the look-up of a provider', () => createProviderDocuments(deps).discover(url()), 'discovery-failed'],
    ['the question who consented', () => createProviderDocuments(deps).userInfo(url(), 'token'), null],
    [
      'a token request',
      () => createTokenEndpoint(deps).post({ url: url(), parameters: {}, client, secrets: [] }),
      'ProviderError',
    ],
    [
      'the internal listener',
      () => openListener({ host: '127.0.0.1', port, secret: 'secret', certificate: null }).probe('192.0.2.1'),
      'EPROTO',
    ],
  ];
  for (const [what, ask, expected] of requests)
    it(`ends ${what} with an error`, async () => {
      expect(await ask().catch(code)).to.deep.equal(expected);
    });
});

describe('an answer to a webhook whose text never ends', () => {
  it('counts by its status', async () => {
    const server = await scriptedServer({
      behave: (socket) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun')),
    });
    const deps = { settings: settingsReader({}), addresses: addressRules(['127.0.0.1']), limit: 300 };
    const answer = await createHttpSender(deps)({
      url: new URL(`http://127.0.0.1:${server.port}`),
      method: 'POST',
    });
    await server.close();
    expect(answer).to.deep.equal({ status: 200, text: 'begun', retryAfter: null });
  });
});
