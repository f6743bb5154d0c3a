import { expect } from 'chai';
import { CALLBACK } from '../../plugin/domain/consent/redirect-uri.js';
import { CREDENTIALS } from '../lab/instance.js';
import { databaseRows, session } from '../support/lab.js';
import { nginxFront } from '../support/nginx-front.js';
import { sendRaw } from '../support/raw-http.js';

describe("an nginx in front of the helpdesk's Apache", function () {
  this.timeout(120_000);
  let port: number;
  let front: Awaited<ReturnType<typeof nginxFront>>;
  before(async () => {
    front = await nginxFront();
    port = front.port;
  });
  after(() => front.stop());
  const url = () => front.url;
  /** A part of the sidecar's policy that the helpdesk's own policy does not have. */
  const isOurs = ({ headers }: Response) =>
    (headers.get('content-security-policy') ?? '').includes("base-uri 'self'");

  it("passes the screens to the sidecar, in the helpdesk's frame, with both separators of parameters", async () => {
    const admin = await session(CREDENTIALS.admin, url());
    for (const query of [
      'Action=AdminOAuth2TokenManagement',
      'Action=AdminOAuth2TokenManagement;Search=x',
      'Search=x&Action=AdminOAuth2TokenManagement',
    ]) {
      const page = await admin.get(query, { 'X-OAuth2-Sidecar-Client': '203.0.113.9' });
      expect(page.status, query).to.equal(200);
      const text = await page.text();
      expect(text, query).to.include('id="NavigationContainer"').and.include('OAuth2');
      expect(isOurs(page), query).to.equal(true);
    }
    const [row] = await databaseRows(`SELECT COUNT(*) FROM sessions WHERE session_id = '${admin.id}'`);
    expect(Number(row?.[0]), 'still logged in').to.be.greaterThan(0);
  });

  it('accepts an HTTP/1.0 request without Host', async () => {
    for (const target of ['index.pl?Action=AdminOAuth2TokenManagement', `${CALLBACK}?state=none&code=x`]) {
      const [plain, named] = await Promise.all(
        [' HTTP/1.0\r\n\r\n', ' HTTP/1.1\r\nHost: helpdesk.example:8080\r\nConnection: close\r\n\r\n'].map(
          (rest) => sendRaw(port, Buffer.from(`GET /otrs/${target}${rest}`)),
        ),
      );
      expect(plain?.status, target).to.be.oneOf([303, 400, 401]);
      expect(plain?.status, target).to.equal(named?.status);
      expect(plain?.head, target).to.match(/^content-security-policy:.*base-uri 'self'/im);
    }
  });

  it('passes the callback to the sidecar, and everything else to the helpdesk', async () => {
    const callback = await fetch(
      `http://127.0.0.1:${port}/otrs/get-oauth2-token-by-authorization-code.pl?state=none&code=x`,
      { redirect: 'manual' },
    );
    expect(isOurs(callback)).to.equal(true);
    const admin = await session(CREDENTIALS.admin, url());
    for (const query of [
      'Action=Admin',
      'Action=AdminOAuth2TokenManagementX',
      'XAction=AdminOAuth2TokenManagement',
    ])
      expect(isOurs(await admin.get(query)), query).to.equal(false);
    const inner = await fetch(`http://127.0.0.1:${port}/oauth2-sidecar-of-the-helpdesk/otrs/index.pl`);
    expect(inner.status).to.equal(404);
  });
});
