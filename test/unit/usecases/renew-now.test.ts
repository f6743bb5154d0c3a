import { expect } from 'chai';
import { renewNow } from '../../../plugin/usecases/renew-now.js';
import { until } from '../../lab/ports.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

describe('a renewal that a person waits for', () => {
  it('says after the usual time that the provider is late, and stores the answer that comes then', async () => {
    let open: (value: Record<string, unknown>) => void = () => undefined;
    const gate = new Promise<Record<string, unknown>>((resolve) => {
      open = resolve;
    });
    const deps = testDeps(new ScriptedEndpoint(() => gate));
    const post = deps.endpoint.post.bind(deps.endpoint);
    deps.endpoint.post = async (request) => {
      const sent = post(request);
      request.sending?.late?.();
      return sent;
    };
    const input = { configId: 7, userId: 1, actor: 1 };
    expect(await codeOf(renewNow(deps, input))).to.equal('provider-timeout');
    expect(await codeOf(renewNow(deps, input)), 'its lease is kept').to.equal('renewal-running');
    open({ access_token: 'access-1', expires_in: 3600, refresh_token: 'refresh-1' });
    await until('the lease ends', () => deps.renewals.row(7).lease === null);
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
    expect([deps.endpoint.requests.length, deps.renewals.row(7).lease]).to.deep.equal([1, null]);
  });
});
