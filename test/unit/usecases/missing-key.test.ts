import { expect } from 'chai';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const SOON = new Date('2026-11-24T12:01:00Z');
const expired = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T11:59:00Z') });

describe('a private key that one machine cannot use', () => {
  for (const error of ['certificate_missing', 'certificate_unsafe']) {
    const make = async (token = tokenOf({ accessTokenExpiresAt: SOON }), status: number | null = null) => {
      const endpoint = new ScriptedEndpoint(() => {
        throw new ProviderError({ outcome: 'client-rejected', error, status });
      });
      const deps = testDeps(endpoint, { token });
      await deps.renewals.reconcile(deps.clock());
      const kept = () =>
        structuredClone([deps.renewals.row(7), deps.tokens.rows.get(7), deps.renewals.events]);
      return { deps, kept };
    };
    const service = { configId: 7, userId: 1, actor: null };

    it(`leaves state, due time and history to the sidecars that have it, and releases the lease (${error})`, async () => {
      const { deps, kept } = await make();
      const before = kept();
      expect(await codeOf(refreshToken(deps, service))).to.equal('client-rejected');
      expect(kept()).to.deep.equal(before);
      expect(deps.renewals.row(7).lease).to.equal(null);
    });

    it(`is told to a person whose command lacks it, and recorded nowhere, even after the token's end (${error})`, async () => {
      const { deps, kept } = await make(expired);
      const before = kept();
      const asked = refreshToken(deps, { configId: 7, userId: 5, actor: 5, force: true });
      expect(await codeOf(asked)).to.equal('client-rejected');
      expect(kept()).to.deep.equal(before);
    });

    it(`becomes the state once the token has ended, and another sidecar tries after a minute (${error})`, async () => {
      const { deps } = await make(expired);
      await refreshToken(deps, service).catch(() => undefined);
      const { state, dueAt, lease } = deps.renewals.row(7);
      expect(state).to.include({ outcome: 'client-rejected', error });
      const minute = new Date(deps.clock().getTime() + 60_000);
      expect([state.retryAt, dueAt, lease]).to.deep.equal([minute, minute.getTime(), null]);
    });

    it(`is not the same as a provider that sends this word (${error})`, async () => {
      const { deps } = await make(undefined, 401);
      await refreshToken(deps, service).catch(() => undefined);
      expect(deps.renewals.row(7).state).to.include({ outcome: 'client-rejected', error });
    });
  }
});
