import { expect } from 'chai';
import { stopAfterRelay } from '../../plugin/begin-relay.js';

describe('the relay of a service that stops', () => {
  it('stops first: everything else goes on until its clients have finished', async () => {
    const order: string[] = [];
    let finish: (() => void) | undefined;
    const stopping = stopAfterRelay(
      {
        stop: () =>
          new Promise((resolve) => {
            order.push('the relay drains');
            finish = resolve;
          }),
      },
      () => [Promise.resolve(order.push('all else stops'))],
    );
    await new Promise(setImmediate);
    expect(order).to.deep.equal(['the relay drains']);
    finish?.();
    await stopping;
    expect(order).to.deep.equal(['the relay drains', 'all else stops']);
    await stopAfterRelay(undefined, () => [undefined, Promise.resolve(order.push('without a relay'))]);
    expect(order.at(-1)).to.equal('without a relay');
  });
});
