import { expect } from 'chai';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { testDeps } from './setup.js';

const input = { configId: 7, userId: 1, actor: null };

/**
 * A database that goes away loses its last transactions, and a lease may be among them while its request is on its way: a
 * provider may take longer to answer than the time in which nothing is sent.
 */
describe('a lease that the database has lost', () => {
  /** A sidecar whose request the provider answers when the test says so, and another one beside it. */
  function setUp() {
    const asked: { answer: () => void }[] = [];
    const endpoint = new ScriptedEndpoint(
      () =>
        new Promise((resolve) => {
          const serial = asked.length + 1;
          const json = { access_token: `a-${serial}`, expires_in: 3600, refresh_token: `r-${serial}` };
          asked.push({ answer: () => resolve(json) });
        }),
    );
    const token = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z') });
    const deps = testDeps(endpoint, { token });
    const extensions = new Set<() => void>();
    const repeat = (work: () => void) => {
      extensions.add(work);
      return () => void extensions.delete(work);
    };
    const own = { ...deps, repeat };
    const other = { ...deps, repeat, holder: 'sidecar-2', journal: testDeps(endpoint).journal };
    const turn = () => new Promise(setImmediate);
    return {
      ...deps,
      own,
      other,
      asked,
      extensions,
      turn,
      lease: () => deps.renewals.row(7).lease,
      async extend() {
        for (const extension of extensions) extension();
        await turn();
      },
    };
  }
  const sent = ({ endpoint }: ReturnType<typeof setUp>) =>
    endpoint.requests.map(({ parameters }) => parameters.refresh_token);

  it('is taken again, so that no other sidecar sends the refresh token before the answer arrives', async () => {
    const it = setUp();
    const renewal = refreshToken(it.own, input);
    await it.turn();
    it.renewals.row(7).lease = null;
    await it.extend();
    expect(it.lease()?.holder).to.equal('sidecar-1');
    expect(await refreshToken(it.other, input)).to.deep.equal({ outcome: 'busy' });
    it.asked[0]?.answer();
    expect(await renewal).to.deep.equal({ outcome: 'renewed' });
    expect(sent(it)).to.deep.equal(['refresh-0']);
    expect([it.lease(), it.extensions.size]).to.deep.equal([null, 0]);
  });

  it('lets nothing be sent that was not sent before, because it may have been somebody else\u2019s', async () => {
    const it = setUp();
    const { current } = it.settings;
    let goOn: () => void = () => undefined;
    const settings = {
      ...it.settings,
      current: () => new Promise<void>((resolve) => (goOn = resolve)).then(() => current()),
    };
    const renewal = refreshToken({ ...it.own, settings }, input);
    await it.turn();
    it.renewals.row(7).lease = null;
    await it.extend();
    // The next extension succeeds.
    await it.extend();
    goOn();
    expect(await renewal).to.deep.equal({ outcome: 'busy' });
    expect([sent(it), it.lease()]).to.deep.equal([[], null]);
  });

  it('is not taken again from a sidecar that has it now', async () => {
    const it = setUp();
    const renewal = refreshToken(it.own, input);
    await it.turn();
    it.renewals.row(7).lease = { holder: 'sidecar-2', until: it.clock().getTime() + 60_000 };
    await it.extend();
    it.asked[0]?.answer();
    await renewal;
    expect(it.lease()?.holder).to.equal('sidecar-2');
  });

  it('is free again when the answer was stored while it was taken again', async () => {
    const it = setUp();
    const renewal = refreshToken(it.own, input);
    await it.turn();
    it.renewals.row(7).lease = null;
    const { acquire } = it.renewals;
    let goOn: () => void = () => undefined;
    it.renewals.acquire = async (...given) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      return acquire.apply(it.renewals, given);
    };
    await it.extend();
    it.asked[0]?.answer();
    for (let turns = 0; turns < 10; turns++) await it.turn();
    goOn();
    expect(await renewal).to.deep.equal({ outcome: 'renewed' });
    expect(it.lease()).to.equal(null);
  });
});
