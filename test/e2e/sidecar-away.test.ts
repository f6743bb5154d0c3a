import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { nginxRules } from '../../plugin/helpdesk/nginx-rules.js';
import { rulesOf } from '../lab/apache.js';
import { CREDENTIALS } from '../lab/instance.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { freePort, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { startShippedSite } from '../lab/shipped-site.js';
import { channelRules, sidecarSocket } from '../lab/sidecar-channel.js';
import { browser, lab, type Session, session } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const CALLBACK = 'get-oauth2-token-by-authorization-code.pl?state=TokenConfigID1&code=x';

describe('a sidecar that does not answer', function () {
  this.timeout(180_000);
  let name: string;
  let nginx: Awaited<ReturnType<typeof startNginx>>;
  const servers: Record<'Apache' | 'nginx', number> = { Apache: 0, nginx: 0 };
  let sidecarPort: number;
  /** A sidecar that closes every connection. */
  let broken: Server | undefined;
  before(async () => {
    sidecarPort = await freePort();
    servers.Apache = await freePort();
    servers.nginx = await freePort();
    name = await startShippedSite(lab, 'mod_perl', {
      port: servers.Apache,
      sidecarPort,
      framePort: await freePort(),
    });
    nginx = await startNginx(
      (folder) => `server {
    listen 127.0.0.1:${servers.nginx};
    proxy_intercept_errors on;
    include ${folder}/rules.conf;
    location / { proxy_pass http://127.0.0.1:${servers.Apache}; proxy_set_header Host $http_host; }
  }`,
      { 'rules.conf': nginxRules({ ...rulesOf(lab), ...channelRules(lab, sidecarPort) }) },
    );
    await until('nginx', () =>
      fetch(`http://127.0.0.1:${servers.nginx}/otrs/index.pl`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  });
  after(async () => {
    broken?.close();
    await nginx?.stop();
    await stopServer(lab, name);
  });

  const logIn = (server: keyof typeof servers): Promise<Session> =>
    session(CREDENTIALS.admin, `http://127.0.0.1:${servers[server]}/otrs/index.pl`);

  for (const server of ['Apache', 'nginx'] as const) {
    it(`makes ${server} show a page that says how to start it, for screens and callback, while the helpdesk keeps working`, async () => {
      const admin = await logIn(server);
      const pages = [
        await admin.get(SCREEN),
        await admin.get(`%41ction=AdminOAuth2TokenManagement;Subaction=DeleteTokenConfig;ID=1`),
        await admin.post(`${SCREEN};Subaction=SaveTokenConfig`, { Name: 'x' }),
        await fetch(`http://127.0.0.1:${servers[server]}/otrs/${CALLBACK}`, {
          headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
        }),
      ];
      for (const page of pages) {
        expect(page.status).to.equal(503);
        expect(page.headers.get('content-type')).to.match(/^text\/html/);
        expect(await page.text())
          .to.contain('data-oauth2-sidecar="away"')
          .and.contain('The OAuth2 sidecar does not respond.')
          .and.contain('<code>systemctl start znuny-oauth2</code>')
          .and.contain('OAuth2-Sidecar antwortet nicht.');
      }
      expect(await (await admin.get('Action=Admin')).text()).to.contain('id="NavigationContainer"');
    });
  }

  it('makes a browser show the page in its own language, and in English where there is no translation', async () => {
    const chromium = await browser();
    for (const server of ['Apache', 'nginx'] as const)
      for (const [locale, shown, hidden] of [
        ['de-AT', 'Starten Sie ihn:', 'To start it:'],
        ['zh-CN', '没有响应', 'To start it:'],
        ['nl-NL', 'To start it:', 'Starten Sie ihn:'],
      ] as const) {
        const context = await chromium.newContext({ locale });
        try {
          const page = await context.newPage();
          await page.goto(`http://127.0.0.1:${servers[server]}/otrs/index.pl?${SCREEN}`);
          const text = await page.locator('body').innerText();
          expect(text, `${server} ${locale}`).to.contain(shown).and.not.contain(hidden);
          expect(text).to.contain('systemctl start znuny-oauth2');
        } finally {
          await context.close();
        }
      }
    await chromium.close();
  });

  it('leads to the same page where it accepts a request and closes the connection', async () => {
    broken = createServer((socket) => socket.on('data', () => socket.destroy()));
    const socket = sidecarSocket(lab, sidecarPort);
    await new Promise<void>((resolve) => broken?.listen(socket, resolve));
    giveToLabUser(socket);
    for (const port of Object.values(servers)) {
      const page = await fetch(`http://127.0.0.1:${port}/otrs/index.pl?${SCREEN}`);
      expect(page.status).to.be.oneOf([502, 503]);
      expect(await page.text()).to.contain('data-oauth2-sidecar="away"');
    }
  });
});
