import { expect } from 'chai';
import { withRemark } from '../../../plugin/cli/secret-remark.js';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../../plugin/errors.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { setClientSecret } from '../../../plugin/usecases/set-client-secret.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

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

  it('counts as accepted even if storing it fails, and not if the provider rejects it', async () => {
    for (const [isRejected, code, isAccepted] of [
      [false, 'database-unavailable', true],
      [true, 'client-rejected', false],
    ] as const) {
      const deps = make();
      if (isRejected)
        deps.endpoint.post = async () => {
          throw new ProviderError({ outcome: 'client-rejected', error: 'invalid_client', status: 401 });
        };
      deps.tokenConfigs.update = async () => {
        throw new SidecarError('database-unavailable');
      };
      let accepted = false;
      const asked = setClientSecret(deps, {
        ...input,
        accepted: () => {
          accepted = true;
        },
      });
      expect([await codeOf(asked), accepted]).to.deep.equal([code, isAccepted]);
    }
  });

  it('is not said to leave the stored token as it was if storing it failed after that', () => {
    const fault = new SidecarError('database-unavailable');
    const said = (isAccepted: boolean) =>
      withRemark(fault, isAccepted).details.map((each) => inEnglish(each));
    expect(said(false).at(-1)).to.equal('The old client secret and the stored token were kept.');
    expect(said(true)).to.deep.equal([
      'The provider accepted the new client secret, and the new token was stored, but storing the secret failed. Run the command again.',
    ]);
  });
});
