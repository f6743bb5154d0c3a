import { expect } from 'chai';
import type { LastWrite } from '../../../plugin/domain/token/renewal-store.js';
import { createCatchUp } from '../../../plugin/renewal-service/catch-up.js';

describe('catching up with the changes of others before a screen is shown', () => {
  function make(took = 0) {
    const lastWrite: LastWrite = { at: '10:00:00', over: true };
    const seen = {
      lastWrite,
      looks: 0,
      time: 0,
      lookedAt: [] as (readonly number[] | undefined)[],
      fails: false,
    };
    const catchUp = createCatchUp(
      { lastWrite: async () => seen.lastWrite },
      async (written) => {
        if (seen.fails) throw new Error('away');
        seen.looks++;
        seen.lookedAt.push(written);
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

  it('looks at all rows first, and then at those that have been written, if the server names them', async () => {
    const { seen, catchUp } = make();
    const after = async (at: string, written?: number[]) => {
      seen.lastWrite = { at, over: true, written };
      await catchUp();
      return seen.lookedAt.at(-1);
    };
    expect(await after('1', [3])).to.equal(undefined);
    expect(await after('2', [4, 5])).to.deep.equal([4, 5]);
    expect(await after('3', [])).to.deep.equal([]);
    expect(await after('4')).to.equal(undefined);
    expect(await after('5', [6])).to.deep.equal([6]);
    const many = Array.from({ length: 1001 }, (_none, n) => n);
    expect(await after('6', many)).to.equal(undefined);
    expect(await after('7', [7])).to.deep.equal([7]);
  });

  it('looks later at what was written before a look that failed, and during a pause', async () => {
    const { seen, catchUp } = make(100);
    seen.lastWrite = { at: '1', over: true, written: [] };
    await catchUp();
    seen.lastWrite = { at: '2', over: true, written: [1] };
    await catchUp();
    seen.time += 900;
    seen.fails = true;
    seen.lastWrite = { at: '3', over: true, written: [2] };
    expect(await catchUp().catch((error: Error) => error.message)).to.equal('away');
    seen.fails = false;
    seen.lastWrite = { at: '3', over: true, written: [] };
    await catchUp();
    expect(seen.lookedAt).to.deep.equal([undefined, [1, 2]]);
  });

  it('takes one look for many who ask together', async () => {
    const { seen, catchUp } = make();
    await Promise.all(Array.from({ length: 20 }, catchUp));
    expect(seen.looks).to.equal(1);
  });
});
