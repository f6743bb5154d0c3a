import { expect } from 'chai';
import { withCertificates } from '../../../plugin/domain/configuration/certificates.js';
import type { ProviderMetadata } from '../../../plugin/domain/provider/provider-documents.js';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { revocationUrl } from '../../../plugin/domain/provider/revocation.js';
import type { TokenRequest } from '../../../plugin/domain/provider/token-endpoint.js';
import { SidecarError } from '../../../plugin/errors.js';
import { revokeToken } from '../../../plugin/usecases/revoke-token.js';
import { ownerMark } from '../../../plugin/usecases/start-authorization.js';
import { configOf, documentOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const URL_OF_PROVIDER = 'https://login.example.test/revoke';
const revocable = () =>
  configOf({ document: documentOf('google-mail', { Sidecar: { RevocationURL: URL_OF_PROVIDER } }) });

function make(token = tokenOf(), config = revocable()) {
  const requests: TokenRequest[] = [];
  const deps = testDeps(new ScriptedEndpoint(), { config, token });
  const documents = { discover: async () => ({ revocationEndpoint: URL_OF_PROVIDER }) as ProviderMetadata };
  return {
    ...deps,
    documents,
    requests,
    revocation: { revoke: async (request: TokenRequest) => void requests.push(request) },
  };
}
const input = { configId: 7, userId: 5, actor: 5 };

describe('revoking a token', () => {
  it('sends the refresh token to the provider, then deletes what is stored', async () => {
    const deps = make();
    expect(await revokeToken(deps, input)).to.equal('revoked');
    expect(deps.requests).to.have.length(1);
    expect(deps.requests[0]).to.deep.include({
      url: URL_OF_PROVIDER,
      parameters: { token: 'refresh-0', token_type_hint: 'refresh_token' },
    });
    expect(deps.requests[0]?.client).to.include({ id: 'client-1', idParameter: 'client_id' });
    expect(await deps.tokens.get(7)).to.include({ accessToken: null, refreshToken: null });
    expect(deps.renewals.rows.get(7)?.lease).to.equal(null);
  });

  it('proves the client by its certificates as well, to the token endpoint', async () => {
    const document = withCertificates(revocable().document, [{ thumbprint: 'k'.repeat(43), expires: '' }]);
    const deps = make(tokenOf(), configOf({ document }));
    await revokeToken(deps, input);
    expect(deps.requests[0]?.client.certificates).to.deep.equal(['k'.repeat(43)]);
    expect(deps.requests[0]?.audience).to.equal('https://oauth2.googleapis.com/token');
  });

  it('waits until no older refresh token can be in a database that was lost, and gives up otherwise', async () => {
    const deps = make();
    let waits = 0;
    const quiet = { ...deps, isQuiet: () => waits < 20, pause: async () => void waits++ };
    expect(await revokeToken(quiet, input)).to.equal('revoked');
    expect([waits, deps.requests.length]).to.deep.equal([20, 1]);
    const other = make();
    expect(await codeOf(revokeToken({ ...other, isQuiet: () => true }, input))).to.equal('renewal-running');
    let isQuiet = false;
    const lookAtServer = async () => {
      isQuiet = true;
    };
    const takenOver = { ...other, isQuiet: () => isQuiet, lookAtServer };
    expect(await codeOf(revokeToken(takenOver, input))).to.equal('renewal-running');
    expect(other.requests).to.have.length(0);
    expect(await other.tokens.get(7)).to.include({ refreshToken: 'refresh-0' });
    expect(other.renewals.rows.get(7)?.lease).to.equal(null);
    expect(await revokeToken(takenOver, { ...input, storedOnly: true })).to.equal('forgotten');
  });

  it('sends the access token where there is no refresh token', async () => {
    const deps = make(tokenOf({ refreshToken: null }));
    await revokeToken(deps, input);
    expect(deps.requests[0]?.parameters).to.deep.equal({
      token: 'access-0',
      token_type_hint: 'access_token',
    });
  });

  it('forgets nothing where the provider does not agree', async () => {
    const deps = make();
    deps.revocation.revoke = async () => {
      throw new ProviderError({
        outcome: 'transient',
        error: 'network',
      });
    };
    expect(await codeOf(revokeToken(deps, input))).to.equal('provider-unreachable');
    expect(await deps.tokens.get(7)).to.include({ accessToken: 'access-0', refreshToken: 'refresh-0' });
    expect(deps.renewals.rows.get(7)?.lease).to.equal(null);
  });

  it('forgets nothing that somebody has stored meanwhile', async () => {
    const deps = make();
    deps.tokens.beforeSave = () => deps.tokens.overwrite(7, { accessToken: 'theirs' });
    expect(await codeOf(revokeToken(deps, input))).to.equal('renewal-running');
    expect((await deps.tokens.get(7)).accessToken).to.equal('theirs');
  });

  it('does not wait: it is refused while a renewal runs', async () => {
    const deps = make();
    await deps.renewals.acquire(7, 'another', 60_000);
    expect(await codeOf(revokeToken(deps, input))).to.equal('renewal-running');
    expect(deps.requests).to.deep.equal([]);
  });

  it('without an endpoint is refused, or only forgets the token here', async () => {
    const deps = make(tokenOf(), configOf());
    expect(await codeOf(revokeToken(deps, input))).to.equal('no-revocation');
    expect((await deps.tokens.get(7)).accessToken).to.equal('access-0');
    expect(await revokeToken(deps, { ...input, storedOnly: true })).to.equal('forgotten');
    expect(await revokeToken(deps, { ...input, storedOnly: true })).to.equal('nothing-stored');
    expect(deps.requests).to.deep.equal([]);
  });

  it('asks the issuer where nothing else is known, and reads silence as having no endpoint', async () => {
    const Issuer = 'https://login.example.test';
    const config = configOf({ document: documentOf('microsoft-common', { Sidecar: { Issuer } }) });
    const deps = make(tokenOf(), config);
    expect(await revokeToken(deps, input)).to.equal('revoked');
    expect(deps.requests[0]?.url).to.equal(URL_OF_PROVIDER);
    const silent = make(tokenOf(), config);
    silent.documents.discover = async () => {
      throw new SidecarError('discovery-failed');
    };
    expect(await codeOf(revokeToken(silent, input))).to.equal('no-revocation');
  });

  it("knows Google's endpoint, none for Microsoft, and no invalid address", () => {
    expect(revocationUrl(documentOf('google-mail'))).to.equal('https://oauth2.googleapis.com/revoke');
    expect(revocationUrl(documentOf('microsoft-common'))).to.equal(null);
    const odd = documentOf('microsoft-common', { Sidecar: { RevocationURL: 'file:///etc/passwd' } });
    expect(revocationUrl(odd)).to.equal(null);
  });
});

describe('the right to end a consent', () => {
  it('belongs to a session, or to a user where the consent began without one; never to one for the other', () => {
    expect(ownerMark({ userId: 5, sessionId: 'a' })).to.not.equal(ownerMark({ userId: 5, sessionId: null }));
    expect(ownerMark({ userId: 5, sessionId: null })).to.not.equal(ownerMark({ userId: 6, sessionId: null }));
  });
});
