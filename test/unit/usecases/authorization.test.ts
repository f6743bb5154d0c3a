import { expect } from 'chai';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../../plugin/errors.js';
import { codeChallenge, sha256 } from '../../../plugin/lib/hash.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { completeAuthorization } from '../../../plugin/usecases/complete-authorization.js';
import { startAuthorization } from '../../../plugin/usecases/start-authorization.js';
import { configOf, documentOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const agent = { userId: 5, sessionId: 'session-of-the-admin' };
const REDIRECT = 'https://helpdesk.example.org/otrs/get-oauth2-token-by-authorization-code.pl';
const empty = () => tokenOf({ accessToken: null, accessTokenExpiresAt: null, refreshToken: null });
const answer = () => ({ access_token: 'access-1', expires_in: 3600, refresh_token: 'refresh-1' });

const callback = (values: Record<string, string>, who = agent) => ({
  parameters: { one: (name: string) => values[name] },
  agent: who,
});

async function begun(endpoint = new ScriptedEndpoint(answer), given = {}) {
  const deps = testDeps(endpoint, { token: empty(), ...given });
  const { url } = await startAuthorization(deps, { configId: 7, agent });
  const sent = new URL(url).searchParams;
  return { deps, sent, state: sent.get('state') ?? '' };
}

describe('the start of an authorization', () => {
  it('sends state and PKCE challenge, and stores only the hashes of their secrets', async () => {
    const { deps, sent, state } = await begun();
    expect(state).to.match(/^[\w-]{43}$/);
    expect(sent.get('redirect_uri')).to.equal(REDIRECT);
    expect(sent.get('code_challenge_method')).to.equal('S256');
    const [pending] = [...deps.authorizations.rows.values()];
    expect(pending).to.deep.include({
      stateHash: sha256(state),
      sessionHash: sha256('session-of-the-admin'),
      userId: 5,
      configId: 7,
      redirectUri: REDIRECT,
      createdAt: new Date('2026-11-24T12:00:00Z'),
      expiresAt: new Date('2026-11-24T12:10:00Z'),
    });
    expect(sent.get('code_challenge')).to.equal(codeChallenge(pending?.verifier ?? ''));
    expect(JSON.stringify(pending)).not.to.include(state).and.not.to.include('session-of-the-admin');
  });

  it('leaves PKCE out where the configuration disables it', async () => {
    const { deps, sent } = await begun(undefined, {
      config: configOf({ document: documentOf('google-mail', { Sidecar: { PKCE: 0 } }) }),
    });
    expect(sent.has('code_challenge')).to.equal(false);
    expect([...deps.authorizations.rows.values()][0]?.verifier).to.equal(null);
  });

  it('sends a state even where the mapping omits it', async () => {
    const document = documentOf();
    delete document.Requests?.AuthorizationCode?.Request?.AutofilledParametersMapping?.state;
    const { state } = await begun(undefined, { config: configOf({ document }) });
    expect(state).to.match(/^[\w-]{43}$/);
  });

  it('refuses an unknown configuration and an invalid endpoint', async () => {
    const deps = testDeps(new ScriptedEndpoint(answer));
    expect(await codeOf(startAuthorization(deps, { configId: 99, agent }))).to.equal('unknown-token-config');
    const broken = testDeps(new ScriptedEndpoint(answer), { config: configOf({ document: {} }) });
    expect(await codeOf(startAuthorization(broken, { configId: 7, agent }))).to.equal('invalid-token-config');
    expect(broken.authorizations.rows.size).to.equal(0);
  });
});

describe('the return from the provider', () => {
  it('stores no token that lacks a permission for mail, keeps the stored one, and says what to select', async () => {
    const endpoint = new ScriptedEndpoint(() => ({ ...answer(), scope: 'openid email' }));
    const { deps, state } = await begun(endpoint, {
      config: configOf({ document: documentOf('google-mail') }),
      token: tokenOf({ accessToken: 'earlier', refreshToken: 'earlier-refresh' }),
    });
    const thrown: unknown = await completeAuthorization(deps, callback({ state, code: 'c' })).catch(
      (error: unknown) => error,
    );
    expect((thrown as SidecarError).code).to.equal('scope-missing');
    expect((thrown as SidecarError).details.map((each) => inEnglish(each)).join(' '))
      .to.contain('Missing: https://mail.google.com/.')
      .and.contain('“Read, compose, send, and permanently delete all your email from Gmail”');
    expect(await deps.tokens.get(7)).to.include({ accessToken: 'earlier', refreshToken: 'earlier-refresh' });
    expect(deps.events.events.map(({ what, outcome, code }) => [what, outcome, code])).to.deep.equal([
      ['consent', 'refused', 'scope-missing'],
    ]);
  });

  it('leaves without a token a state that says what is missing, which a whole consent ends', async () => {
    const endpoint = new ScriptedEndpoint(
      () => ({ ...answer(), scope: 'openid email' }),
      () => ({ ...answer(), scope: 'openid https://mail.google.com/' }),
    );
    const given = { config: configOf({ document: documentOf('google-mail') }), token: empty() };
    const { deps, state } = await begun(endpoint, given);
    const missing = async () => (await deps.renewals.one(7))?.renewal.missingScopes;
    expect(await codeOf(completeAuthorization(deps, callback({ state, code: 'c' })))).to.equal(
      'scope-missing',
    );
    expect(await missing()).to.deep.equal(['https://mail.google.com/']);
    const again = await startAuthorization(deps, { configId: 7, agent });
    const next = new URL(again.url).searchParams.get('state') ?? '';
    await completeAuthorization(deps, callback({ state: next, code: 'd' }));
    expect(await missing()).to.deep.equal([]);
    expect((await deps.tokens.get(7)).accessToken).to.equal('access-1');
  });

  it('leaves the state alone if another consent has stored a token since the row was read', async () => {
    const endpoint = new ScriptedEndpoint(() => ({ ...answer(), scope: 'openid email' }));
    const given = { config: configOf({ document: documentOf('google-mail') }), token: empty() };
    const { deps, state } = await begun(endpoint, given);
    const { one } = deps.renewals;
    deps.renewals.one = async (id) => {
      const row = await one.call(deps.renewals, id);
      await deps.tokens.save(await deps.tokens.get(id), { accessToken: 'whole', refreshToken: 'r' }, 2);
      return row;
    };
    const asked = completeAuthorization(deps, callback({ state, code: 'c' }));
    expect(await codeOf(asked)).to.equal('scope-missing');
    expect(deps.renewals.row(7).state.missingScopes).to.deep.equal([]);
  });

  it('stores a token whose answer names the scopes in other words', async () => {
    const endpoint = new ScriptedEndpoint(() => ({ ...answer(), scope: 'HTTPS://mail.google.com' }));
    const { deps, state } = await begun(endpoint, {
      config: configOf({ document: documentOf('google-mail') }),
    });
    await completeAuthorization(deps, callback({ state, code: 'c' }));
    expect((await deps.tokens.get(7)).accessToken).to.equal('access-1');
  });

  it('exchanges the code with the verifier and stores the tokens for the agent', async () => {
    const { deps, state, sent } = await begun();
    const done = await completeAuthorization(deps, callback({ state, code: 'code-4711' }));
    expect(done).to.deep.equal({ configId: 7, incomplete: false });
    const [request] = deps.endpoint.requests;
    expect(request?.parameters).to.include({
      grant_type: 'authorization_code',
      code: 'code-4711',
      redirect_uri: REDIRECT,
    });
    expect(codeChallenge(request?.parameters.code_verifier ?? '')).to.equal(sent.get('code_challenge'));
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
    expect(deps.tokens.writes).to.deep.equal([{ configId: 7, userId: 5, what: 'save' }]);
    expect(deps.caches.forgotten).to.equal(1);
  });

  it('accepts a state once: a replay stores nothing', async () => {
    const { deps, state } = await begun();
    await completeAuthorization(deps, callback({ state, code: 'code-4711' }));
    const replay = completeAuthorization(deps, callback({ state, code: 'code-4711' }));
    expect(await codeOf(replay)).to.equal('state-invalid');
    expect(deps.endpoint.requests).to.have.length(1);
  });

  it('makes one exchange for two concurrent calls', async () => {
    const { deps, state } = await begun();
    const both = [1, 2].map(() => completeAuthorization(deps, callback({ state, code: 'code-4711' })));
    const outcomes = (await Promise.allSettled(both)).map(({ status }) => status).sort();
    expect(outcomes).to.deep.equal(['fulfilled', 'rejected']);
    expect(deps.endpoint.requests).to.have.length(1);
  });

  for (const [what, values, code] of [
    ['no state', { code: 'x' }, 'state-invalid'],
    ['empty state', { code: 'x', state: '' }, 'state-invalid'],
    ['forged state', { code: 'x', state: 'TokenConfigID7' }, 'state-invalid'],
  ] as const)
    it(`with ${what} ends in ${code} and stores nothing`, async () => {
      const { deps, state } = await begun();
      expect(await codeOf(completeAuthorization(deps, callback(values)))).to.equal(code);
      expect(deps.tokens.writes).to.deep.equal([]);
      expect(deps.authorizations.rows.has(sha256(state))).to.equal(true);
    });

  for (const [what, values, code] of [
    [
      'declined',
      { error: 'access_denied', error_description: 'AADSTS65004: User declined' },
      'consent-refused',
    ],
    ['refused', { error: 'invalid_scope' }, 'provider-refused'],
    ['neither code nor error', {}, 'code-missing'],
    ['empty code', { code: '' }, 'code-missing'],
    ['foreign issuer', { code: 'x', iss: 'https://evil.example.org' }, 'issuer-mismatch'],
    ['issuer that is no address', { code: 'x', iss: 'nonsense' }, 'issuer-mismatch'],
    [
      'foreign issuer with an error',
      { error: 'access_denied', iss: 'https://evil.example.org' },
      'issuer-mismatch',
    ],
  ] as const)
    it(`ends in ${code} (${what}), stores nothing and uses up the state`, async () => {
      const { deps, state } = await begun();
      expect(await codeOf(completeAuthorization(deps, callback({ state, ...values })))).to.equal(code);
      expect(deps.endpoint.requests).to.have.length(0);
      expect(deps.tokens.writes).to.deep.equal([]);
      expect(deps.authorizations.rows.size).to.equal(0);
      const error = 'error' in values && code !== 'issuer-mismatch' ? values.error : code;
      // With Microsoft's number, so that the history has the same explanation.
      const said = 'error_description' in values ? `${error} AADSTS65004` : error;
      expect(deps.renewals.events).to.deep.include.members([
        {
          at: deps.clock(),
          configId: 7,
          actor: 5,
          what: 'consent',
          outcome: 'refused',
          code: said,
          durationMs: 0,
        },
      ]);
    });

  it('compares a configured issuer exactly', async () => {
    const config = configOf({
      document: documentOf('google-mail', { Sidecar: { Issuer: 'https://idp.example.org/a' } }),
    });
    const wrong = await begun(undefined, { config });
    const values = { code: 'x', iss: 'https://idp.example.org/b' };
    expect(
      await codeOf(completeAuthorization(wrong.deps, callback({ ...values, state: wrong.state }))),
    ).to.equal('issuer-mismatch');
    const right = await begun(undefined, { config });
    const good = callback({ code: 'x', iss: 'https://idp.example.org/a', state: right.state });
    expect((await completeAuthorization(right.deps, good)).incomplete).to.equal(false);
  });

  it('refuses an answer that names no issuer where the provider always names one', async () => {
    const config = configOf({
      document: documentOf('google-mail', {
        Sidecar: { Issuer: 'https://idp.example.org/a', RequireIssuer: 1 },
      }),
    });
    const without = await begun(undefined, { config });
    const answer = callback({ code: 'x', state: without.state });
    expect(await codeOf(completeAuthorization(without.deps, answer))).to.equal('issuer-mismatch');
    expect(without.deps.tokens.writes).to.deep.equal([]);
    const named = await begun(undefined, { config });
    const good = callback({ code: 'x', iss: 'https://idp.example.org/a', state: named.state });
    expect((await completeAuthorization(named.deps, good)).incomplete).to.equal(false);
  });

  it('tells another session from the own one, which may still finish', async () => {
    const { deps, state } = await begun();
    const foreign = callback({ state, code: 'x' }, { userId: 6, sessionId: 'another session' });
    expect(await codeOf(completeAuthorization(deps, foreign))).to.equal('state-foreign');
    expect(deps.tokens.writes).to.deep.equal([]);
    await completeAuthorization(deps, callback({ state, code: 'x' }));
    expect(deps.tokens.writes).to.have.length(1);
  });

  it('is refused after ten minutes', async () => {
    const { deps, state } = await begun();
    deps.clock.advance(600);
    expect(await codeOf(completeAuthorization(deps, callback({ state, code: 'x' })))).to.equal(
      'state-expired',
    );
    expect(deps.endpoint.requests).to.have.length(0);
    const inTime = await begun();
    inTime.deps.clock.advance(599);
    await completeAuthorization(inTime.deps, callback({ state: inTime.state, code: 'x' }));
    expect(inTime.deps.tokens.writes).to.have.length(1);
  });

  it('passes on that a parameter occurred twice', async () => {
    const { deps } = await begun();
    const twice = {
      agent,
      parameters: {
        one: (): string => {
          throw new SidecarError('bad-request');
        },
      },
    };
    expect(await codeOf(completeAuthorization(deps, twice))).to.equal('bad-request');
  });

  it('reports a success without a refresh token as incomplete, and keeps the stored refresh token', async () => {
    const endpoint = new ScriptedEndpoint(() => ({ access_token: 'access-1', expires_in: 3600 }));
    const { deps, state } = await begun(endpoint, { token: tokenOf() });
    const done = await completeAuthorization(deps, callback({ state, code: 'x' }));
    expect(done.incomplete).to.equal(true);
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-0' });
  });

  it('stores the tokens although a renewal writes at the same moment', async () => {
    const { deps, state } = await begun(undefined, { token: tokenOf() });
    let raced = 0;
    deps.tokens.beforeSave = () => {
      if (raced++ < 2) deps.tokens.overwrite(7, { accessToken: `access-of-perl-${raced}` });
    };
    await completeAuthorization(deps, callback({ state, code: 'x' }));
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
  });

  it('changes no stored token when the exchange fails', async () => {
    const refused = new ProviderError({
      outcome: 'client-rejected',
      error: 'invalid_client',
      description: 'AADSTS7000222: expired',
      status: 401,
      codes: '7000222',
    });
    const { deps, state } = await begun(new ScriptedEndpoint(() => Promise.reject(refused)), {
      token: tokenOf(),
    });
    expect(await codeOf(completeAuthorization(deps, callback({ state, code: 'x' })))).to.equal(
      'client-rejected',
    );
    expect(deps.tokens.rows.get(7)).to.deep.equal(tokenOf());
  });

  it('speaks of the code, not of a stored refresh token, when the code is refused', async () => {
    const used = new ProviderError({
      outcome: 'grant-dead',
      error: 'invalid_grant',
      status: 400,
    });
    const { deps, state } = await begun(new ScriptedEndpoint(() => Promise.reject(used)), {
      token: tokenOf(),
    });
    const thrown = await completeAuthorization(deps, callback({ state, code: 'x' })).catch((error) => error);
    expect(thrown.code).to.equal('provider-refused');
    expect(thrown.detail).to.include('authorization code').and.include('invalid_grant');
    expect(deps.tokens.rows.get(7)).to.deep.equal(tokenOf());
  });

  for (const [error, code] of [
    ['temporarily_unavailable', 'provider-overloaded'],
    ['server_error', 'provider-overloaded'],
    ['unauthorized_client', 'client-rejected'],
    ['access_denied\u202e', 'consent-refused'],
  ] as const)
    it(`tells ${JSON.stringify(error)} from a refusal: ${code}`, async () => {
      const { deps, state } = await begun();
      const values = { state, error, error_description: 'a\u202eb\n<b>c' };
      const thrown = await completeAuthorization(deps, callback(values)).catch((failure) => failure);
      expect(thrown.code).to.equal(code);
      expect(thrown.detail).to.match(/\([a-z_]+: a b <b>c\)$/);
    });

  it('waits for a database that is down for a moment, because the code works only once', async () => {
    const { deps, state } = await begun();
    let away = 2;
    deps.tokens.beforeSave = () => {
      if (away-- > 0) throw new SidecarError('database-unavailable');
    };
    await completeAuthorization(deps, callback({ state, code: 'x' }));
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1' });
  });

  for (const code of ['database-unavailable', 'database-busy', 'internal', 'schema-unknown'] as const)
    it(`does not record a fault of ours as a refusal in the history (${code})`, async () => {
      const { deps, state } = await begun();
      deps.tokens.beforeSave = () => {
        throw new SidecarError(code);
      };
      expect(await codeOf(completeAuthorization(deps, callback({ state, code: 'x' })))).to.equal(code);
      expect(deps.renewals.events).to.deep.equal([]);
    });

  it('fails for a configuration that was deleted meanwhile', async () => {
    const { deps, state } = await begun();
    await deps.tokenConfigs.delete(7);
    expect(await codeOf(completeAuthorization(deps, callback({ state, code: 'x' })))).to.equal(
      'unknown-token-config',
    );
  });
});
