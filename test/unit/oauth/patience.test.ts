import { expect } from 'chai';
import { TimeOut } from '../../../plugin/lib/in-time.js';
import { createPatience } from '../../../plugin/oauth/patience.js';

describe('waiting for a late answer', () => {
  const never = new Promise<string>(() => undefined);
  const outcome = (work: Promise<string>) =>
    work.catch((error: unknown) => (error instanceof TimeOut ? 'given up' : `failed: ${error}`));

  it('accepts an answer and a failure, and gives up at the end', async () => {
    const { listen } = createPatience();
    expect(await outcome(listen(Promise.resolve('answer'), 'a', 0, 1000))).to.equal('answer');
    expect(await outcome(listen(Promise.reject('cut'), 'a', 0, 1000))).to.equal('failed: cut');
    expect(await outcome(listen(never, 'a', 0, 5))).to.equal('given up');
  });

  it('ends soon after the host has answered a later request, but not after an earlier one or one to another host', async () => {
    let now = 1000;
    const { listen, noteAnswer } = createPatience(() => now);
    noteAnswer('a', 900);
    noteAnswer('b', 2000);
    const clock = setInterval(() => {
      now += 2000;
    }, 5);
    try {
      let ended = false;
      const waiting = outcome(listen(never, 'a', 950, 3_600_000)).then((result) => {
        ended = true;
        return result;
      });
      await new Promise((resolve) => setTimeout(resolve, 1200));
      expect([ended, now > 60_000]).to.deep.equal([false, true]);
      const from = now;
      noteAnswer('a', 951);
      expect(await waiting).to.equal('given up');
      expect(now - from).to.be.at.least(10_000);
      expect(now).to.be.below(3_600_000);
    } finally {
      clearInterval(clock);
    }
  }).timeout(20_000);
});
