import { expect } from 'chai';
import { readStorable } from '../../../plugin/lib/storable.js';

/** Texts of all kinds, numbers, undef, a list with a hash, true and false. Printed as hexadecimal digits by `nfreeze`. */
const PLAIN =
  '050b19000000000c08810000000001610a01310000000001740a016b0100000005c3a4e282ac010000012c' +
  '78'.repeat(300) +
  '000000000164050000000001660402000000020881040300000001088200000001680000000001670a00000000000175090000012c' +
  '0000000001630a0b313233343536373839303100000000036269670a03312e350000000002666c087b0000000001621703e282ac000000000165';

describe('data written by Storable', () => {
  it('is read: texts, numbers, undef, lists and hashes', () => {
    const read = readStorable(Buffer.from(PLAIN, 'hex'));
    expect({ ...(read as object) }).to.deep.equal({
      a: '1',
      b: '-5',
      c: '300',
      big: '12345678901',
      fl: '1.5',
      d: 'x'.repeat(300),
      e: '€',
      'ä€': 'k',
      f: null,
      g: ['1', Object.assign(Object.create(null), { h: '2' })],
      t: '1',
      u: '',
    });
  });

  it('may refer to an earlier value', () => {
    // my $x = "same"; nfreeze([ \$x, \$x ])
    const twice = '050b0200000002040a0473616d65040000000002';
    expect(readStorable(Buffer.from(twice, 'hex'))).to.deep.equal(['same', 'same']);
  });

  it('is refused with an error where it is incomplete, of a class, or something else', () => {
    const bytes = Buffer.from(PLAIN, 'hex');
    for (const length of [0, 1, 2, 5, 40, bytes.length - 1])
      expect(() => readStorable(bytes.subarray(0, length)), String(length)).to.throw(RangeError);
    // nfreeze(bless {}, "X")
    expect(() => readStorable(Buffer.from('050b1101580300000000', 'hex'))).to.throw('no plain data');
    expect(() => readStorable(Buffer.from('{"UserID":1}'))).to.throw('not in network order');
    expect(() => readStorable(Buffer.from(`050b${'04'.repeat(5000)}05`, 'hex'))).to.throw('too deep');
  });
});
