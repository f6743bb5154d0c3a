import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { selfSigned } from '../lab/self-signed.js';
import { removeConfigs } from '../support/granted-config.js';
import { changeSettings } from '../support/helpdesk.js';
import { browser, databaseRows, lab, provider, saveNewConfig, signIn, znunyOauth2 } from '../support/lab.js';
import { startNginx } from '../support/nginx.js';

const { helpdesk, callback } = lab.urls.secure;
const OVERVIEW = `${helpdesk}?Action=AdminOAuth2TokenManagement`;
const NAME = 'Behind TLS';
const ADDRESS = '203.0.113.9';

/** The server of docs/install.md, on ports of the lab; the browser of this test says where it comes from. */
function documented(folder: string): string {
  const text = readFileSync(path.join(ROOT, 'docs/install.md'), 'utf8');
  const server = /```nginx\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const put = (from: RegExp, to: string) => (before: string) => {
    expect(before).to.match(from);
    return before.replace(from, to);
  };
  return [
    put(/listen 443/, `listen 127.0.0.1:${lab.ports.https}`),
    put(/(ssl_certificate) .*;/, `$1 ${folder}/cert.pem;`),
    put(/(ssl_certificate_key) .*;/, `$1 ${folder}/key.pem;`),
    put(/http:\/\/[\d.:]+/, `http://127.0.0.1:${lab.ports.apache}`),
    put(/server_name .*;/, 'set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;'),
  ].reduce((before, change) => change(before), server);
}

describe('TLS that ends at a load balancer', function () {
  this.timeout(120_000);
  let nginx: Awaited<ReturnType<typeof startNginx>>;
  let chromium: Browser;
  let context: BrowserContext;
  let page: Page;
  const [http] = [lab.urls.helpdesk].map((url) => new URL(url).host);
  before(async () => {
    const { key, cert } = await selfSigned();
    nginx = await startNginx(documented, { 'cert.pem': cert, 'key.pem': key });
    await changeSettings([
      { name: 'HttpType', value: 'https' },
      { name: 'FQDN', value: new URL(helpdesk).host },
    ]);
    chromium = await browser();
    context = await chromium.newContext({
      ignoreHTTPSErrors: true,
      extraHTTPHeaders: { 'X-Test-Address': ADDRESS },
      viewport: { width: 1280, height: 900 },
    });
    page = await context.newPage();
    await page.goto(OVERVIEW);
    await signIn(page, CREDENTIALS.admin);
    expect((await cookies()).map(({ secure }) => secure)).to.deep.equal([true]);
  });
  after(async () => {
    await chromium?.close();
    await changeSettings([
      { name: 'HttpType', value: 'http' },
      { name: 'FQDN', value: http ?? '' },
    ]);
    await removeConfigs([NAME]);
    await provider.reset();
    await nginx?.stop();
  });
  const cookies = async () =>
    (await context.cookies(helpdesk)).filter(({ name }) => name === 'OTRSAgentInterface');
  const session = async () => (await cookies())[0]?.value ?? '';

  it("lets the log-in lead to the overview in the frame, and the helpdesk knows the browser's address", async () => {
    for (let visit = 0; visit < 2; visit++) {
      await page.goto(OVERVIEW);
      expect(await page.locator('#OAuth2Overview').count()).to.equal(1);
      expect(await page.locator('#NavigationContainer').count()).to.equal(1);
    }
    expect(
      await databaseRows(
        `SELECT data_value FROM sessions WHERE session_id = '${await session()}' AND data_key = 'UserRemoteAddr'`,
      ),
    ).to.deep.equal([[ADDRESS]]);
  });

  it('lets a consent return by HTTPS to the redirect URI that the form shows, and the token is stored', async () => {
    await page.goto(
      `${OVERVIEW};Subaction=AddTokenConfigByTemplateFile;TokenConfigTemplateFilename=google-mail`,
    );
    expect(await page.content()).to.include(callback);
    await saveNewConfig(page, lab.urls.provider, NAME);
    const row = page.locator('#OAuth2TokenConfigs tbody tr', { hasText: NAME });
    await row.locator('button', { hasText: 'Request new token' }).click();
    await page.waitForURL(/\/interaction\//);
    const returned = page.waitForRequest((request) => request.url().startsWith(callback));
    await page.click('button[value=allow]');
    expect(new URL((await returned).url()).searchParams.get('code')).to.have.length.greaterThan(10);
    await page.waitForURL(/Notice=received/);
    expect(page.url().startsWith(helpdesk)).to.equal(true);
    const [stored] = await databaseRows(
      `SELECT LENGTH(t.token), LENGTH(t.refresh_token) FROM oauth2_token t
       JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.name = '${NAME}'`,
    );
    for (const length of [stored?.[0], stored?.[1]]) expect(Number(length)).to.be.greaterThan(20);
  });

  it('is found correct by the doctor, certificate included', async () => {
    const checks = ['http-type', 'fqdn', 'callback', 'address', 'cookies'];
    const { out } = await znunyOauth2(['doctor', '--json', '--only', checks.join(',')], '', {
      SIDECAR_PORT: String(lab.ports.sidecar),
      NODE_EXTRA_CA_CERTS: path.join(nginx.folder, 'cert.pem'),
    });
    const found = (JSON.parse(out) as { checks: { id: string; result: string; reason: string[] }[] }).checks;
    expect(
      found.map(({ id, result }) => [id, result]),
      out,
    ).to.deep.equal(checks.map((id) => [id, 'ok']));
  });
});
