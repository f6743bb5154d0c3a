import { expect } from 'chai';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../../plugin/errors.js';
import { nonceOf } from '../../../plugin/lib/hash.js';
import { addMissingEntries } from '../../../plugin/usecases/add-missing-entries.js';
import { completeAuthorization } from '../../../plugin/usecases/complete-authorization.js';
import { replayAnswers } from '../../../plugin/usecases/replay-answers.js';
import { startAuthorization } from '../../../plugin/usecases/start-authorization.js';
import { documentsOf } from '../../support/memory-identities.js';
import { configOf, documentOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const agent = { userId: 5, sessionId: 'session-of-the-admin' };
const ANSWER = { access_token: 'access-1', expires_in: 3600, refresh_token: 'refresh-1' };

const jwt = (claims: object) =>
  ['{}', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** A consent that has come back, and its callback. */
async function begun(answer: (state: string) => object, document = documentOf('google-mail')) {
  let state = '';
  const deps = testDeps(new ScriptedEndpoint(() => answer(state) as Record<string, unknown>), {
    config: configOf({ document }),
  });
  const { url } = await startAuthorization(deps, { configId: 7, agent });
  const sent = new URL(url).searchParams;
  state = sent.get('state') ?? '';
  const values: Record<string, string> = { state, code: 'code-4711' };
  const complete = (more = {}) =>
    completeAuthorization({ ...deps, ...more }, { parameters: { one: (name) => values[name] }, agent });
  return { deps, sent, state, complete };
}

const claims = (state: string, changes = {}) => ({
  iss: 'https://accounts.google.com',
  aud: 'client-1',
  exp: Date.parse('2026-11-24T12:00:00Z') / 1000 + 300,
  nonce: nonceOf(state),
  sub: '0815',
  email: 'support@example.org',
  ...changes,
});

describe('the person who agreed to a token', () => {
  it('is requested with a nonce, where the scope holds openid', async () => {
    const { sent, state } = await begun(() => ANSWER);
    expect(sent.get('nonce')).to.equal(nonceOf(state));
    expect(sent.get('nonce'))
      .to.match(/^[\w-]{43}$/)
      .and.not.equal(state);
    const without = await begun(() => ANSWER, documentOf('yahoo'));
    expect(without.sent.has('nonce')).to.equal(false);
  });

  it('is stored with the token', async () => {
    const { deps, complete } = await begun((state) => ({ ...ANSWER, id_token: jwt(claims(state)) }));
    await complete();
    expect(deps.identities.rows.get(7)).to.deep.equal({
      identity: {
        subject: '0815',
        login: null,
        email: 'support@example.org',
        issuer: 'https://accounts.google.com',
      },
      at: new Date('2026-11-24T12:00:00Z'),
    });
  });

  it('is forgotten when a new token arrives without saying who agreed', async () => {
    const { deps, complete } = await begun(() => ANSWER);
    const old = { subject: 'old', login: null, email: null, issuer: 'i' };
    deps.identities.rows.set(7, { identity: old, at: new Date(0) });
    await complete();
    expect(deps.identities.rows.get(7)?.identity).to.equal(null);
  });

  for (const [what, changes] of [
    ['another app', { aud: 'other' }],
    ['another request', { nonce: 'other' }],
  ] as const)
    it(`is not stored, and neither is the token, from an answer made for ${what}`, async () => {
      const { deps, complete } = await begun((state) => ({
        ...ANSWER,
        id_token: jwt(claims(state, changes)),
      }));
      expect(await codeOf(complete())).to.equal('identity-forged');
      expect(deps.tokens.writes).to.deep.equal([]);
      expect(deps.identities.rows.size).to.equal(0);
    });

  it('is not stored, and neither is the token, from an ID token of another issuer than the configured one', async () => {
    const document = documentOf('google-mail', { Sidecar: { Issuer: 'https://idp.example.org' } });
    const { deps, complete } = await begun(
      (state) => ({ ...ANSWER, id_token: jwt(claims(state)) }),
      document,
    );
    expect(await codeOf(complete())).to.equal('issuer-mismatch');
    expect(deps.tokens.writes).to.deep.equal([]);
  });

  it('is unknown where the ID token says nothing, but the token is stored', async () => {
    const { deps, complete } = await begun((state) => ({
      ...ANSWER,
      id_token: jwt(claims(state, { exp: 1 })),
    }));
    await complete();
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1' });
    expect(deps.identities.rows.get(7)?.identity).to.equal(null);
  });

  it('comes from the user info endpoint where no ID token names anybody; both must mean the same person', async () => {
    const document = documentOf('google-mail', {
      Sidecar: { UserInfoURL: 'https://accounts.google.com/me' },
    });
    const told = { sub: '0815', email: 'support@example.org' };
    const nameless = (state: string) => ({ ...ANSWER, id_token: jwt(claims(state, { email: undefined })) });
    const same = await begun(nameless, document);
    await same.complete({ documents: documentsOf(told) });
    expect(same.deps.identities.rows.get(7)?.identity).to.include({
      subject: '0815',
      email: 'support@example.org',
    });
    const other = await begun(nameless, document);
    await other.complete({ documents: documentsOf({ ...told, sub: 'x' }) });
    expect(other.deps.identities.rows.get(7)?.identity).to.include({ subject: '0815', email: null });
    const alone = await begun(() => ANSWER, document);
    await alone.complete({ documents: documentsOf(told) });
    expect(alone.deps.identities.rows.get(7)?.identity).to.deep.equal({
      subject: '0815',
      login: null,
      email: 'support@example.org',
      issuer: 'https://accounts.google.com',
    });
  });

  it('may fail to be stored without turning a stored token into a failure', async () => {
    const document = documentOf('google-mail', {
      Sidecar: { UserInfoURL: 'https://accounts.google.com/me' },
    });
    const { deps, complete } = await begun(() => ANSWER, document);
    const away = { save: () => Promise.reject(new Error('away')) };
    const documents = documentsOf({ sub: '0815' });
    expect(await complete({ identities: away, documents })).to.deep.equal({ configId: 7, incomplete: false });
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1' });
  });

  describe('whose process died before the token was stored', () => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const old = { subject: 'old', login: null, email: null, issuer: 'i' };

    /** The database is down and the process ends; the next process finds the journal. */
    async function left(answer: (state: string) => object, document?: ReturnType<typeof documentOf>) {
      const { deps, complete } = await begun(answer, document);
      deps.identities.rows.set(7, { identity: old, at: new Date(0) });
      deps.tokens.beforeSave = () => {
        throw new SidecarError('database-unavailable');
      };
      expect(await codeOf(complete())).to.equal('database-unavailable');
      expect(deps.identities.rows.get(7)?.identity).to.deep.equal(old);
      deps.tokens.beforeSave = () => undefined;
      deps.clock.advance(60);
      return deps;
    }

    it('is stored from the journal', async () => {
      const deps = await left((state) => ({ ...ANSWER, id_token: jwt(claims(state)) }));
      expect(await replayAnswers({ ...deps, log })).to.equal(1);
      expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1' });
      const { identity, at } = deps.identities.rows.get(7) ?? {};
      expect(identity).to.include({ subject: '0815', email: 'support@example.org' });
      expect(at).to.deep.equal(new Date('2026-11-24T12:01:00Z'));
    });

    it('comes from the user info endpoint where the answer did not say it', async () => {
      const document = documentOf('google-mail', {
        Sidecar: { UserInfoURL: 'https://accounts.google.com/me' },
      });
      const deps = await left(() => ANSWER, document);
      await replayAnswers({ ...deps, log, documents: documentsOf({ sub: '4711' }) });
      expect(deps.identities.rows.get(7)?.identity).to.include({ subject: '4711' });
    });

    it('is unknown where nobody says it, and is not taken for somebody else', async () => {
      const deps = await left(() => ANSWER);
      await replayAnswers({ ...deps, log });
      expect(deps.identities.rows.get(7)?.identity).to.equal(null);
    });

    it('stays as it is where a newer consent came first', async () => {
      const deps = await left((state) => ({ ...ANSWER, id_token: jwt(claims(state)) }));
      deps.tokens.overwrite(7, { accessToken: 'access-2', refreshToken: 'refresh-2' });
      await replayAnswers({ ...deps, log, documents: documentsOf({ sub: '4711' }) });
      expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-2' });
      expect(deps.identities.rows.get(7)?.identity).to.deep.equal(old);
    });
  });
});

describe('a new consent', () => {
  const broken = () => {
    throw new ProviderError({
      outcome: 'invalid-answer',
      error: 'invalid_answer',
      status: 200,
    });
  };

  for (const [what, answer] of [
    ['no access token', () => ({ refresh_token: 'refresh-1', expires_in: 3600 })],
    ['an error', () => broken()],
    ['a token that is none', () => ({ ...ANSWER, access_token: { deep: 1 } })],
  ] as const)
    it(`with ${what} in its answer leaves the working token unchanged`, async () => {
      const { deps, complete } = await begun(answer as never);
      const before = structuredClone(deps.tokens.rows.get(7));
      expect(before).to.deep.equal(tokenOf());
      expect(await codeOf(complete())).to.equal('provider-answer-invalid');
      expect(deps.tokens.rows.get(7)).to.deep.equal(before);
      expect(deps.tokens.writes).to.deep.equal([]);
    });

  it('without a refresh token keeps the stored one, which still works, and is reported as incomplete', async () => {
    const { deps, complete } = await begun(() => ({ access_token: 'access-1', expires_in: 3600 }));
    expect(await complete()).to.deep.equal({ configId: 7, incomplete: true });
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-0' });
  });
});

describe('adding what the current template has', () => {
  const template = {
    filename: 'google-mail',
    name: 'Google Mail',
    document: documentOf('google-mail'),
    own: true,
    discovery: false,
  };
  const templates = { list: async () => [template], get: async () => template };
  const make = (changes: (document: ReturnType<typeof documentOf>) => void) => {
    const copied = JSON.stringify(documentOf('google-mail', { TemplateName: 'Google Mail' }));
    const document = JSON.parse(copied) as ReturnType<typeof documentOf>;
    changes(document);
    return { ...testDeps(new ScriptedEndpoint(), { config: configOf({ document }) }), templates };
  };

  it('stores it in the name of the agent, and says that a new consent is needed', async () => {
    const deps = make((document) => {
      delete document.Requests?.AuthorizationCode?.Request?.Parameters?.prompt;
    });
    expect(await addMissingEntries(deps, { id: 7, userId: 5 })).to.deep.equal({ needsConsent: true });
    expect(deps.tokenConfigs.rows[0]?.document.Requests?.AuthorizationCode?.Request?.Parameters).to.include({
      prompt: 'consent',
    });
    expect(deps.tokenConfigs.rows[0]).to.include({ changeBy: 5, name: 'Support mailbox' });
    expect(deps.caches.forgotten).to.equal(1);
  });

  it('says where no consent is needed, and writes nothing where nothing is missing', async () => {
    const deps = make((document) => {
      delete document.Requests?.TokenByRefreshToken?.Response?.ParametersMapping?.refresh_token;
    });
    expect(await addMissingEntries(deps, { id: 7, userId: 5 })).to.deep.equal({ needsConsent: false });
    expect(await addMissingEntries(deps, { id: 7, userId: 6 })).to.deep.equal({ needsConsent: false });
    expect(deps.tokenConfigs.rows[0]?.changeBy).to.equal(5);
    expect(await codeOf(addMissingEntries(deps, { id: 99, userId: 5 }))).to.equal('unknown-token-config');
  });
});
