import { expect } from 'chai';
import { coalesce } from '../../../plugin/lib/coalesce.js';

describe('coalescing', () => {
  it('serves all callers who asked meanwhile by one run that starts after they asked', async () => {
    const finish: (() => void)[] = [];
    const forget = coalesce(() => new Promise((resolve) => finish.push(resolve)));
    const done: string[] = [];
    const first = forget().then(() => done.push('first'));
    const others = [forget(), forget(), forget()].map((call) => call.then(() => done.push('other')));
    expect(finish).to.have.length(1);
    finish[0]?.();
    await first;
    await new Promise(setImmediate);
    expect([finish.length, done]).to.deep.equal([2, ['first']]);
    finish[1]?.();
    await Promise.all(others);
    expect(done).to.have.length(4);
    void forget();
    expect(finish, 'idle again').to.have.length(3);
  });

  it('reports a failure to those who waited for it, and to no others', async () => {
    let works = false;
    const forget = coalesce(async () => {
      await new Promise(setImmediate);
      if (!works) throw new Error('no');
    });
    const first = forget().catch((error: Error) => error.message);
    works = false;
    const second = forget().catch((error: Error) => error.message);
    expect(await first).to.equal('no');
    works = true;
    expect(await second).to.equal(undefined);
  });
});
