import { expect } from 'chai';
import { codeChallenge, randomText, sha256 } from '../../../plugin/lib/hash.js';

describe('hashes and random texts', () => {
  it('include the challenge of RFC 7636 appendix B', () => {
    expect(codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).to.equal(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });

  it('are made from UTF-8', () => {
    expect(sha256('abc')).to.equal('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256('ä')).to.equal('33e6d73fee82904c8d7afb78de1154d1e8dc2a0edb08120e63df5b9385c2d9cc');
  });

  it('have as many random bits as requested, and never repeat', () => {
    expect(randomText(256)).to.match(/^[\w-]{43}$/);
    expect(randomText(384)).to.match(/^[\w-]{64}$/);
    expect(new Set(Array.from({ length: 200 }, () => randomText(256))).size).to.equal(200);
  });
});
