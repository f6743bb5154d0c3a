import { expect } from 'chai';
import { otherMailbox } from '../../../plugin/domain/configuration/service-account.js';
import { applyForm, formOf } from '../../../plugin/domain/configuration/token-config-form.js';
import { validateForm } from '../../../plugin/domain/configuration/validate-form.js';
import type { DoctorDeps } from '../../../plugin/domain/doctor/doctor-ports.js';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { checkSecrets } from '../../../plugin/usecases/doctor/secret-checks.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { setClientSecret } from '../../../plugin/usecases/set-client-secret.js';
import { startAuthorization } from '../../../plugin/usecases/start-authorization.js';
import { testMailbox } from '../../../plugin/usecases/test-mailbox.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf, noUsage, settingsReader, tokenOf, usagesOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { ACCOUNT, serviceAccount } from '../../support/service-account.js';
import { codeOf, testDeps } from './setup.js';

const KEY = 'k'.repeat(43);
const document = serviceAccount({ Account: ACCOUNT, KeyID: 'key-1', Key: KEY });
const config = configOf({ document });
const none = tokenOf({ accessToken: null, accessTokenExpiresAt: null, refreshToken: null });
const input = { configId: 7, userId: 1, actor: null };
const granting = () => new ScriptedEndpoint(() => ({ access_token: 'access-1', expires_in: 3600 }));

describe('a configuration of a service account', () => {
  it('gets its first token and each later one from the same request, which names key, account and mailbox', async () => {
    const deps = testDeps(granting(), { config, token: none });
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
    expect(await refreshToken(deps, { ...input, force: true })).to.deep.equal({ outcome: 'renewed' });
    expect(deps.endpoint.requests).to.have.length(2);
    for (const { url, parameters, client } of deps.endpoint.requests) {
      expect(url).to.equal('https://oauth2.googleapis.com/token');
      expect(parameters).to.deep.equal({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' });
      expect(client.serviceAccount).to.deep.equal({
        key: KEY,
        keyId: 'key-1',
        account: ACCOUNT,
        mailbox: 'support@example.com',
        scope: 'https://mail.google.com/',
      });
    }
  });

  it('asks nobody for a consent', async () => {
    const deps = testDeps(granting(), { config, token: none });
    const agent = { userId: 5, login: 'admin', sessionId: 's' } as never;
    expect(await codeOf(startAuthorization(deps as never, { configId: 7, agent }))).to.equal(
      'invalid-token-config',
    );
  });

  it('keeps a working token when its key is missing on this machine', async () => {
    const missing = new ProviderError({
      outcome: 'client-rejected',
      error: 'service_account_key_missing',
    });
    const deps = testDeps(new ScriptedEndpoint(() => Promise.reject(missing)), {
      config,
      token: tokenOf({ refreshToken: null }),
    });
    const { accessToken } = tokenOf();
    expect(await codeOf(refreshToken(deps, { ...input, actor: 5, force: true }))).to.equal('client-rejected');
    expect(deps.tokens.rows.get(7)?.accessToken).to.equal(accessToken);
  });

  it('takes no client secret, which would be accepted without being used', async () => {
    const deps = { ...testDeps(granting(), { config, token: none }), usages: usagesOf(noUsage) };
    const asked = { configId: 7, userId: 5, secret: 'a-client-secret', expires: '' };
    expect(await codeOf(setClientSecret(deps as never, asked))).to.equal('invalid-token-config');
    expect(deps.endpoint.requests).to.deep.equal([]);
    expect((await deps.tokenConfigs.byId(7))?.document).to.deep.equal(document);
  });

  it('has a token of another mailbox after the mailbox was changed, and after no other change', () => {
    const form = formOf(document, { name: 'Support mailbox' });
    const after = (changes: object) => applyForm(document, { ...form, ...changes });
    expect(otherMailbox(document, after({ Mailbox: 'sales@example.com' }))).to.equal(true);
    expect(otherMailbox(document, after({ Name: 'Sales' }))).to.equal(false);
    expect(otherMailbox(clientCredentials(), clientCredentials())).to.equal(false);
  });

  it('needs a mailbox and no client secret', () => {
    const facts = { stored: true, document, now: new Date('2026-11-24T12:00:00Z') };
    const form = formOf(document, { name: 'Support mailbox' });
    expect(validateForm(form, facts)).to.deep.equal({});
    expect(Object.keys(validateForm({ ...form, Mailbox: '' }, facts))).to.deep.equal(['Mailbox']);
    expect(Object.keys(validateForm({ ...form, Mailbox: 'support' }, facts))).to.deep.equal(['Mailbox']);
  });

  it('is tested as a user of the mailbox, never as an app at Exchange', async () => {
    const refused = {
      steps: [{ name: 'sign-in', result: 'failed', ms: 1, found: [] }],
      transcript: [],
      certificate: null,
      offersXoauth2: true,
      fault: {
        step: 'sign-in',
        code: 'refused',
        said: 'NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)',
      },
      challenge: '{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}',
    };
    const account = {
      id: 5,
      login: 'support@example.com',
      host: 'imap.gmail.com',
      type: 'IMAPS',
      folder: '',
    };
    const deps = {
      ...testDeps(granting(), { config, token: tokenOf({ accessToken: 'opaque', refreshToken: null }) }),
      identities: { of: async () => new Map() },
      usages: usagesOf({ ...noUsage, mailAccounts: [account] }),
      settings: settingsReader({}),
      mailboxes: { run: async () => refused },
      lastTests: { note: async () => undefined },
      abilities: async () => ({ scripts: 'otrs' as const }),
      log: { info() {}, warn() {}, error() {} },
    };
    const test = await testMailbox(deps as never, { configId: 7, mailbox: 5 });
    expect(JSON.stringify(test)).to.include('AUTHENTICATIONFAILED');
    expect(JSON.stringify(test)).to.not.match(/\bapp\b|Exchange|application permission/);
    expect(JSON.stringify(test)).to.not.include('requests tokens for');
    expect(test.remedies.map(({ kind }) => kind))
      .to.include('renew')
      .and.not.include('request-token');
    account.login = 'sales@example.com';
    const { explanation } = await testMailbox(deps as never, { configId: 7, mailbox: 5 });
    expect(explanation.map(inEnglish).join(' ')).to.include(
      'requests tokens for support@example.com, the mailbox is sales@example.com.',
    );
  });

  for (const [state, status] of [
    ['usable', 'ok'],
    ['missing', 'fault'],
    ['unsafe', 'fault'],
  ] as const)
    it(`is named by the doctor as one that only the sidecar can renew, and as a ${status} where its key is ${state}`, async () => {
      const asked: string[] = [];
      const deps = {
        clock: () => new Date('2026-11-24T12:00:00Z'),
        tokenConfigs: async () => ({ all: async () => [config, { ...config, id: 8 }] }),
        serviceAccountKeys: async () => ({
          state: async (key: string) => {
            asked.push(key);
            return state;
          },
        }),
      } as unknown as DoctorDeps;
      const { result, ...found } = (await checkSecrets(deps)) as unknown as { result: string };
      expect(result).to.equal(status);
      const text = JSON.stringify(found);
      expect(text).to.include('with the key of a service account');
      expect(text.includes('The private key of a service account is missing here')).to.equal(
        status === 'fault',
      );
      expect(asked).to.deep.equal([KEY]);
    });
});
