import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Agent } from '../../plugin/domain/helpdesk/session.js';
import { createPageFrame } from '../../plugin/helpdesk/page-frame.js';
import { settingsReader } from '../support/samples.js';

const ADDRESS = '192.0.2.1';
const PAGE = `<html><head><title>Admin</title></head><body><div id="NavigationContainer"></div>
  <div class="MainBox ARIARoleMain">theirs</div></body></html>`;
const CONTENT = { title: 'Ours', lang: 'en', notifications: '', mainBox: '<p>ours</p>', skipLink: '' };
const agent = { sessionId: 'session' } as Agent;

describe('the page around a screen', () => {
  let server: Server;
  let seen: string[] = [];
  const logged: unknown[] = [];
  /** What the web server does with a page after a probe on the same connection. */
  let onPage: (request: IncomingMessage) => 'answers' | 'ends the connection' | 'is silent';
  beforeEach(async () => {
    seen = [];
    logged.length = 0;
    onPage = () => 'answers';
    server = createServer((request, response) => {
      const isProbe = !request.url?.includes('Action=Admin');
      seen.push(isProbe ? 'probe' : 'page');
      if (isProbe) return response.writeHead(204, { 'X-OAuth2-Sidecar-Seen': ADDRESS }).end();
      const does = onPage(request);
      if (does === 'answers') response.end(PAGE);
      else if (does === 'ends the connection') request.socket.destroy();
      return undefined;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const page = () => {
    const reader = settingsReader();
    const log = { info: () => {}, error: () => {}, warn: (...what: unknown[]) => void logged.push(what) };
    const { port } = server.address() as AddressInfo;
    const frame = createPageFrame({
      settings: {
        ...reader,
        current: () => {
          seen.push('settings');
          return reader.current();
        },
      },
      log,
      host: '127.0.0.1',
      port,
      secret: null,
      certificate: null,
    });
    return frame.begin(agent, ADDRESS)(CONTENT);
  };

  it('is requested right after the probe, so that the web server does not end an idle connection', async () => {
    expect(await page())
      .to.contain('NavigationContainer')
      .and.contain('<p>ours</p>');
    expect(seen).to.deep.equal(['settings', 'probe', 'page']);
  });

  it('is requested once more if the web server ends the connection after the probe, with a new probe', async () => {
    let ended = false;
    onPage = () => {
      if (ended) return 'answers';
      ended = true;
      return 'ends the connection';
    };
    expect(await page()).to.contain('<p>ours</p>');
    expect(seen.filter((what) => what !== 'settings')).to.deep.equal(['probe', 'page', 'probe', 'page']);
    expect(logged).to.deep.equal([]);
  });

  it('is given up after the second attempt', async () => {
    onPage = () => 'ends the connection';
    expect(await page()).to.equal(null);
    expect(seen.filter((what) => what === 'page').length).to.equal(2);
    expect(logged.length).to.equal(1);
  });
});
