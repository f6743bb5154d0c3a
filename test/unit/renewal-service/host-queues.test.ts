import { expect } from 'chai';
import { createHostQueues } from '../../../plugin/renewal-service/host-queues.js';

describe('the queues by host', () => {
  it('count no late answer as a running request, however many answers are late', async () => {
    const queues = createHostQueues(() => 2);
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const add = (number: number, isLate: boolean) =>
      queues.add('host', new Date(0), async (_answered, late) => {
        begun.push(number);
        if (isLate) late();
        await new Promise<void>((resolve) => ends.push(resolve));
      });
    for (let number = 0; number < 20; number++) add(number, true);
    for (let number = 20; number < 24; number++) add(number, false);
    expect(begun, 'all that are late, and as many as may ask').to.have.length(22);
    for (const end of ends.splice(0)) end();
    await new Promise(setImmediate);
    expect(begun).to.have.length(24);
    for (const end of ends.splice(0)) end();
    await queues.close();
    expect(queues.waitingSince()).to.equal(null);
  });

  it('begin what is urgent before what waits, and know who has waited longest', async () => {
    const queues = createHostQueues(() => 1);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const add = (name: string, since: number, isUrgent = false) =>
      queues.add(
        'host',
        new Date(since),
        async () => {
          begun.push(name);
          await new Promise<void>((resolve) => ends.push(resolve));
        },
        isUrgent,
      );
    add('first', 1);
    add('due', 2);
    add('urgent 1', 4, true);
    add('urgent 2', 3, true);
    expect(queues.waitingSince()).to.deep.equal(new Date(2));
    for (let n = 0; n < 4; n++) {
      ends.shift()?.();
      await new Promise(setImmediate);
    }
    expect(begun).to.deep.equal(['first', 'urgent 1', 'urgent 2', 'due']);
    await queues.idle();
  });
});
