import { expect } from 'chai';
import { USUAL_POLICY } from '../../plugin/domain/token/renewal.js';
import { createLog } from '../../plugin/lib/log.js';
import { addressRules } from '../../plugin/lib/safe-address.js';
import { createTokenEndpoint } from '../../plugin/oauth/token-endpoint.js';
import { createRenewalService } from '../../plugin/renewal-service/renewal-service.js';
import { completeAuthorization } from '../../plugin/usecases/complete-authorization.js';
import { refreshToken } from '../../plugin/usecases/refresh-token.js';
import { startAuthorization } from '../../plugin/usecases/start-authorization.js';
import { LOOPBACK } from '../lab/loopback.js';
import { MemoryAuthorizations } from '../support/memory-authorizations.js';
import { documentsOf, MemoryIdentities } from '../support/memory-identities.js';
import { MemoryJournal } from '../support/memory-journal.js';
import { MemoryRenewals } from '../support/memory-renewals.js';
import { MemoryTokenConfigs } from '../support/memory-token-configs.js';
import { MemoryTokens } from '../support/memory-tokens.js';
import { neverQuiet } from '../support/never-quiet.js';
import { configOf, countingCaches, documentOf, settingsReader, tokenOf } from '../support/samples.js';
import { CLIENT, type RunningProvider, startProvider } from './oidc.js';

const agent = { userId: 5, sessionId: 'session-of-the-admin' };

describe('the whole flow with a real provider', () => {
  let provider: RunningProvider;
  before(async () => {
    provider = await startProvider();
  });
  after(() => provider.close());

  /** The Google template, pointed at this provider. */
  function document(changes: Record<string, unknown> = {}) {
    const made = documentOf('google-mail', {
      ClientID: CLIENT.id,
      ClientSecret: CLIENT.secret,
      Scope: 'openid offline_access mail',
      ...changes,
    });
    const urls = {
      AuthorizationCode: 'auth',
      TokenByAuthorizationCode: 'token',
      TokenByRefreshToken: 'token',
    };
    for (const [kind, path] of Object.entries(urls))
      Object.assign(made.Requests?.[kind as keyof typeof urls]?.Request ?? {}, {
        URL: `${provider.issuer}/${path}`,
      });
    return made;
  }

  function testDeps(config = configOf({ document: document() })) {
    let moved = 0;
    const clock = () => new Date(Date.now() + moved);
    const settings = settingsReader();
    const tokenConfigs = new MemoryTokenConfigs(clock, config);
    const tokens = new MemoryTokens(
      clock,
      tokenOf({ accessToken: null, accessTokenExpiresAt: null, refreshToken: null, changeTime: clock() }),
    );
    const renewals = new MemoryRenewals(tokenConfigs, tokens);
    const identities = new MemoryIdentities();
    tokens.identities = identities;
    return {
      advance: (seconds: number) => {
        moved += seconds * 1000;
      },
      clock,
      settings,
      tokenConfigs,
      tokens,
      renewals,
      events: renewals,
      journal: new MemoryJournal(),
      authorizations: new MemoryAuthorizations(),
      identities,
      documents: documentsOf(),
      caches: countingCaches(),
      endpoint: createTokenEndpoint({ settings, addresses: addressRules(LOOPBACK), clock }),
      holder: 'sidecar-1',
      pause: async () => undefined,
    };
  }

  async function signIn(deps: ReturnType<typeof testDeps>, decision: 'agree' | 'decline' = 'agree') {
    const { url } = await startAuthorization(deps, { configId: 7, agent });
    const answer = await provider.consent(url, decision);
    const parameters = { one: (name: string) => answer.get(name) ?? undefined };
    return completeAuthorization(deps, { parameters, agent });
  }
  const stored = (deps: ReturnType<typeof testDeps>) => ({ ...(deps.tokens.rows.get(7) ?? tokenOf()) });
  const renew = (deps: ReturnType<typeof testDeps>) =>
    refreshToken(deps, { configId: 7, userId: 1, actor: null });
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'success',
      (error: { code?: string }) => error.code ?? String(error),
    );

  it('obtains consent, PKCE, iss, code and token, and stores the token with its end', async () => {
    const deps = testDeps();
    const started = deps.clock().getTime();
    expect(await signIn(deps)).to.deep.equal({ configId: 7, incomplete: false });
    const token = stored(deps);
    expect(token.accessToken).to.match(/^[\w-]{20,}$/);
    expect(token.refreshToken).to.match(/^[\w-]{20,}$/);
    // From the ID token that came with it.
    expect(deps.identities.rows.get(7)?.identity).to.deep.equal({
      subject: 'owner',
      login: null,
      email: null,
      issuer: provider.issuer,
    });
    expect(token.accessTokenExpiresAt?.getTime()).to.be.within(
      started + 300_000,
      deps.clock().getTime() + 300_000,
    );
  });

  it('renews repeatedly, each time with the refresh token that came last', async () => {
    const deps = testDeps();
    await signIn(deps);
    const seen = new Set([stored(deps).refreshToken]);
    for (let round = 0; round < 3; round++) {
      deps.advance(290);
      expect(await renew(deps)).to.deep.equal({ outcome: 'renewed' });
      seen.add(stored(deps).refreshToken);
      expect(stored(deps)).to.include({ errorMessage: null });
    }
    expect(seen.size).to.equal(4);
  });

  it('makes one request for two sidecars at once, so that rotation revokes nothing', async () => {
    const deps = testDeps();
    await signIn(deps);
    deps.advance(290);
    const before = provider.tokenRequests.length;
    const both = await Promise.all([renew(deps), renew({ ...deps, holder: 'sidecar-2' })]);
    expect(both.map(({ outcome }) => outcome).sort()).to.deep.equal(['busy', 'renewed']);
    expect(provider.tokenRequests.slice(before)).to.deep.equal([200]);
    deps.advance(290);
    expect(await renew(deps)).to.deep.equal({ outcome: 'renewed' });
  });

  it('has the renewal service renew what is due and leave the rest', async () => {
    const deps = testDeps();
    await signIn(deps);
    const log = createLog('silent');
    const renewalService = createRenewalService({
      quiet: neverQuiet,
      announce: async () => 0,
      renewals: deps.renewals,
      events: { prune: async () => 0 },
      replay: async () => 0,
      policy: async () => ({ ...USUAL_POLICY, keepEvents: 1 }),
      refresh: (configId) => refreshToken(deps, { configId, userId: 1, actor: null }),
      clock: deps.clock,
      log,
    });
    const first = stored(deps).accessToken;
    await renewalService.tick();
    expect(stored(deps).accessToken).to.equal(first);
    deps.advance(290);
    await renewalService.tick();
    expect(stored(deps).accessToken).not.to.equal(first);
  });

  it('finds a dead grant after the consent was withdrawn, and recovers by a new consent', async () => {
    const deps = testDeps();
    await signIn(deps);
    await provider.revokeAll();
    deps.advance(290);
    const before = stored(deps);
    expect(await codeOf(renew(deps))).to.equal('grant-dead');
    expect(stored(deps)).to.include({
      accessToken: before.accessToken,
      refreshToken: before.refreshToken,
      errorMessage: 'invalid_grant',
    });
    expect(await renew(deps)).to.include({ outcome: 'not-due', reason: 'grant_dead' });
    await signIn(deps);
    expect(stored(deps)).to.include({ errorMessage: null, errorDescription: null, errorCode: null });
    deps.advance(290);
    expect(await renew(deps)).to.deep.equal({ outcome: 'renewed' });
  });

  it('stores nothing after a declined consent', async () => {
    const deps = testDeps();
    expect(await codeOf(signIn(deps, 'decline'))).to.equal('consent-refused');
    expect(deps.tokens.writes).to.deep.equal([]);
  });

  it('reports no dead grant for a wrong client secret, and continues with the same tokens with the right one', async () => {
    const deps = testDeps();
    await signIn(deps);
    deps.advance(290);
    const good = deps.tokenConfigs.rows.splice(
      0,
      1,
      configOf({ document: document({ ClientSecret: 'wrong' }) }),
    );
    expect(await codeOf(renew(deps))).to.equal('client-rejected');
    expect(await renew(deps)).to.include({ outcome: 'not-due', reason: 'client_rejected' });
    deps.advance(5);
    deps.tokenConfigs.rows.splice(0, 1, { ...configOf(), ...good[0], changeTime: deps.clock() });
    await deps.renewals.reconcile(deps.clock());
    expect(await renew(deps)).to.deep.equal({ outcome: 'renewed' });
  });

  it('is refused by this provider without PKCE, and says so', async () => {
    const deps = testDeps(configOf({ document: document({ Sidecar: { PKCE: 0 } }) }));
    expect(await codeOf(signIn(deps))).to.equal('provider-refused');
  });

  it('ends where the configured issuer is another one', async () => {
    const deps = testDeps(
      configOf({ document: document({ Sidecar: { Issuer: 'https://idp.example.org' } }) }),
    );
    expect(await codeOf(signIn(deps))).to.equal('issuer-mismatch');
    expect(deps.tokens.writes).to.deep.equal([]);
  });

  it('writes no secret to any log line or error text', async () => {
    const lines: string[] = [];
    const log = createLog('trace', { write: (line: string) => void lines.push(line) });
    const deps = testDeps();
    const { url } = await startAuthorization(deps, { configId: 7, agent });
    const answer = await provider.consent(url);
    const parameters = { one: (name: string) => answer.get(name) ?? undefined };
    const verifier = [...deps.authorizations.rows.values()][0]?.verifier;
    await completeAuthorization(deps, { parameters, agent });
    const texts: string[] = [];
    const keep = (error: unknown) => {
      const { message, log: line, detail, safe } = error as Record<string, unknown>;
      texts.push(JSON.stringify([message, line, detail, safe]));
      log.error({ error }, 'failed');
      throw error;
    };
    const renewalService = createRenewalService({
      quiet: neverQuiet,
      announce: async () => 0,
      renewals: deps.renewals,
      events: { prune: async () => 0 },
      replay: async () => 0,
      policy: async () => ({ ...USUAL_POLICY, keepEvents: 1 }),
      refresh: (configId) => refreshToken(deps, { configId, userId: 1, actor: null }).catch(keep),
      clock: deps.clock,
      log,
    });
    deps.advance(290);
    const first = stored(deps);
    await renewalService.tick();
    await provider.revokeAll();
    deps.advance(290);
    await renewalService.tick();
    await completeAuthorization(deps, { parameters, agent })
      .catch((error) => keep(error))
      .catch(() => undefined);
    const last = stored(deps);
    expect(texts).to.have.length(2);
    expect(lines.length).to.be.at.least(3);
    const secrets = [answer.get('code'), answer.get('state'), verifier, CLIENT.secret, agent.sessionId];
    for (const secret of [
      ...secrets,
      first.accessToken,
      first.refreshToken,
      last.accessToken,
      last.refreshToken,
    ]) {
      expect(secret).to.be.a('string').with.length.greaterThan(10);
      expect([...lines, ...texts].join('\n')).not.to.include(secret as string);
    }
  });
});
