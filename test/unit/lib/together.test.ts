import { expect } from 'chai';
import { together } from '../../../plugin/lib/together.js';

describe('work that is done together', () => {
  /** Work that ends when it is told to; each item comes back doubled. */
  function make() {
    const begun: { items: number[]; end: (error?: Error) => void }[] = [];
    const double = together(
      (items: number[]) =>
        new Promise<number[]>((resolve, reject) => {
          const end = (error?: Error) => (error ? reject(error) : resolve(items.map((item) => item * 2)));
          begun.push({ items, end });
        }),
    );
    return { begun, double };
  }
  const turn = () => new Promise(setImmediate);

  it('starts a single item at once, and then takes all that arrived meanwhile in one go', async () => {
    const { begun, double } = make();
    const first = double(1);
    await turn();
    const others = [double(2), double(3), double(4)];
    await turn();
    expect(begun.map(({ items }) => items)).to.deep.equal([[1]]);
    begun[0]?.end();
    expect(await first).to.equal(2);
    await turn();
    expect(begun.map(({ items }) => items)).to.deep.equal([[1], [2, 3, 4]]);
    const late = double(5);
    begun[1]?.end();
    expect(await Promise.all(others)).to.deep.equal([4, 6, 8]);
    await turn();
    begun[2]?.end();
    expect([await late, begun[2]?.items]).to.deep.equal([10, [5]]);
  });

  it('reports a failure to the callers in it, and to no others', async () => {
    const { begun, double } = make();
    const words = (error: Error) => error.message;
    const first = [double(1).catch(words), double(2).catch(words)];
    await turn();
    const second = double(3);
    begun[0]?.end(new Error('no'));
    expect(await Promise.all(first)).to.deep.equal(['no', 'no']);
    await turn();
    begun[1]?.end();
    expect(await second).to.equal(6);
  });

  it('does not wait for a result that comes later, which reaches its own caller', async () => {
    const begun: number[][] = [];
    let end = (_error: Error) => {};
    const late = new Promise<number>((_resolve, reject) => {
      end = reject;
    });
    const double = together(async (items: number[]) => {
      begun.push(items);
      return items.map((item) => (item === 2 ? late : item * 2));
    });
    const [first, second] = [double(1), double(2).catch((error: Error) => error.message)];
    expect(await first).to.equal(2);
    expect(await double(3)).to.equal(6);
    expect(begun).to.deep.equal([[1, 2], [3]]);
    end(new Error('no'));
    expect(await second).to.equal('no');
  });
});
