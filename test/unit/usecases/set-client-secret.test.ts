import { expect } from 'chai';
import { setClientSecret } from '../../../plugin/usecases/set-client-secret.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { testDeps } from './setup.js';

const Certificates = [{ Thumbprint: 'n'.repeat(43), Expires: '2030-01-01' }];
const input = { configId: 7, userId: 5, secret: 'the-new-secret', expires: '' };

function make() {
  const document = { ...clientCredentials(), ClientSecret: 'the-old-secret', Sidecar: { Certificates } };
  const endpoint = new ScriptedEndpoint(() => ({ access_token: 'access-2', expires_in: 3600 }));
  return testDeps(endpoint, { config: configOf({ document }) });
}

describe('a new client secret', () => {
  it('is tried alone where a certificate would be accepted without it', async () => {
    const deps = make();
    expect(await setClientSecret(deps, input)).to.equal('tried');
    expect(deps.endpoint.requests.map(({ client }) => [client.certificates, client.secret])).to.deep.equal([
      [[], 'the-new-secret'],
    ]);
    const { document } = (await deps.tokenConfigs.byId(7)) ?? {};
    expect([document?.ClientSecret, document?.Sidecar?.Certificates]).to.deep.equal([
      'the-new-secret',
      Certificates,
    ]);
  });
});
