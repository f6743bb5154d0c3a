import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CALLBACK } from '../../plugin/domain/consent/redirect-uri.js';
import { startFrontEnd } from '../lab/apache.js';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { freePort, until } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { consent } from '../support/consent.js';
import { addConfig, begin, removeAllConfigs } from '../support/granted-config.js';
import { startHaproxy } from '../support/haproxy.js';
import {
  databaseRows,
  extraSidecar,
  lab,
  loadBalancer,
  provider,
  type Session,
  session,
} from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const ADDRESS = '203.0.113.9';
const NOTICES = { NotifyOnExpiredToken: '1', NotifyOnExpiredRefreshToken: '1' };

const codeOf = (page: string): string | undefined => /data-code="([^"]*)"/.exec(page)?.[1];
const tokenOf = async (id: number): Promise<string | undefined> =>
  (await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${id}`))[0]?.[0];

/** Three web servers, each with a sidecar of its own, behind a load balancer that sends each request to the next one. */
describe('three front ends on one database', () => {
  const fronts = [1, 2].map((n) => ({
    name: `apache-front-${n}`,
    apache: lab.ports.apache + 2 * n,
    sidecar: lab.ports.sidecar + 2 * n,
  }));
  let sidecars: Awaited<ReturnType<typeof extraSidecar>>[] = [];
  let balancer: Awaited<ReturnType<typeof loadBalancer>>;
  let admin: Session;
  let id: number;

  before(async function () {
    this.timeout(180_000);
    await removeAllConfigs();
    await provider.reset();
    sidecars = await Promise.all(fronts.map(({ sidecar }) => extraSidecar({ port: sidecar })));
    for (const { name, apache, sidecar } of fronts) await startFrontEnd(lab, name, apache, sidecar);
    balancer = await loadBalancer(ADDRESS, [lab.ports.apache, ...fronts.map(({ apache }) => apache)]);
    admin = await session(CREDENTIALS.admin, balancer.url);
    id = await addConfig(admin, 'Many front ends', NOTICES);
  });
  after(async function () {
    this.timeout(120_000);
    await balancer?.close();
    for (const { name } of fronts) await stopServer(lab, name);
    for (const sidecar of sidecars) await sidecar.stop();
    await databaseRows(`DELETE FROM oauth2_token WHERE token_config_id = ${id}`);
    await databaseRows(`DELETE FROM oauth2_token_config WHERE id = ${id}`);
    await provider.reset();
  });

  /** As the browser comes back from the provider: the redirect URI leads to the load balancer. */
  const comeBack = async (back: URL) =>
    fetch(`${balancer.url.replace('index.pl', CALLBACK)}${back.search}`, {
      redirect: 'manual',
      headers: { Cookie: `OTRSAgentInterface=${admin.id}` },
    });

  it("each show the overview in the helpdesk's frame, and the admin stays logged in", async () => {
    const framed = new Set<number | undefined>();
    // A process of the web server that answers for the first time may take longer than the sidecar waits for its page.
    await until('the frame at each', async () => {
      const page = await admin.get(`${SCREEN};Search=Many`);
      expect(page.status).to.equal(200);
      const text = await page.text();
      expect(text).to.contain('Many front ends');
      if (text.includes('id="NavigationContainer"')) framed.add(balancer.served());
      return framed.size === 3;
    });
    const [alive] = await databaseRows(`SELECT COUNT(*) FROM sessions WHERE session_id = '${admin.id}'`);
    expect(Number(alive?.[0])).to.be.greaterThan(0);
  });

  it('complete a consent on one that began on another, once, wherever it is repeated', async () => {
    const back = await consent(await begin(admin, id));
    const begun = balancer.served();
    const answer = await comeBack(back);
    expect(balancer.served()).to.not.equal(begun);
    expect(answer.status).to.equal(303);
    const token = await tokenOf(id);
    expect(token).to.have.length.greaterThan(20);
    for (let n = 0; n < 3; n++) expect(codeOf(await (await comeBack(back)).text())).to.equal('state-invalid');
    expect(await tokenOf(id)).to.equal(token);
  });

  it('show a change of one at once on every other, and refuse an outdated edit everywhere', async () => {
    const forms = [];
    for (let n = 0; n < 3; n++) {
      const page = await (await admin.get(`${SCREEN};Subaction=EditTokenConfig;ID=${id}`)).text();
      forms.push(/name="Version" value="([^"]*)"/.exec(page)?.[1]);
    }
    expect(new Set(forms).size).to.equal(1);
    const fields = {
      ID: String(id),
      Version: forms[0] ?? '',
      ClientID: CREDENTIALS.client.id,
      AuthorizationCodeRequestURL: `${lab.urls.provider}/auth`,
      TokenByAuthorizationCodeRequestURL: `${lab.urls.provider}/token`,
      TokenByRefreshTokenRequestURL: `${lab.urls.provider}/token`,
      Scope: 'openid offline_access',
      ValidID: '1',
      PKCE: '1',
      ...NOTICES,
    };
    const save = (name: string) =>
      admin.post(`${SCREEN};Subaction=SaveTokenConfig`, { ...fields, Name: name });
    const saved = await save('Many front ends, renamed');
    expect(saved.status, await saved.text()).to.equal(303);
    for (let n = 0; n < 3; n++) {
      expect(await (await admin.get(`${SCREEN};Search=Many`)).text()).to.contain('Many front ends, renamed');
      expect((await save('Many front ends')).status).to.equal(409);
    }
  });

  it('use no refresh token twice and lose none when "Renew now" is clicked on all three at once', async () => {
    await provider.reset();
    await databaseRows(
      `UPDATE oauth2_token SET token_expiration_date = UTC_TIMESTAMP() + INTERVAL 100 SECOND WHERE token_config_id = ${id}`,
    );
    const before = await tokenOf(id);
    const renew = () => admin.post(`${SCREEN};Subaction=RefreshToken`, { ID: String(id) });
    const answers = await Promise.all([renew(), renew(), renew()]);
    for (const { status } of answers) expect([303, 409]).to.include(status);
    await until('a renewal', async () => (await tokenOf(id)) !== before);
    expect((await provider.state()).requests.refresh_token)
      .to.be.lessThan(3)
      .and.greaterThan(0);
    const [row] = await databaseRows(
      `SELECT COALESCE(error_message, 'none') FROM oauth2_token WHERE token_config_id = ${id}`,
    );
    expect(row?.[0]).to.equal('none');
  });

  it('show the same notification bar', async () => {
    await databaseRows(
      `UPDATE oauth2_token SET token_expiration_date = UTC_TIMESTAMP() - INTERVAL 1 DAY, refresh_token = 'gone', change_time = UTC_TIMESTAMP() WHERE token_config_id = ${id}`,
    );
    await until(
      'the refusal',
      async () =>
        (
          await databaseRows(
            `SELECT COALESCE(error_message, '') FROM oauth2_token WHERE token_config_id = ${id}`,
          )
        )[0]?.[0] === 'invalid_grant',
      50_000,
    );
    const bars = [];
    for (let n = 0; n < 3; n++) bars.push(await (await admin.get(`${SCREEN};Subaction=Bar`)).text());
    expect(bars[0]).to.contain('Many front ends');
    expect(new Set(bars).size).to.equal(1);
  });

  it('keep the admin logged in behind haproxy as in docs/operations.md, and complete a consent elsewhere', async () => {
    const port = await freePort();
    const haproxy = await startHaproxy(documented(port));
    try {
      const url = `http://127.0.0.1:${port}/otrs/index.pl`;
      await until('haproxy', async () => (await fetch(url).catch(() => undefined))?.status === 200);
      const through = await session(CREDENTIALS.admin, url);
      const servers = new Set<string>();
      const seen = (answer: Response) => {
        const name = answer.headers.get('x-front') ?? '';
        servers.add(name);
        return name;
      };
      await databaseRows(`UPDATE oauth2_token SET token = 'before' WHERE token_config_id = ${id}`);
      const asked = await through.post(`${SCREEN};Subaction=RequestToken`, { ID: String(id) });
      const begun = seen(asked);
      expect(asked.status).to.equal(303);
      const back = await consent(new URL(asked.headers.get('location') ?? ''));
      const answer = await fetch(`${url.replace('index.pl', CALLBACK)}${back.search}`, {
        redirect: 'manual',
        headers: { Cookie: `OTRSAgentInterface=${through.id}` },
      });
      expect(answer.status).to.equal(303);
      expect(seen(answer)).to.not.equal(begun);
      expect(await tokenOf(id)).to.have.length.greaterThan(20);
      for (let n = 0; n < 3; n++) {
        // What a browser sends is replaced; otherwise the helpdesk would end the session.
        const page = await through.get(`${SCREEN};Search=Many`, { 'X-Forwarded-For': '198.51.100.1' });
        seen(page);
        expect(await page.text()).to.contain('Many front ends');
      }
      expect([...servers].sort()).to.deep.equal(['front1', 'front2', 'front3']);
      const [address] = await databaseRows(
        `SELECT data_value FROM sessions WHERE session_id = '${through.id}' AND data_key = 'UserRemoteAddr'`,
      );
      expect(address).to.deep.equal(['127.0.0.1']);
    } finally {
      await haproxy.stop();
    }
  });
  /** On ports of the lab, without TLS; it also says which server has answered. */
  function documented(port: number): string {
    const text = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
    const ports = [lab.ports.apache, ...fronts.map(({ apache }) => apache)];
    return (/```haproxy\n([\s\S]*?)```/.exec(text)?.[1] ?? '')
      .replace(/bind .*/, `bind 127.0.0.1:${port}\n    http-response set-header X-Front %[srv_name]`)
      .replace(/(server front(\d)) \S+/g, (_, server, n) => `${server} 127.0.0.1:${ports[Number(n) - 1]}`);
  }

  it('go on without one that stops, whose own web server says what to start', async () => {
    await sidecars[0]?.stop('SIGKILL');
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await admin.get(SCREEN)).status);
    expect(statuses.sort()).to.deep.equal([200, 200, 503]);
    const back = await consent(await begin(admin, id).catch(() => begin(admin, id)));
    let answer = await comeBack(back);
    if (answer.status === 503) answer = await comeBack(back);
    expect(answer.status).to.equal(303);
    expect(await tokenOf(id)).to.have.length.greaterThan(20);
  });
});
