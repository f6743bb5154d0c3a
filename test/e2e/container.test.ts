import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CALLBACK } from '../../plugin/domain/consent/redirect-uri.js';
import { buildImageRoot, IMAGE_USER } from '../../plugin/packaging/image-root.js';
import { startWithRules } from '../lab/apache.js';
import { exec } from '../lab/exec.js';
import { CREDENTIALS } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { builtPackages } from '../support/built-packages.js';
import { consent } from '../support/consent.js';
import {
  type Container,
  describeContainer,
  imageFolder,
  NETWORK,
  startContainer,
} from '../support/container.js';
import { addConfig, begin, removeConfigs } from '../support/granted-config.js';
import { databaseRows, lab, provider, type Session, session } from '../support/lab.js';
import { dsn } from '../support/sql.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const NAME = 'In a container';
const SECRET = 'of-web-server-and-container-in-this-test';
const SITE = 'apache-container';
const { here, there } = NETWORK;
/** What docs/containers.md copies from the helpdesk's image. */
const COPIED = ['RELEASE', 'bin', 'Kernel', 'scripts'];

/** The image beside a helpdesk that runs outside of its network, processes and file system. */
describeContainer('the container image', function () {
  this.timeout(240_000);
  const { folder, root, remove } = imageFolder();
  const settings = path.join(folder, 'settings.json');
  let version: string;
  let container: Container;
  let port: number;
  let listener: number;
  let apache: number;
  let admin: Session;
  let id: number;

  const env = () => ({
    HELPDESK_HOME: lab.home,
    HELPDESK_DATABASE_DSN: dsn(lab.database.database, { host: here, port: lab.database.port }),
    HELPDESK_SETTINGS: '/etc/znuny-oauth2/settings.json',
    SIDECAR_HOST: '0.0.0.0',
    SIDECAR_PORT: String(port),
    SIDECAR_SECRET: SECRET,
    SIDECAR_WEB_SERVER: `${here}:${listener}`,
  });
  const start = async () => {
    container = await startContainer({
      root,
      env: env(),
      mounts: { [lab.home]: path.join(folder, 'helpdesk'), '/etc/znuny-oauth2/settings.json': settings },
      ports: [lab.database.port, lab.ports.provider],
    });
  };
  const at = (where: string, headers = {}) => fetch(`http://${there}:${port}${where}`, { headers });
  const ready = () =>
    until('the container to be ready', async () => {
      if (container.hasEnded()) throw new Error(`It ended: ${container.log()}`);
      return (await at('/readyz').catch(() => undefined))?.ok === true;
    });
  const url = () => `http://127.0.0.1:${apache}/otrs/index.pl`;
  const tokens = async () =>
    (await databaseRows(`SELECT token, refresh_token FROM oauth2_token WHERE token_config_id = ${id}`))[0];

  before(async () => {
    await provider.reset();
    const packages = await builtPackages();
    version = packages.version;
    buildImageRoot(await packages.deb(version), root);
    await exec('mkdir', [path.join(folder, 'helpdesk')]);
    await exec('cp', ['-a', ...COPIED, path.join(folder, 'helpdesk')], { cwd: lab.home });
    // The container has no Perl and no password in a file of the helpdesk.
    await exec('rm', [path.join(folder, 'helpdesk/Kernel/Config.pm')]);
    await exec('chmod', ['a+rx', folder]);
    await exec('chmod', ['-R', 'a+rX', path.join(folder, 'helpdesk')]);
    const { user, password } = lab.database;
    writeFileSync(settings, JSON.stringify({ DatabaseUser: user, DatabasePw: password }));
    chmodSync(settings, 0o644);
    [port, listener, apache] = [await freePort(), await freePort(), await freePort()];
  });
  after(async () => {
    await container?.stop('SIGKILL');
    await stopServer(lab, SITE);
    await removeConfigs([NAME]);
    await provider.reset();
    remove();
  });

  it('holds Node.js, the program and what they need, in at most 200 MB, with no shell and no Perl', async () => {
    const [size = ''] = (await exec('du', ['-s', '--apparent-size', '--block-size=1000000', root])).split(
      '\t',
    );
    expect(Number(size)).to.be.within(100, 200);
    expect(readdirSync(path.join(root, 'usr/bin')).sort()).to.deep.equal([
      'env',
      'node',
      'openssl',
      'znuny-oauth2',
    ]);
    // Files that only root of the image may change, except for the state folder.
    const others = await exec('find', [root, '!', '-user', 'root', '-printf', '/%P %U %m\\n']);
    expect(others).to.equal(`/var/lib/znuny-oauth2 ${IMAGE_USER} 700\n`);
    expect(await exec('find', [root, '-perm', '/6000'])).to.equal('');
    const licences = await exec('find', [path.join(root, 'usr/share/doc'), '-type', 'f', '-printf', '%f\n']);
    expect(new Set(licences.trim().split('\n'))).to.deep.equal(new Set(['copyright']));
    const compiled = readdirSync(path.join(root, 'usr/lib/znuny-oauth2/dist/plugin/cli/bundle'));
    expect(compiled.filter((name) => name.endsWith('.code'))).to.have.length(2);
  });

  it('starts as its first process and as its user, on a file system that nobody can write to', async () => {
    await start();
    await ready();
    const status = readFileSync(`/proc/${container.pid}/status`, 'utf8');
    expect(status).to.match(
      new RegExp(`^Uid:\\s+${IMAGE_USER}\\s+${IMAGE_USER}\\s+${IMAGE_USER}\\s+${IMAGE_USER}$`, 'm'),
    );
    expect(status)
      .to.match(/^NSpid:\s+\d+\s+1$/m)
      .and.match(/^CapEff:\s+0+$/m)
      .and.match(/^Name:\s+node$/m);
    expect(await container.run('--version')).to.deep.equal({ code: 0, text: `${version}\n` });
    const written = await container.run('package', '--output', '/tmp/add-on.opm');
    expect(written.code, written.text).to.not.equal(0);
    expect(written.text).to.contain('EROFS');
  });

  it('has a command that says whether the sidecar is healthy', async () => {
    for (const words of [['health'], ['health', '--live']])
      expect(await container.run(...words)).to.deep.equal({ code: 0, text: 'healthy\n' });
  });

  it('gives the rules for the web server of the other container', async () => {
    expect((await container.run('apache-rules')).text).to.contain('--sidecar NAME');
    const { code, text } = await container.run('apache-rules', '--sidecar', there);
    expect(code, text).to.equal(0);
    expect(text).to.contain(`Listen *:${listener}\n`);
    // On the network of the container only.
    const rules = text.replace(`Listen *:${listener}`, `Listen ${here}:${listener}`);
    await startWithRules(lab, SITE, apache, rules);
    admin = await session(CREDENTIALS.admin, url());
  });

  it('answers nobody on the network without the secret, except about its health', async () => {
    const claim = { 'X-OAuth2-Sidecar-Client': '127.0.0.1', Cookie: `OTRSAgentInterface=${admin.id}` };
    for (const headers of [claim, { ...claim, 'X-OAuth2-Sidecar-Secret': `${SECRET}x` }])
      expect((await at(`/otrs/index.pl?${SCREEN}`, headers)).status).to.equal(403);
    expect((await at('/healthz')).status).to.equal(200);
    const listens = `http://${here}:${listener}/otrs/index.pl?Action=Admin`;
    expect((await fetch(listens, { headers: claim })).status, 'the internal listener').to.equal(403);
  });

  it("shows its screens in the helpdesk's frame", async () => {
    await until('the frame', async () => {
      const page = await admin.get(SCREEN);
      expect(page.status).to.equal(200);
      const text = await page.text();
      expect(text).to.contain('id="OAuth2Overview"');
      return text.includes('id="NavigationContainer"');
    });
  });

  it('completes a consent, and renews', async () => {
    const token = `http://${here}:${lab.ports.provider}/token`;
    id = await addConfig(admin, NAME, {
      TokenByAuthorizationCodeRequestURL: token,
      TokenByRefreshTokenRequestURL: token,
    });
    const back = await consent(await begin(admin, id));
    const headers = { Cookie: `OTRSAgentInterface=${admin.id}` };
    const callback = `${url().replace('index.pl', CALLBACK)}${back.search}`;
    const answer = await fetch(callback, { redirect: 'manual', headers });
    expect(answer.status, await answer.text()).to.equal(303);
    const first = await tokens();
    expect(first?.[0]).to.have.length.greaterThan(20);
    const renewed = await admin.post(`${SCREEN};Subaction=RefreshToken`, { ID: String(id) });
    expect(renewed.status).to.equal(303);
    const second = await tokens();
    expect(second?.[0]).to.not.equal(first?.[0]);
    expect(second?.[1]).to.not.equal(first?.[1]);
    expect((await container.run('token', 'show', NAME)).text).to.contain('valid');
  });

  it('ends on SIGTERM with 0, after the answer to a request that it had sent', async () => {
    const before = await tokens();
    await provider.set({ lateMs: 1500 });
    const { requests } = await provider.state();
    const renewal = admin.post(`${SCREEN};Subaction=RefreshToken`, { ID: String(id) }).catch(() => undefined);
    await until(
      'the request at the provider',
      async () => (await provider.state()).requests.refresh_token !== requests.refresh_token,
    );
    expect(await container.stop()).to.equal(0);
    await renewal;
    expect((await tokens())?.[1]).to.not.equal(before?.[1]);
    expect(container.log()).to.contain('"msg":"stopped"').and.not.contain('stopped with unfinished work');
  });
});
