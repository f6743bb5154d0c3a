import { expect } from 'chai';
import { createRestWatch } from '../../../plugin/lib/give-back-memory.js';

const MB = 1024 * 1024;

describe('memory of a process at rest', () => {
  /** @param steps milliseconds of processor time and MB of heap at each check, 20 s apart */
  const collected = (...steps: [cpu: number, heap: number][]): number[] => {
    const now = { cpu: 0, heap: 40 * MB };
    const at: number[] = [];
    let step = 0;
    const check = createRestWatch({
      cpu: () => now.cpu,
      heap: () => now.heap,
      collect: () => {
        at.push(step);
        now.heap = 42 * MB;
      },
    });
    for (const [cpu, heap] of steps) {
      step++;
      now.cpu += cpu;
      now.heap = heap * MB;
      check(20_000);
    }
    return at;
  };

  it('is given back once after a sweep, not during it', () => {
    expect(collected([9000, 150], [9000, 160], [100, 160], [100, 43], [100, 44])).to.deep.equal([3]);
  });

  it('is left as it is while it has hardly grown', () => {
    expect(collected([100, 41], [100, 44], [100, 47])).to.deep.equal([]);
  });

  it('is given back again after the next sweep', () => {
    expect(collected([9000, 150], [100, 150], [9000, 140], [100, 140])).to.deep.equal([2, 4]);
  });
});
