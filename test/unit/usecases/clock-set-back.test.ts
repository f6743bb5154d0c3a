import { expect } from 'chai';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { testDeps } from './setup.js';

const HOUR = 3_600_000;

describe('a clock that changes while a renewal waits for its answer', () => {
  /** @param by how far it is set, in seconds @returns the end of the new token, in seconds after its answer arrived */
  async function renewedWhile(by: number) {
    let elapsed = 0;
    const endpoint: ScriptedEndpoint = new ScriptedEndpoint(() => {
      elapsed += 7000;
      deps.clock.advance(7 + by);
      return { access_token: 'access-1', expires_in: 3600, refresh_token: 'refresh-1' };
    });
    const token = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z') });
    const deps = testDeps(endpoint, { token });
    expect(
      await refreshToken({ ...deps, elapsed: () => elapsed }, { configId: 7, userId: 1, actor: null }),
    ).to.deep.equal({ outcome: 'renewed' });
    const end = deps.tokens.rows.get(7)?.accessTokenExpiresAt?.getTime() ?? 0;
    return {
      end: (end - deps.clock().getTime()) / 1000,
      durations: deps.renewals.events.map(({ durationMs }) => durationMs),
    };
  }

  it('still ends the token when the provider says, and measures no negative duration, when set back an hour', async () => {
    expect(await renewedWhile(-3600)).to.deep.equal({ end: 3593, durations: [0] });
  });

  it('counts the lifetime from the request when it is not changed at all', async () => {
    expect(await renewedWhile(0)).to.deep.equal({ end: 3593, durations: [7000] });
  });

  it('ends the token too early rather than too late when set forward an hour', async () => {
    const { end } = await renewedWhile(3600);
    expect(end).to.equal(3593 - HOUR / 1000);
  });
});
