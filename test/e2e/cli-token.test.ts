import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { consent } from '../support/consent.js';
import { grantedConfig } from '../support/granted-config.js';
import { databaseRows, lab, provider, session, znunyOauth2 } from '../support/lab.js';

const tokenOf = async (id: number) =>
  (
    await databaseRows(
      `SELECT COALESCE(token, ''), COALESCE(refresh_token, '') FROM oauth2_token WHERE token_config_id = ${id}`,
    )
  )[0];

describe('znuny-oauth2 token', () => {
  let id: number;
  before(async () => {
    await provider.reset();
    id = await grantedConfig('Cli token');
  });
  after(async () => {
    await provider.reset();
    await databaseRows(
      "DELETE t FROM oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id WHERE c.name LIKE 'Cli token%'",
    );
    await databaseRows("DELETE FROM oauth2_token_config WHERE name LIKE 'Cli token%'");
  });

  it('show prints state and dates, and the token only when asked to', async () => {
    const [token, refresh] = (await tokenOf(id)) ?? [];
    const { code, out, err } = await znunyOauth2(['token', 'show', 'Cli token']);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.match(/^State: +Valid; renews automatically, next at \d{4}-\d{2}-\d{2} \d{2}:\d{2}\.$/m);
    expect(out)
      .to.match(/^Access token: +valid$/m)
      .and.match(/^Refresh token: +stored$/m);
    expect(out).to.not.contain(token).and.not.contain(refresh);
    const open = JSON.parse((await znunyOauth2(['token', 'show', String(id), '--json', '--show-token'])).out);
    expect(open).to.include({ id, state: 'valid', severity: 'ok', works: true, accessToken: token });
    expect(JSON.stringify(open)).to.not.contain(refresh);
    expect(Date.parse(open.accessTokenExpires)).to.be.greaterThan(Date.now());
  });

  it('renew uses the same lease and history as the sidecar, in the name of the user', async () => {
    const before = await tokenOf(id);
    const { code, out, err } = await znunyOauth2(['token', 'renew', 'Cli token', '--user', 'oauthadmin']);
    expect(code, err).to.equal(0);
    expect(out).to.match(/^The token was renewed; it is valid until \d{4}-/);
    const after = await tokenOf(id);
    expect(after?.[0]).to.not.equal(before?.[0]);
    expect(after?.[1]).to.not.equal(before?.[1]);
    const [event] = await databaseRows(`SELECT e.what, e.outcome, u.login FROM oauth2_sidecar_event e
      JOIN users u ON u.id = e.user_id WHERE e.token_config_id = ${id} ORDER BY e.id DESC LIMIT 1`);
    expect(event).to.deep.equal(['renewal', 'ok', 'oauthadmin']);
    const due = await znunyOauth2(['token', 'renew', String(id), '--if-due', '--json']);
    expect(JSON.parse(due.out)).to.include({ id, outcome: 'not-due', reason: 'not_due' });
    expect(await tokenOf(id)).to.deep.equal(after);
  });

  it('renew reports a failure with its code, and loses no stored token', async () => {
    const before = await tokenOf(id);
    await provider.set({ mode: '500' });
    const { code, out, err } = await znunyOauth2(['token', 'renew', 'Cli token', '--json']);
    await provider.reset();
    expect([code, out]).to.deep.equal([1, '']);
    expect(JSON.parse(err).error).to.include({ code: 'provider-overloaded' });
    expect(await tokenOf(id)).to.deep.equal(before);
  });

  it('authorize-url works once, for the user named and in whatever session, and for nobody else', async () => {
    const missing = await znunyOauth2(['token', 'authorize-url', 'Cli token']);
    expect([missing.code, missing.out]).to.deep.equal([2, '']);
    const agent = await znunyOauth2([
      'token',
      'authorize-url',
      'Cli token',
      '--user',
      CREDENTIALS.agent.login,
    ]);
    expect([agent.code, agent.out]).to.deep.equal([1, '']);
    expect(agent.err).to.contain('(no-permission)');
    const { code, out, err } = await znunyOauth2([
      'token',
      'authorize-url',
      'Cli token',
      '--user',
      'oauthadmin',
    ]);
    expect(code, err).to.equal(0);
    const url = new URL(out.trim());
    expect(url.origin).to.equal(lab.urls.provider);
    expect(url.searchParams.get('redirect_uri')).to.equal(lab.urls.callback);
    expect(Buffer.from(url.searchParams.get('state') ?? '', 'base64url')).to.have.length(32);
    expect(url.searchParams.get('code_challenge_method')).to.equal('S256');

    const back = await consent(url);
    const before = await tokenOf(id);
    const visit = async (credentials: { login: string; password: string } | null) => {
      const who = credentials && (await session(credentials));
      return fetch(back, {
        redirect: 'manual',
        headers: who ? { Cookie: `OTRSAgentInterface=${who.id}` } : {},
      });
    };
    expect((await visit(null)).status).to.equal(401);
    const foreign = await visit(CREDENTIALS.root);
    expect(foreign.status).to.equal(403);
    expect(await foreign.text()).to.contain('data-code="state-foreign"');
    expect(await tokenOf(id)).to.deep.equal(before);
    const rightful = await visit(CREDENTIALS.admin);
    expect(rightful.status).to.equal(303);
    expect(rightful.headers.get('location')).to.contain('Notice=received');
    expect(await tokenOf(id)).to.not.deep.equal(before);
    expect((await visit(CREDENTIALS.admin)).status).to.equal(400);
  });

  it('revoke says what it would do; with --yes the provider ends the grant and nothing remains stored', async () => {
    const copy = await znunyOauth2(['config', 'export', 'Cli token', '--with-secrets']);
    const named = copy.out.replace(
      '    ClientID:',
      `    Sidecar: { RevocationURL: '${lab.urls.provider}/token/revocation' }\n    ClientID:`,
    );
    expect((await znunyOauth2(['config', 'import', '-', '--overwrite'], named)).code).to.equal(0);
    const before = await tokenOf(id);
    const asked = await znunyOauth2(['token', 'revoke', 'Cli token']);
    expect(asked.code).to.equal(2);
    expect(asked.err).to.contain('/token/revocation').and.contain('Add --yes');
    expect(await tokenOf(id)).to.deep.equal(before);
    const { code, out, err } = await znunyOauth2([
      'token',
      'revoke',
      'Cli token',
      '--yes',
      '--user',
      'oauthadmin',
    ]);
    expect(code, err).to.equal(0);
    expect(out).to.contain('revoked at the provider');
    expect(await tokenOf(id)).to.deep.equal(['', '']);
    const { client } = CREDENTIALS;
    const answer = await fetch(`${lab.urls.provider}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: before?.[1] ?? '',
        client_id: client.id,
        client_secret: client.secret,
      }),
    });
    expect(((await answer.json()) as { error: string }).error).to.equal('invalid_grant');
    const shown = await znunyOauth2(['token', 'show', 'Cli token']);
    expect(shown.out).to.contain('No token yet: request one and grant consent at the provider.');
    const [event] = await databaseRows(
      `SELECT what, outcome FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what <> 'state' ORDER BY id DESC LIMIT 1`,
    );
    expect(event).to.deep.equal(['revocation', 'ok']);
  });

  it('revoke says how to end the grant where the provider has no endpoint for it', async () => {
    await znunyOauth2(['config', 'import', '-'], '{ Name: Cli token none, Config: { ClientID: x } }');
    const { code, err } = await znunyOauth2(['token', 'revoke', 'Cli token none']);
    expect(code).to.equal(1);
    expect(err).to.contain('not known to have such an endpoint').and.contain('--stored-only');
  });
});
