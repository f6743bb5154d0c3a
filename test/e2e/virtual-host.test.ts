import { expect } from 'chai';
import { type Layout, startVirtualHost } from '../lab/apache.js';
import { CREDENTIALS } from '../lab/instance.js';
import { stopServer } from '../lab/servers.js';
import { extraSidecar, lab, type Session, session } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';

describe('a web server with virtual hosts', () => {
  let own: Awaited<ReturnType<typeof extraSidecar>>;
  before(async () => {
    // Its internal listener is the next port, so both must be free: two of the lab's own.
    own = await extraSidecar({ port: lab.ports.sidecar + 4 });
  });
  afterEach(() => stopServer(lab, 'apache-virtual-host'));
  after(() => own?.stop());

  /** In every layout, for every host name. */
  async function closedCallback(url: string): Promise<void> {
    const script = new URL('get-oauth2-token-by-authorization-code.pl', url).href;
    for (const address of [`${script}/x?state=y`, script.replace('code', '%63ode').concat('/')])
      for (const host of ['helpdesk.example', 'elsewhere.example']) {
        const answer = await fetch(address, { headers: { Host: host } });
        expect([answer.status, await answer.text()]).to.deep.equal([
          403,
          'Closed by the OAuth2 sidecar: this address answers only as it is registered at the provider.',
        ]);
      }
  }
  const logIn = async (layout: Layout): Promise<Session> => {
    const port = await startVirtualHost(lab, own.port, layout);
    return session(CREDENTIALS.admin, `http://127.0.0.1:${port}/otrs/index.pl`);
  };
  /** Our part must not log anybody out. */
  const isLoggedIn = async (admin: Session) =>
    (await (await admin.get('Action=Admin')).text()).includes('id="NavigationContainer"');

  for (const layout of ['beside the virtual host', 'inside, included'] as const)
    it(`shows our screens in the helpdesk's page: the helpdesk ${layout}`, async () => {
      const admin = await logIn(layout);
      for (let visit = 0; visit < 2; visit++) {
        const page = await (await admin.get(SCREEN)).text();
        expect(page).to.contain('OAuth2Overview').and.contain('id="NavigationContainer"');
      }
      await closedCallback((await admin.get('Action=Admin')).url);
      expect(await isLoggedIn(admin)).to.equal(true);
    });

  it('shows a page of our own and logs nobody out when the helpdesk is inside and the rules were not told', async () => {
    const admin = await logIn('inside');
    const answer = await admin.get(SCREEN);
    const page = await answer.text();
    expect(answer.status).to.equal(200);
    expect(page).to.contain('OAuth2Overview').and.contain('Back to the helpdesk');
    expect(page).to.not.contain('id="NavigationContainer"');
    expect(await isLoggedIn(admin)).to.equal(true);
    expect((await admin.get(`${SCREEN};Subaction=Bar`)).status).to.be.oneOf([200, 204]);
    await closedCallback(answer.url);
    const port = new URL(answer.url).port;
    const callback = `http://127.0.0.1:${port}/otrs/get-oauth2-token-by-authorization-code.pl?code=x;state=y`;
    const back = await fetch(callback, { headers: { Cookie: `OTRSAgentInterface=${admin.id}` } });
    expect(await back.text()).to.contain('data-code="state-invalid"');
  });
});
