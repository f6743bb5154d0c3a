import { expect } from 'chai';
import type { ProviderFailure } from '../../../plugin/domain/provider/provider-error.js';
import { type Answer, fails, granted, make } from './setup.js';

const ids = Array.from({ length: 20 }, (_, at) => at + 1);
const minutes = (ms: number) => ms / 60_000;

/** Twenty configurations at a provider that fails in this way until it recovers. */
function outage(failure: Partial<ProviderFailure>, length = 20) {
  let well = false;
  let asked = 0;
  const many = ids.slice(0, length);
  const answer: Answer = async (id) => {
    asked++;
    return well ? granted(id) : fails(failure)();
  };
  const it = make(answer, many);
  const renewed = () => many.filter((id) => it.tokens.rows.get(id)?.accessToken === `a-${id}`).length;
  return {
    ...it,
    renewed,
    requests: () => asked,
    heal: () => {
      well = true;
    },
    async play(seconds: number, step = 5): Promise<void> {
      for (let passed = 0; passed < seconds; passed += step) {
        it.clock.advance(step);
        await it.renewalService.tick();
      }
    },
  };
}

describe('a provider that recovers', () => {
  for (const [how, failure] of Object.entries<Partial<ProviderFailure>>({
    'does not answer': { error: 'timeout' },
    'answers HTTP 500': { error: 'http_500', status: 500 },
    'answers with half a page': { outcome: 'invalid-answer', error: 'invalid_answer' },
  }))
    it(`has all twenty renewed within two minutes after ten minutes in which it ${how}`, async () => {
      const it = outage(failure);
      await it.renewalService.tick();
      await it.play(600);
      expect(it.renewed()).to.equal(0);
      it.heal();
      await it.play(120);
      expect(it.renewed()).to.equal(20);
    });

  it('has a single configuration renewed soon, even after an hour', async () => {
    const it = outage({ error: 'timeout' }, 1);
    await it.renewalService.tick();
    await it.play(3600);
    it.heal();
    await it.play(305);
    expect(it.renewed()).to.equal(1);
  });

  it('is not flooded: waiting renewals are spread, and the tokens that end first come first', async () => {
    const it = outage({ error: 'timeout' });
    it.renewals.acquire = async () => null;
    await it.renewalService.tick();
    const now = it.clock();
    const state = { failures: 9, outcome: 'transient' as const, retryAt: new Date(now.getTime() + 900_000) };
    for (const id of ids) {
      const row = it.renewals.row(id);
      row.state = { ...row.state, ...state };
      row.provider = 'provider.example';
      const end = new Date(now.getTime() - id * 1000);
      it.tokens.rows.set(id, { ...(await it.tokens.get(id)), accessTokenExpiresAt: end });
    }
    await it.renewals.providerIsBack('provider.example', now, 125, []);
    const due = ids.map((id) => (it.renewals.row(id).dueAt ?? 0) - now.getTime()).reverse();
    expect(due).to.deep.equal(ids.map((_id, at) => at * 125));
  });

  it('is not asked before the time that it named itself (Retry-After)', async () => {
    const it = outage({ error: 'http_429', status: 429, retryAfter: 1800 });
    await it.renewalService.tick();
    const before = it.requests();
    expect(before).to.equal(20);
    it.heal();
    await it.play(1790);
    expect(it.requests(), 'nobody has asked').to.equal(before);
    await it.play(60);
    expect(it.renewed()).to.equal(20);
  });

  it('lets a renewal wait as long as the provider asked, even when it answers another one', async () => {
    let well = false;
    const answer: Answer = async (id) => {
      if (well) return granted(id);
      return id === 1 ? fails({ error: 'http_429', status: 429, retryAfter: 1800 })() : fails({})();
    };
    const it = make(answer, [1, 2, 3]);
    await it.renewalService.tick();
    well = true;
    for (let step = 0; step < 24; step++) {
      it.clock.advance(5);
      await it.renewalService.tick();
    }
    expect([1, 2, 3].map((id) => it.tokens.rows.get(id)?.accessToken)).to.deep.equal([
      'access-0',
      'a-2',
      'a-3',
    ]);
    const due = (it.renewals.row(1).dueAt ?? 0) - it.clock().getTime();
    expect(minutes(due)).to.equal(28);
  });

  it('is asked less and less often for a renewal that fails while others succeed', async () => {
    const perMinute: Answer = async (id) =>
      id === 1 ? fails({ error: 'http_500', status: 500 })() : { ...(await granted(id)), expires_in: 60 };
    const it = make(perMinute, [1, 2, 3, 4]);
    for (let step = 0; step < 720; step++) {
      await it.renewalService.tick();
      it.clock.advance(5);
    }
    expect(it.asked.filter((id) => id === 2).length).to.be.above(60);
    // 0, 1, 2–3, 4–6, 8–12 … minutes, then at most a quarter of an hour apart.
    expect(it.asked.filter((id) => id === 1).length).to.be.within(7, 13);
  });
});
