import { expect } from 'chai';
import { sha256 } from '../../../plugin/lib/hash.js';
import { completeAdminConsent } from '../../../plugin/usecases/complete-admin-consent.js';
import { startAdminConsent } from '../../../plugin/usecases/start-admin-consent.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf, documentOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const TENANT = '4f0c1e2d-1111-2222-3333-444455556666';
const agent = { userId: 5, sessionId: 'session-of-the-admin' };
const callback = (values: Record<string, string>, who = agent) => ({
  parameters: { one: (name: string) => values[name] },
  agent: who,
});

async function begun(tenant = TENANT) {
  const url = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
  const config = configOf({ document: clientCredentials(url) });
  const deps = testDeps(new ScriptedEndpoint(() => ({ access_token: 'never' })), { config });
  const address = new URL((await startAdminConsent(deps, { configId: 7, agent })).url);
  return { deps, address, state: address.searchParams.get('state') ?? '' };
}

// As documented at learn.microsoft.com/entra/identity-platform/v2-admin-consent, read on 2026-11-29.
const granted = (state: string, tenant = TENANT) => ({ admin_consent: 'True', tenant, state, scope: '' });
const refused = (state: string) => ({
  error: 'consent_required',
  error_subcode: 'cancel',
  error_description: 'AADSTS65004: User declined to consent to access the app.',
  admin_consent: 'True',
  tenant: TENANT,
  state,
});

describe('the admin consent of an app at Microsoft', () => {
  it("leads to the tenant's own endpoint with client ID, scope, redirect URI and a state of which the hash is stored", async () => {
    const { deps, address, state } = await begun();
    expect(address.origin + address.pathname).to.equal(
      `https://login.microsoftonline.com/${TENANT}/v2.0/adminconsent`,
    );
    expect(Object.fromEntries(address.searchParams)).to.deep.equal({
      client_id: 'client',
      scope: 'https://outlook.office.com/.default',
      redirect_uri: 'https://helpdesk.example.org/otrs/get-oauth2-token-by-authorization-code.pl',
      state,
    });
    const [pending] = [...deps.authorizations.rows.values()];
    expect(pending).to.deep.include({
      stateHash: sha256(state),
      sessionHash: sha256(agent.sessionId),
      configId: 7,
    });
  });

  it('is recorded when it was granted, works once, and requests no token', async () => {
    const { deps, state } = await begun();
    expect(await completeAdminConsent(deps, callback(granted(state)))).to.deep.equal({ configId: 7 });
    expect(deps.events.events.map(({ what, outcome, code }) => [what, outcome, code])).to.deep.equal([
      ['admin-consent', 'ok', null],
    ]);
    expect(await codeOf(completeAdminConsent(deps, callback(granted(state))))).to.equal('state-invalid');
    expect(deps.endpoint.requests).to.deep.equal([]);
  });

  it('is told as refused with its cause, although the refusal says admin_consent=True as well', async () => {
    const { deps, state } = await begun();
    expect(await codeOf(completeAdminConsent(deps, callback(refused(state))))).to.equal('provider-refused');
    expect(deps.events.events.map(({ what, outcome, code }) => [what, outcome, code])).to.deep.equal([
      ['admin-consent', 'refused', 'consent_required AADSTS65004'],
    ]);
  });

  it('counts for the session that started it, and for the tenant of the configuration, only', async () => {
    const other = { userId: 6, sessionId: 'another' };
    const { deps, state } = await begun();
    expect(await codeOf(completeAdminConsent(deps, callback(granted(state), other)))).to.equal(
      'state-foreign',
    );
    const second = await begun();
    expect(
      await codeOf(
        completeAdminConsent(
          second.deps,
          callback(granted(second.state, '5f0c1e2d-1111-2222-3333-444455556666')),
        ),
      ),
    ).to.equal('admin-consent-elsewhere');
    const silent = await begun();
    expect(await codeOf(completeAdminConsent(silent.deps, callback({ state: silent.state })))).to.equal(
      'admin-consent-missing',
    );
    // A domain cannot be compared with the ID in the answer.
    const third = await begun('contoso.com');
    expect(await completeAdminConsent(third.deps, callback(granted(third.state)))).to.deep.equal({
      configId: 7,
    });
  });

  it('needs a tenant that has an administrator, and Microsoft', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => ({})), { config: configOf({ document: documentOf() }) });
    for (const tenant of ['common', 'consumers']) {
      const url = `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`;
      const shared = testDeps(new ScriptedEndpoint(() => ({})), {
        config: configOf({ document: clientCredentials(url) }),
      });
      expect(await codeOf(startAdminConsent(shared, { configId: 7, agent })), tenant).to.equal(
        'invalid-token-config',
      );
    }
    const google = {
      ...deps,
      tokenConfigs: { byId: async () => configOf({ document: documentOf('google-mail') }) },
    };
    expect(await codeOf(startAdminConsent(google, { configId: 7, agent }))).to.equal('invalid-token-config');
  });
});
