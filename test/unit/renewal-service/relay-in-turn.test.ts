import { expect } from 'chai';
import { refreshInTurn } from '../../../plugin/begin-services.js';
import { createTokenInTime } from '../../../plugin/usecases/relay/token-in-time.js';
import { fails, granted, make, turn } from './setup.js';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_none, n) => from + n);

/** Configurations 1 to 20 are due, and clients of the relay have found the tokens of 21 to 40 refused. */
function beside(answer = granted) {
  let now = 0;
  const most: number[] = [];
  const made = make(
    async (id) => {
      most.push(++now);
      await turn();
      now--;
      return answer(id);
    },
    range(1, 40),
  );
  const tokenInTime = createTokenInTime({
    ...made,
    showTime: String,
    refresh: refreshInTurn(made.renewalService),
  });
  const client = (id: number) =>
    tokenInTime(id, 'access-0').catch((error) => `${error.kind}: ${error.message}`);
  return { ...made, client, most: () => Math.max(...most) };
}

describe('renewals of the relay', () => {
  it('share the limit of requests to a provider with those that are due, and go first', async () => {
    const { renewalService, client, asked, most, set, tokenConfigs } = beside();
    set('RequestsPerProvider', 3);
    for (const config of tokenConfigs.rows) if (config.id > 20) config.validId = 2;
    const pass = renewalService.tick();
    while (asked.length < 3) await turn();
    for (const config of tokenConfigs.rows) config.validId = 1;
    const tokens = await Promise.all(range(21, 40).map(client));
    expect(tokens).to.deep.equal(range(21, 40).map((id) => `a-${id}`));
    const waited = asked.filter((id) => id <= 20).length;
    await pass;
    expect(most()).to.equal(3);
    expect(waited).to.be.lessThan(10);
    expect(asked).to.have.members(range(1, 40));
  });

  it('tell the renewal service that their provider is unavailable, or answers again', async () => {
    let isAway = true;
    const { client, clock, lines, renewals } = beside((id) => (isAway ? fails({})() : granted(id)));
    renewals.providerIsBack = async (_provider, _now, _pace, except) => except.length + 1;
    expect(await client(21)).to.match(/^passing: /);
    clock.advance(120);
    isAway = false;
    expect(await client(22)).to.equal('a-22');
    expect(lines.map(({ message, facts }) => `${message} ${facts.configId ?? facts.provider}`)).to.deep.equal(
      ['token not renewed 21', 'token renewed 22', 'the provider answers again provider.example'],
    );
  });
});
