import { expect } from 'chai';
import { applyForm, formOf } from '../../../plugin/domain/configuration/token-config-form.js';
import { validateForm } from '../../../plugin/domain/configuration/validate-form.js';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { decide, NEW_STATE } from '../../../plugin/domain/token/renewal.js';
import { stateSentence } from '../../../plugin/domain/token/state-sentence.js';
import { tokenState } from '../../../plugin/domain/token/token-state.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { startAuthorization } from '../../../plugin/usecases/start-authorization.js';
import { presentForm } from '../../../plugin/web/presenters/token-config-form.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const config = configOf({ document: clientCredentials() });
const none = tokenOf({ accessToken: null, accessTokenExpiresAt: null, refreshToken: null });
const stored = (changes = {}) => tokenOf({ refreshToken: null, ...changes });
const input = { configId: 7, userId: 1, actor: null };
const now = new Date('2026-11-24T12:00:00Z');
const show = { time: (at: Date) => at.toISOString().slice(11, 16), date: String };
const sentenceOf = (token = none, renewal = NEW_STATE) => {
  const state = tokenState({ config, token, renewal }, now);
  return { state, sentence: inEnglish(stateSentence(state, show, now)) };
};

describe('a configuration with client credentials (Znuny 7.2 and newer)', () => {
  it('gets its first token from the renewal service without asking anybody', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => ({ access_token: 'access-1', expires_in: 3600 })), {
      config,
      token: none,
    });
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
    expect(deps.endpoint.requests.map(({ url, parameters }) => ({ url, parameters }))).to.deep.equal([
      {
        url: 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token',
        parameters: { grant_type: 'client_credentials', scope: 'https://outlook.office.com/.default' },
      },
    ]);
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: null });
    expect(await refreshToken(deps, input)).to.include({ outcome: 'not-due', reason: 'not_due' });
  });

  it('is renewed ahead of the end and on demand, without a refresh token', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => ({ access_token: 'access-1', expires_in: 3600 })), {
      config,
      token: stored(),
    });
    expect(await refreshToken(deps, { ...input, force: true })).to.deep.equal({ outcome: 'renewed' });
    const soon = stored({ accessTokenExpiresAt: new Date('2026-11-24T12:05:00Z') });
    expect(decide({ config, token: soon, renewal: NEW_STATE }, now)).to.include({
      renew: true,
      reason: 'expires_soon',
    });
  });

  it('never counts as a dead grant, whatever the provider calls it: it is retried slowly and an admin is asked', async () => {
    const refusal = new ProviderError({
      outcome: 'grant-dead',
      error: 'invalid_grant',
      description: 'AADSTS53003',
      status: 400,
      codes: '53003',
    });
    const deps = testDeps(new ScriptedEndpoint(() => Promise.reject(refusal)), { config, token: none });
    expect(await codeOf(refreshToken(deps, input))).to.equal('provider-refused');
    expect(await refreshToken(deps, input)).to.include({ outcome: 'not-due', reason: 'invalid_config' });
    expect(deps.endpoint.requests).to.have.length(1);
    // As the helpdesk's own Perl leaves it in the row.
    const { state } = sentenceOf(tokenOf({ ...none, errorMessage: 'invalid_grant' }));
    expect(state).to.include({ kind: 'request-refused', severity: 'error', actor: 'admin' });
  });

  it('explains the problem without asking for a consent', () => {
    expect(sentenceOf().sentence).to.equal('No access token; requesting one now.');
    const { state, sentence } = sentenceOf(stored());
    expect(state).to.include({ kind: 'valid', refreshEndsAt: null });
    expect(sentence).to.match(/^Valid; renews automatically, next at 12:\d\d\.$/);
  });

  it('has no consent to request', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => ({})), { config, token: none });
    const agent = { userId: 2, sessionId: 'session' };
    expect(await codeOf(startAuthorization(deps, { configId: 7, agent }))).to.equal('invalid-token-config');
  });

  describe('its form', () => {
    const subject = { document: config.document, stored: true, now };
    const form = formOf(config.document, { name: 'Support' });

    it('asks for the only endpoint that there is', () => {
      const view = presentForm({
        form,
        document: config.document,
        stored: true,
        template: undefined,
        errors: {},
        t: inEnglish,
      });
      const all = view.sections.flatMap((section) => section.fields);
      expect(
        all.filter(({ kind }) => kind === 'endpoint').map(({ name, value }) => [name, value]),
      ).to.deep.equal([
        [
          'TokenByClientCredentialsRequestURL',
          'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token',
        ],
      ]);
      const names = all.map(({ name }) => name);
      expect(names).to.include.members([
        'WithoutPerson',
        // Microsoft's admin consent comes back to it.
        'RedirectURI',
        'NotifyOnExpiredToken',
        'Scope',
      ]);
      for (const ofConsent of ['NotifyOnExpiredRefreshToken', 'PKCE', 'Issuer', 'UserInfoURL'])
        expect(names).to.not.include(ofConsent);
      expect(view.requests.map(({ kind }) => kind)).to.deep.equal(['TokenByClientCredentials']);
      expect(all.find(({ name }) => name === 'ClientID')?.explanation).to.equal(
        'In the Entra admin centre: Application (client) ID.',
      );
    });

    it('is complete without the requests of a consent, and adds none', () => {
      expect(validateForm(form, subject)).to.deep.equal({});
      expect(applyForm(config.document, form)).to.deep.equal(config.document);
    });

    it('requires the endpoint, and a tenant of its own at Microsoft', () => {
      const faults = validateForm(
        { ...form, TokenByClientCredentialsRequestURL: '', Tenant: 'common', TenantBefore: 'common' },
        subject,
      );
      expect(Object.keys(faults)).to.deep.equal(['Tenant', 'TokenByClientCredentialsRequestURL']);
      expect(inEnglish(faults.Tenant ?? '')).to.match(
        /^An app that signs in without a person needs one specific tenant, and "common" is not one\./,
      );
    });

    it('refuses a shared tenant that was written into the endpoint', () => {
      const url = (tenant: string) => `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
      for (const tenant of ['common', 'organizations', 'consumers', 'Common']) {
        const faults = validateForm({ ...form, TokenByClientCredentialsRequestURL: url(tenant) }, subject);
        expect(Object.keys(faults), tenant).to.deep.equal(['TokenByClientCredentialsRequestURL']);
      }
      expect(
        validateForm({ ...form, TokenByClientCredentialsRequestURL: url('example.org') }, subject),
      ).to.deep.equal({});
    });

    it('takes one scope, which ends with /.default, at Microsoft only', () => {
      const faultOf = (Scope: string, more: Partial<typeof form> = {}) =>
        Object.keys(validateForm({ ...form, Scope, ...more }, subject));
      for (const scope of [
        'https://outlook.office.com/IMAP.AccessAsUser.All',
        'https://outlook.office365.com/.default offline_access',
      ])
        expect(faultOf(scope), scope).to.deep.equal(['Scope']);
      expect(faultOf('https://outlook.office365.com/.default')).to.deep.equal([]);
      expect(faultOf(form.Scope)).to.deep.equal([]);
      expect(
        faultOf('mail', { TokenByClientCredentialsRequestURL: 'https://idp.example.org/token' }),
      ).to.deep.equal([]);
    });
  });
});
