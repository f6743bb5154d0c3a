import { expect } from 'chai';
import { createCatchUp } from '../../../plugin/renewal-service/catch-up.js';

describe('catching up with the changes of others before a screen is shown', () => {
  function make(took = 0) {
    const seen = { lastWrite: { at: '10:00:00' as string | null, over: true }, looks: 0, time: 0 };
    const catchUp = createCatchUp(
      { lastWrite: async () => seen.lastWrite },
      async () => {
        seen.looks++;
        seen.time += took;
      },
      () => seen.time,
    );
    return { seen, catchUp };
  }

  it('looks once after each write', async () => {
    const { seen, catchUp } = make();
    await catchUp();
    await catchUp();
    expect(seen.looks).to.equal(1);
    seen.lastWrite = { at: '10:00:07', over: true };
    await catchUp();
    await catchUp();
    expect(seen.looks).to.equal(2);
  });

  it('looks again until the second of the write is over, and once after it', async () => {
    const { seen, catchUp } = make();
    seen.lastWrite = { at: '10:00:07', over: false };
    await catchUp();
    await catchUp();
    seen.lastWrite = { at: '10:00:07', over: true };
    await catchUp();
    await catchUp();
    expect(seen.looks).to.equal(3);
  });

  it('does not look while the server reports no write', async () => {
    const { seen, catchUp } = make();
    seen.lastWrite = { at: null, over: true };
    await catchUp();
    await catchUp();
    expect(seen.looks).to.equal(1);
  });

  it('pauses nine times as long as a look took, however much is written, and misses nothing', async () => {
    const { seen, catchUp } = make(100);
    await catchUp();
    seen.lastWrite = { at: '10:00:07', over: true };
    seen.time += 899;
    await catchUp();
    expect(seen.looks).to.equal(1);
    seen.time += 1;
    await catchUp();
    expect(seen.looks).to.equal(2);
  });

  it('looks again after a look that failed', async () => {
    let looks = 0;
    const catchUp = createCatchUp({ lastWrite: async () => ({ at: '10:00:00', over: true }) }, async () => {
      if (looks++ === 0) throw new Error('away');
    });
    expect(await catchUp().catch((error: Error) => error.message)).to.equal('away');
    await catchUp();
    await catchUp();
    expect(looks).to.equal(2);
  });

  it('takes one look for many who ask together', async () => {
    const { seen, catchUp } = make();
    await Promise.all(Array.from({ length: 20 }, catchUp));
    expect(seen.looks).to.equal(1);
  });
});
