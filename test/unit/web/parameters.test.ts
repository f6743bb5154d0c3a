import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { createParameters, parsePairs } from '../../../plugin/web/parameters.js';
import { screenUrl } from '../../../plugin/web/screen-url.js';

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof SidecarError ? error.code : 'another error';
  }
};

describe('the parameters of a request', () => {
  it('are separated by semicolons and ampersands in a query', () => {
    expect(parsePairs('Action=A;ID=1&Name=a%3Bb+c;Flag', ';&')).to.deep.equal([
      ['Action', 'A'],
      ['ID', '1'],
      ['Name', 'a;b c'],
      ['Flag', ''],
    ]);
  });

  it('may be repeated with the same value only', () => {
    const parameters = createParameters([
      ['a', '1'],
      ['a', '1'],
      ['b', '1'],
      ['b', '2'],
    ]);
    expect(parameters.one('a')).to.equal('1');
    expect(parameters.one('missing')).to.equal(undefined);
    expect(codeOf(() => parameters.one('b'))).to.equal('bad-request');
    expect(parameters.every('b')).to.deep.equal(['1', '2']);
  });

  it('are refused where they are malformed, too many or too long', () => {
    expect(codeOf(() => parsePairs('a=%ff', '&'))).to.equal('bad-request');
    expect(codeOf(() => createParameters(parsePairs('a=%00', '&')))).to.equal('bad-request');
    expect(codeOf(() => createParameters(Array.from({ length: 801 }, () => ['a', '1'])))).to.equal(
      'bad-request',
    );
    expect(codeOf(() => createParameters([['a', 'x'.repeat(65_537)]]))).to.equal('bad-request');
    for (const id of ['', '0', '-1', '1x', '1e3', '9999999999']) {
      expect(
        codeOf(() => createParameters([['ID', id]]).id('ID')),
        id,
      ).to.equal('bad-request');
    }
    expect(createParameters([['ID', '42']]).id('ID')).to.equal(42);
  });

  it('are encoded in our own addresses', () => {
    expect(screenUrl('EditTokenConfig', { ID: 5, Search: 'a;b&c', Empty: '', None: undefined })).to.equal(
      'index.pl?Action=AdminOAuth2TokenManagement;Subaction=EditTokenConfig;ID=5;Search=a%3Bb%26c',
    );
  });
});
