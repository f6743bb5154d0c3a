import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const input = { configId: 7, userId: 1, actor: null };
const away = () => new SidecarError('database-unavailable');

describe('a lease whose release fails', () => {
  /** Each pause ends when the test says so. */
  function setup() {
    const token = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z') });
    const endpoint = new ScriptedEndpoint(() => ({ access_token: 'access-1', expires_in: 3600 }));
    const deps = testDeps(endpoint, { token });
    const pauses: { ms: number; end: () => void }[] = [];
    const pause = (ms: number) => new Promise<void>((end) => pauses.push({ ms, end }));
    const passes = async () => {
      pauses.at(-1)?.end();
      await new Promise(setImmediate);
    };
    return { deps: Object.assign(deps, { pause }), pauses, passes };
  }

  it('is released as soon as the database answers again, and only then does this process renew', async () => {
    const { deps, pauses, passes } = setup();
    const { one, release } = deps.renewals;
    // The lease is acquired, then the database goes away.
    deps.renewals.one = () => Promise.reject(away());
    deps.renewals.release = () => Promise.reject(away());
    expect(await codeOf(refreshToken(deps, input))).to.equal('database-unavailable');
    expect(deps.renewals.row(7).lease?.holder).to.equal('sidecar-1');
    await passes();
    deps.renewals.one = one;
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'busy' });
    expect(deps.endpoint.requests).to.deep.equal([]);
    deps.renewals.release = release;
    await passes();
    expect(deps.renewals.row(7).lease).to.equal(null);
    expect(pauses.map(({ ms }) => ms)).to.deep.equal([1000, 2000]);
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
  });

  it('is released as well when only the answer to its acquisition was lost', async () => {
    const { deps, pauses } = setup();
    const { acquire } = deps.renewals;
    deps.renewals.acquire = async (...given) => {
      await acquire.apply(deps.renewals, given);
      throw away();
    };
    expect(await codeOf(refreshToken(deps, input))).to.equal('database-unavailable');
    await new Promise(setImmediate);
    expect(deps.renewals.row(7).lease).to.equal(null);
    expect(pauses).to.deep.equal([]);
    deps.renewals.acquire = acquire;
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
  });

  it('is finally left to expire, so that this process renews again', async () => {
    const { deps, pauses, passes } = setup();
    const { one } = deps.renewals;
    deps.renewals.one = () => Promise.reject(away());
    deps.renewals.release = () => Promise.reject(away());
    await codeOf(refreshToken(deps, input));
    for (let time = 0; time < 9; time++) await passes();
    expect(pauses.reduce((sum, { ms }) => sum + ms, 0)).to.equal(95_000);
    deps.renewals.one = one;
    deps.clock.advance(121);
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
  });
});
