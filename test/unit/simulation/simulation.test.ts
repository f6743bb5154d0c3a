import { expect } from 'chai';
import { simulate } from './simulate.js';
import type { Rule } from './stores.js';

const number = (name: string, usual: number) => Number(process.env[name] || usual);
const FAULTLESS = {
  expired: 0,
  twice: 0,
  reused: 0,
  stale: 0,
  tooMany: 0,
  falseNotices: 0,
  lateNotices: 0,
  untold: 0,
  forgotten: 0,
};

describe('the simulation of many days', () => {
  const seed = number('SIM_SEED', 20261124);
  const configs = number('SIM_CONFIGS', 10_000);
  const days = number('SIM_DAYS', 120);
  const killsADay = number('SIM_KILLS_A_DAY', 3);
  const { stackTraceLimit } = Error;
  before(() => {
    // A million failures need no stack traces.
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it(`keeps every mailbox working: ${configs} configurations, ${days} days, three sidecars of which one dies at random`, async function () {
    this.timeout(1_200_000);
    const replay = `SIM_SEED=${seed} SIM_CONFIGS=${configs} SIM_DAYS=${days} SIM_KILLS_A_DAY=${killsADay} npx mocha test/unit/simulation/simulation.test.ts`;
    const counts = await simulate({ seed, configs, days, killsADay });
    const { killed, renewals, excused, lost, told, requestsPerDayAndToken, ...faults } = counts;
    if (process.env.SIM_REPORT) console.log(counts);
    expect(faults, `play it again: ${replay}`).to.deep.equal(FAULTLESS);
    // Had these not happened, the simulation would prove nothing.
    expect(killed, replay).to.be.greaterThan(days);
    expect(excused, 'tokens that nobody could have renewed').to.be.greaterThan(0);
    expect(renewals).to.be.greaterThan(configs * days);
    expect(told, 'answers lost with their process, of which the admin was told').to.be.within(1, lost);
    // One a day for tokens with a long lifetime; about 33 for the one in 250 that lasts an hour; plus retries in
    // outages.
    expect(requestsPerDayAndToken, replay).to.be.within(1, 3);
  });

  it('repeats the same run with the same seed', async () => {
    const size = { seed, configs: 200, days: 2, killsADay: 24 };
    const counts = await simulate(size);
    expect(counts.killed).to.be.greaterThan(10);
    expect(await simulate(size)).to.deep.equal(counts);
    expect(await simulate({ ...size, seed: seed + 1 })).to.not.deep.equal(counts);
  }).timeout(120_000);

  /** Whether to prove that the simulation finds faults. Default 1. */
  const detects = number('SIM_DETECTS', 1) === 1;
  for (const [without, faults] of [
    ['compare-and-set', ['reused']],
    ['lease', ['twice', 'reused']],
    ['journal', ['reused']],
    ['lead', ['expired']],
    ['reset', ['falseNotices']],
  ].slice(0, detects ? undefined : 0) as [Rule, (keyof typeof FAULTLESS)[]][])
    it(`detects a renewal service without ${without}`, async () => {
      const run = (more: number) =>
        simulate({ seed: seed + more, configs: 600, days: 12, killsADay: 24, without });
      let counts = await run(0);
      // Some faults need two events within seconds, which not every run has.
      for (let more = 1; more <= 4 && faults.some((fault) => counts[fault] === 0); more++)
        counts = await run(more);
      if (process.env.SIM_REPORT) console.log(without, counts);
      for (const fault of faults) expect(counts[fault], fault).to.be.greaterThan(0);
    }).timeout(300_000);
});
