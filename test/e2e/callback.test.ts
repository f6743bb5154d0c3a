import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { consent } from '../support/consent.js';
import { addConfig, begin } from '../support/granted-config.js';
import { databaseRows, itWithTokens, lab, perl, provider, type Session, session } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const { client } = CREDENTIALS;

const callback = (who: Session | undefined, url: URL) =>
  fetch(url, { redirect: 'manual', headers: who ? { Cookie: `OTRSAgentInterface=${who.id}` } : {} });

const tokenOf = async (id: number) =>
  (
    await databaseRows(`SELECT COALESCE(token, '') FROM oauth2_token WHERE token_config_id = ${id}`)
  )[0]?.[0] ?? '';

/** Expects a page with a code and status, and no token stored. */
async function refused(answer: Response, status: number, code: string, id: number): Promise<string> {
  const page = await answer.text();
  expect(answer.status, page).to.equal(status);
  expect(/data-code="([^"]*)"/.exec(page)?.[1]).to.equal(code);
  // Code and state are in the address of this page.
  expect(answer.headers.get('referrer-policy')).to.equal('no-referrer');
  expect(await tokenOf(id)).to.equal('');
  return page;
}

describe('the callback below ScriptAlias', () => {
  let admin: Session;
  let id: number;

  before(async () => {
    await provider.reset();
    admin = await session(CREDENTIALS.admin);
    id = await addConfig(admin, 'Callback tests');
  });
  after(() => provider.reset());

  it('sends a state of 256 bits, of which only the hash is stored, and PKCE S256', async () => {
    const url = await begin(admin, id);
    const state = url.searchParams.get('state') ?? '';
    expect(Buffer.from(state, 'base64url')).to.have.length(32);
    expect(url.searchParams.get('code_challenge_method')).to.equal('S256');
    expect(url.searchParams.get('redirect_uri')).to.equal(lab.urls.callback);
    expect(url.searchParams.has('client_secret')).to.equal(false);
    const [row] = await databaseRows(
      'SELECT state_hash, session_hash FROM oauth2_sidecar_authorization ORDER BY created_at DESC LIMIT 1',
    );
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const all = await databaseRows('SELECT state_hash FROM oauth2_sidecar_authorization');
    expect(all.flat()).to.include(hash(state));
    expect(row?.[1]).to.equal(hash(admin.id));
  });

  it('nobody is logged in: nothing stored', async () => {
    const back = await consent(await begin(admin, id));
    await refused(await callback(undefined, back), 401, 'not-signed-in', id);
  });

  it('an agent without the right: nothing stored', async () => {
    const back = await consent(await begin(admin, id));
    await refused(await callback(await session(CREDENTIALS.agent), back), 403, 'no-permission', id);
  });

  it('a forged state: nothing stored', async () => {
    const back = await consent(await begin(admin, id));
    back.searchParams.set('state', 'TokenConfigID1');
    await refused(await callback(admin, back), 400, 'state-invalid', id);
  });

  it("another session's state: nothing stored, and the rightful one still works", async () => {
    const other = await session(CREDENTIALS.root);
    const back = await consent(await begin(admin, id));
    await refused(await callback(other, back), 403, 'state-foreign', id);
  });

  it('an expired state: nothing stored', async () => {
    const back = await consent(await begin(admin, id));
    await databaseRows('UPDATE oauth2_sidecar_authorization SET expires_at = UNIX_TIMESTAMP() * 1000 - 1000');
    await refused(await callback(admin, back), 400, 'state-expired', id);
  });

  it('explains a denied consent in plain words', async () => {
    const back = await consent(await begin(admin, id), 'deny');
    const page = await refused(await callback(admin, back), 400, 'consent-refused', id);
    expect(page).to.contain('Consent was declined').and.contain('The owner of the mailbox declined.');
    expect(page.match(/accept the requested permissions/g)).to.have.length(1);
    const again = /<form action="([^"]*)" method="post"[\s\S]*?name="ID" value="(\d+)"/.exec(page);
    expect(again?.[1]).to.contain('Subaction&#x3D;RequestToken');
    expect(again?.[2]).to.equal(String(id));
  });

  it('where the provider rejects the app, leads to the configuration by its name before another consent', async () => {
    const back = await consent(await begin(admin, id));
    await databaseRows(
      `UPDATE oauth2_token_config SET config = REPLACE(config, '${CREDENTIALS.client.secret}', 'wrong') WHERE id = ${id}`,
    );
    try {
      const page = await refused(await callback(admin, back), 422, 'client-rejected', id);
      const ways = /<div class="OAuth2Ways">([\s\S]*?)<\/div>/.exec(page)?.[1] ?? '';
      expect(ways).to.match(
        new RegExp(
          `^\\s*<a class="CallForAction Primary [^"]*" href="[^"]*EditTokenConfig;ID[^"]*${id}"><span>Edit: Callback tests</span>`,
        ),
      );
      expect(ways)
        .to.contain('Request new token')
        .and.not.match(/button [^>]*Primary/);
    } finally {
      await databaseRows(
        `UPDATE oauth2_token_config SET config = REPLACE(config, '"wrong"', '"${CREDENTIALS.client.secret}"') WHERE id = ${id}`,
      );
    }
  });

  it('the wrong issuer: nothing stored', async () => {
    const back = await consent(await begin(admin, id));
    back.searchParams.set('iss', 'https://evil.example');
    await refused(await callback(admin, back), 400, 'issuer-mismatch', id);
  });

  it('neither code nor error: nothing stored', async () => {
    const back = await consent(await begin(admin, id));
    back.searchParams.delete('code');
    await refused(await callback(admin, back), 400, 'code-missing', id);
  });

  it('a parameter repeated with another value: nothing stored', async () => {
    const back = await consent(await begin(admin, id));
    back.searchParams.append('code', 'another');
    await refused(await callback(admin, back), 400, 'bad-request', id);
  });

  it('refuses a POST with 405', async () => {
    const answer = await fetch(lab.urls.callback, {
      method: 'POST',
      body: new URLSearchParams({ code: 'x' }),
    });
    await refused(answer, 405, 'method-not-allowed', id);
  });

  it('stores an answer without a refresh token, and reports it as incomplete with the remedy', async () => {
    const own = await addConfig(admin, 'Incomplete');
    await provider.set({ mode: 'no-refresh-token' });
    const answer = await callback(admin, await consent(await begin(admin, own)));
    await provider.reset();
    expect(answer.status).to.equal(303);
    const target = answer.headers.get('location') ?? '';
    expect(target).to.contain('Notice=incomplete');
    const page = await (await admin.get(target.split('?')[1] ?? '')).text();
    expect(page).to.contain('sent no refresh token').and.contain('access_type').and.contain('offline_access');
  });

  it('works once: a replay changes nothing', async () => {
    const back = await consent(await begin(admin, id));
    const first = await callback(admin, back);
    expect(first.status).to.equal(303);
    const target = new URL(first.headers.get('location') ?? '', back);
    expect(target.href).to.match(/\/otrs\/index\.pl\?.*Notice=received/);
    expect(target.origin).to.equal(new URL(lab.urls.helpdesk).origin);
    for (const secret of ['code', 'state'])
      expect(target.href).to.not.contain(back.searchParams.get(secret) ?? 'missing');
    expect(first.headers.get('referrer-policy')).to.equal('no-referrer');
    const token = await tokenOf(id);
    expect(token).to.have.length.greaterThan(20);
    const replay = await callback(admin, back);
    expect(replay.status).to.equal(400);
    expect(/data-code="([^"]*)"/.exec(await replay.text())?.[1]).to.equal('state-invalid');
    expect(await tokenOf(id)).to.equal(token);
  });

  it('works without PKCE where the configuration disables it', async () => {
    const own = await addConfig(admin, 'No PKCE', { PKCE: '0' });
    const url = await begin(admin, own);
    expect(url.searchParams.has('code_challenge')).to.equal(false);
    expect((await callback(admin, await consent(url))).headers.get('location')).to.contain('Notice=received');
    expect(await tokenOf(own)).to.have.length.greaterThan(20);
  });

  itWithTokens(
    "stores a token that the helpdesk's own Perl reads at once, and we see the helpdesk's refresh at once",
    async () => {
      const read = `print $Kernel::OM->Get('Kernel::System::OAuth2Token')->GetToken( TokenConfigID => ${id}, UserID => 1 );`;
      expect(await perl(read)).to.equal(await tokenOf(id));
      await databaseRows(
        `UPDATE oauth2_token SET token_expiration_date = UTC_TIMESTAMP() - INTERVAL 1 SECOND WHERE token_config_id = ${id}`,
      );
      const renewed = await perl(read);
      expect(renewed).to.equal(await tokenOf(id));
      const page = await (await admin.get(`${SCREEN};Search=Callback`)).text();
      expect(page).to.contain('Token is valid until');
    },
  );

  itWithTokens("shows what the helpdesk's own Perl writes in filters, counts and bar at once", async () => {
    const notices = { NotifyOnExpiredToken: '1', NotifyOnExpiredRefreshToken: '1' };
    const own = await addConfig(admin, 'Seen at once', notices);
    await callback(admin, await consent(await begin(admin, own)));
    const fault = 'the password of the mailbox was changed';
    const write = (values: string) =>
      perl(`my $O = $Kernel::OM->Get('Kernel::System::OAuth2Token');
        my %T = $O->DataGet( TokenConfigID => ${own}, UserID => 1 );
        $O->DataUpdate( %T, ${values}, UserID => 1, ChangeBy => 1 ); print 1;`);
    const seen = async () => {
      const needing = await (await admin.get(`${SCREEN};State=consent-needed`)).text();
      const bar = await (await admin.get(`${SCREEN};Subaction=Bar`)).text();
      return {
        list: new RegExp(`EditTokenConfig(;|&amp;)ID&#x3D;${own}"`).test(needing),
        bar: bar.includes(`data-oauth2-sidecar="${own}"`),
      };
    };
    // After a look that took long, on a busy machine, the next one waits for nine times as long.
    const becomes = (expected: Awaited<ReturnType<typeof seen>>) =>
      until(`what is seen is ${JSON.stringify(expected)}`, async () =>
        isDeepStrictEqual(await seen(), expected),
      );
    await becomes({ list: false, bar: false });
    const [[access = '', end = '', refresh = ''] = []] = await databaseRows(
      `SELECT token, token_expiration_date, refresh_token FROM oauth2_token WHERE token_config_id = ${own}`,
    );
    await write(
      `RefreshToken => undef, TokenExpirationDate => '2001-01-01 00:00:00', ErrorMessage => 'invalid_grant', ErrorDescription => '${fault}'`,
    );
    await becomes({ list: true, bar: true });
    await write(
      `Token => '${access}', RefreshToken => '${refresh}', TokenExpirationDate => '${end}', ErrorMessage => undef, ErrorDescription => undef`,
    );
    await becomes({ list: false, bar: false });
  });

  it('writes no state, code, token or secret to the log', async () => {
    const { readFileSync } = await import('node:fs');
    const log = readFileSync(`${lab.dir}/log/sidecar.log`, 'utf8');
    expect(log).to.contain('"path":"/otrs/get-oauth2-token-by-authorization-code.pl"');
    const back = await consent(await begin(admin, id));
    await callback(admin, back);
    const after = readFileSync(`${lab.dir}/log/sidecar.log`, 'utf8');
    const secrets = [client.secret, admin.id, admin.challengeToken, await tokenOf(id)];
    for (const secret of [
      ...secrets,
      back.searchParams.get('code') ?? '',
      back.searchParams.get('state') ?? '',
    ]) {
      expect(secret).to.have.length.greaterThan(8);
      expect(after.includes(secret)).to.equal(false);
    }
  });
});
