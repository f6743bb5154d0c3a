import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { CALLBACK } from '../../plugin/domain/consent/redirect-uri.js';
import type { Settings } from '../../plugin/domain/helpdesk/settings.js';
import { fingerprintOf } from '../../plugin/helpdesk/internal-listener.js';
import { createWebServerInspector } from '../../plugin/helpdesk/web-server.js';
import { carryOut } from '../../plugin/install/action.js';
import { createMachine } from '../../plugin/install/machine.js';
import { namesOf } from '../../plugin/install/site.js';
import { nginxPart } from '../../plugin/install/web-server-part.js';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { helpdeskLocations, startPerlServer } from '../lab/perl-servers.js';
import { freePort, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { LAB_SECRET, sidecarSocket } from '../lab/sidecar-channel.js';
import { type Attack, prepareAttack, REQUESTS_CGI, REQUESTS_FASTCGI } from '../support/attack.js';
import { databaseRows, extraSidecar, lab, loadBalancer, type Session, session } from '../support/lab.js';
import { type NginxMachine, nginxMachine } from '../support/nginx-machine.js';

const ADDRESS = '203.0.113.9';
const SCREEN = 'Action=AdminOAuth2TokenManagement';

/** The helpdesk behind an nginx, without and with a proxy before it whose X-Forwarded-For the admin trusts. */
const servers = (locations: string, direct: number, proxied: number): string => `# The helpdesk.
server {
  listen 127.0.0.1:${direct};
  server_name desk.example.com;
  error_page 403 =200 @error;
  location @error { return 200 refused; }
  location ~ ^/oauth2.*\\.pl$ { return 404; }
${locations}
  # Behind everything else.
  if ($http_x_refused) { return 410; }
}
server { listen 127.0.0.1:${proxied}; set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
${locations}}
`;

/** As far as a site without any deployed setting has them. */
const SETTINGS = {
  text: (name: string, fallback: string) => (name === 'FQDN' ? 'desk.example.com' : fallback),
} as Settings;

/** @returns false where the port is taken */
const listensAt = (server: Server, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    server.removeAllListeners('error').once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });

/** By TLS, whatever the certificate. */
const statusAt = (port: number, path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, agent: false };
    const sent = request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });

for (const [kind, count] of [
  ['PSGI', REQUESTS_CGI],
  ['FastCGI', REQUESTS_FASTCGI],
] as const)
  describe(`an nginx that is the helpdesk's only web server, with the helpdesk by ${kind}`, function () {
    this.timeout(600_000);
    let nginx: NginxMachine;
    let sidecar: Awaited<ReturnType<typeof extraSidecar>>;
    let proxy: Awaited<ReturnType<typeof loadBalancer>>;
    let attack: Attack;
    let admin: Session;
    let [direct, port] = [0, 0];
    let [site, certificate] = ['', ''];

    const part = () =>
      nginxPart({
        machine: createMachine(nginx.root, nginx.env),
        names: namesOf('sidecar', '/etc/znuny-oauth2'),
        home: lab.home,
        packageFolder: ROOT,
        settings: async () => SETTINGS,
        target: { socket: sidecarSocket(lab, port) },
        port,
        secret: () => LAB_SECRET,
        hasSystemd: false,
        isUninstall: false,
        isRunning: true,
        others: [],
        include: undefined,
        hosts: undefined,
      });
    const run = async (direction: 'todo' | 'undo') => {
      const done: string[] = [];
      const { steps } = await part();
      const report = { step: () => {}, action: ({ what }: { what: string }) => done.push(what) };
      await carryOut(steps, direction, report as Parameters<typeof carryOut>[2], false);
      return done.map((what) => what.replaceAll(nginx.root, ''));
    };
    const at = (where: number, target = `index.pl?${SCREEN}`, headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${where}/otrs/${target}`, { headers, redirect: 'manual' });
    const isOurs = ({ headers }: Response) =>
      (headers.get('content-security-policy') ?? '').includes("base-uri 'self'");

    before(async () => {
      const perl = await freePort();
      const proxied = await freePort();
      direct = await freePort();
      // The internal listener is on the next port: two of the lab's own.
      port = lab.ports.sidecar - 20;
      await startPerlServer(lab, kind, perl);
      site = servers(helpdeskLocations(lab, kind, perl), direct, proxied);
      nginx = await nginxMachine(site);
      attack = await prepareAttack();
      proxy = await loadBalancer(ADDRESS, [proxied]);
    });
    after(async () => {
      await attack?.end();
      await proxy?.close();
      await nginx?.stop();
      await sidecar?.stop();
      await stopServer(lab, kind);
    });

    it('gets a line in its server blocks, rules and a listener, all tested by nginx, and nothing the second time', async () => {
      await until('the helpdesk', async () => (await at(direct, 'index.pl')).status === 200);
      expect(isOurs(await at(direct))).to.equal(false);
      expect(await run('todo')).to.deep.equal([
        'write /etc/nginx/oauth2-sidecar.pem',
        'write /etc/nginx/oauth2-sidecar.rules',
        'write /etc/nginx/conf.d/oauth2-sidecar.conf',
        'change /etc/nginx/sites-available/znuny',
        'run nginx -t',
        'run nginx -s reload',
      ]);
      const line = '\n    include oauth2-sidecar.rules;';
      expect(nginx.read('etc/nginx/sites-available/znuny').split(line).join('')).to.equal(site);
      expect(nginx.read('etc/nginx/sites-available/znuny').split(`${line}\n}`)).to.have.length(3);
      expect(await run('todo')).to.deep.equal([]);
      const pem = nginx.read('etc/nginx/oauth2-sidecar.pem');
      certificate = fingerprintOf(new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERT'))).raw);
      expect((await part()).values).to.deep.equal({ SIDECAR_LISTENER_CERTIFICATE: certificate });
      sidecar = await extraSidecar({ port, env: { SIDECAR_LISTENER_CERTIFICATE: certificate } });
    });

    it("shows our screens in the helpdesk's frame to a browser behind a trusted proxy, who stays logged in", async () => {
      admin = await session(CREDENTIALS.admin, proxy.url);
      await until('the frame', async () => {
        const page = await admin.get(SCREEN);
        expect([page.status, isOurs(page)]).to.deep.equal([200, true]);
        return (await page.text()).includes('id="NavigationContainer"');
      });
      expect(
        await databaseRows(
          `SELECT data_value FROM sessions WHERE session_id = '${admin.id}' AND data_key = 'UserRemoteAddr'`,
        ),
      ).to.deep.equal([[ADDRESS]]);
    });

    it('applies the conditions of the server block to the screens, and no location of the admin comes before them', async () => {
      const answers = [{}, { 'X-Refused': 'yes' }].map((headers) =>
        at(direct, `index.pl?${SCREEN}`, headers),
      );
      expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([303, 410]);
    });

    it('believes X-Forwarded-… only where the admin says so, and never in the redirect URI', async () => {
      const forged = {
        Cookie: `OTRSAgentInterface=${admin.id}`,
        'X-Forwarded-For': ADDRESS,
        Forwarded: `for=${ADDRESS}`,
        'X-Real-IP': ADDRESS,
        'X-OAuth2-Sidecar-Client': ADDRESS,
      };
      expect((await at(direct, `index.pl?${SCREEN}`, forged)).status).to.equal(303);
      const form = await admin.get(
        `${SCREEN};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=google-mail`,
        { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'gopher' },
      );
      const text = await form.text();
      expect([form.status, isOurs(form)]).to.deep.equal([200, true]);
      expect(text)
        .to.include(lab.urls.callback)
        .and.not.match(/evil\.example|gopher/);
    });

    it('proves its identity to the sidecar by its certificate, and answers nobody without the secret', async () => {
      const ask = (expected: string) =>
        createWebServerInspector({
          ...{ socket: sidecarSocket(lab, port), host: '127.0.0.1', port, secret: LAB_SECRET },
          listener: { host: '127.0.0.1', port: port + 1 },
          certificate: expected,
          ...{ home: lab.home, rules: 'oauth2-sidecar', isInstalled: true },
        }).internalListener(ADDRESS);
      expect(await ask(certificate)).to.deep.equal({ isProven: true, seen: ADDRESS });
      expect((await ask(`SHA256:${'A'.repeat(43)}`))?.isProven).to.equal(false);
      // The helpdesk's server block answers every error with 200.
      for (const target of ['/otrs/index.pl', '/otrs-web/', '/oauth2-sidecar-probe/x', '//otrs/index.pl'])
        for (const headers of [
          {},
          { 'X-OAuth2-Sidecar-Client': ADDRESS },
          { 'X-OAuth2-Sidecar-Secret': 'x' },
        ])
          expect(await statusAt(port + 1, target, headers), target).to.equal(403);
      expect(await statusAt(port + 1, '/otrs/index.pl', { 'X-OAuth2-Sidecar-Secret': LAB_SECRET })).to.equal(
        200,
      );
    });

    it('lets nothing reach the built-in module or callback in any spelling', () =>
      attack.holds(direct, count));

    it('is left as it was when its test fails, and by uninstall; the built-in screens answer again', async () => {
      await run('undo');
      const before = nginx.read('etc/nginx/sites-available/znuny');
      expect(before).to.equal(site);
      nginx.write('etc/nginx/conf.d/broken.conf', 'no_such_directive on;\n');
      const failed = await run('todo').catch((error: { detail?: string }) => error.detail ?? '');
      expect(failed).to.match(/nginx -t failed: [\s\S]*no_such_directive/);
      expect(nginx.read('etc/nginx/sites-available/znuny')).to.equal(site);
      nginx.remove('etc/nginx/conf.d/broken.conf');
      expect(await run('undo')).to.deep.equal(['run nginx -s reload']);
      // nginx itself goes on as before, and says nothing to whoever told it to reload.
      const other = createServer((socket) => socket.destroy());
      await until('the port of the listener', () => listensAt(other, port + 1));
      const taken = await run('todo').catch((error: { detail?: string }) => error.detail ?? '');
      await new Promise((resolve) => other.close(resolve));
      expect(taken).to.match(/nginx did not answer at the internal listener/);
      expect(nginx.read('etc/nginx/sites-available/znuny')).to.equal(site);
      expect(await run('undo')).to.deep.equal(['run nginx -s reload']);
      await until('the helpdesk alone', async () => !isOurs(await at(direct)));
      expect(isOurs(await at(direct, `${CALLBACK}?state=x`))).to.equal(false);
    });
  });
