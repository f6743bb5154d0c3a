import { expect } from 'chai';
import type { TokenConfigDocument } from '../../../../plugin/domain/configuration/token-config.js';
import { identityOf, judgeIdToken } from '../../../../plugin/domain/consent/identity.js';
import { ProviderError } from '../../../../plugin/domain/provider/provider-error.js';
import { asText, readAnswer } from '../../../../plugin/domain/token/read-answer.js';
import { claimsOf } from '../../../../plugin/lib/jwt.js';
import { failureOf } from '../../../../plugin/oauth/provider-failure.js';

const deep = (open: string, close: string) =>
  JSON.parse(`${open.repeat(100_000)}1${close.repeat(100_000)}`) as unknown;
const ODD: Record<string, unknown> = {
  null: null,
  number: 1e308,
  'negative number': -1,
  true: true,
  'empty text': '',
  'half a character': '\ud83d',
  'direction mark': '\u202e\0',
  'a megabyte': 'x'.repeat(1024 * 1024),
  'empty list': [],
  'list in lists': deep('[', ']'),
  'map in maps': deep('{"a":', '}'),
  'list of maps': [deep('{"a":[', ']}')],
  'a key toString': { toString: 1, valueOf: null, toJSON: 2 },
  'a prototype': JSON.parse('{"__proto__":{"x":1}}'),
};
const NOW = new Date(0);
const document: TokenConfigDocument = {};
const expected = {
  clientId: 'c',
  issuer: 'https://i',
  authorizationEndpoint: 'https://i/a',
  nonce: 'n',
  now: NOW,
};

describe('provider answers with odd values in any place', () => {
  for (const [what, odd] of Object.entries(ODD))
    it(`${what}: a good token beside it is read, and only provider errors are thrown`, () => {
      const beside = {
        expires_in: odd,
        refresh_token_expires_in: odd,
        scope: odd,
        id_token: odd,
        extra: odd,
      };
      const read = readAnswer(document, 'TokenByRefreshToken', { access_token: 'good', ...beside }, NOW);
      expect(read.accessToken).to.equal('good');
      const odder = () =>
        readAnswer(document, 'TokenByRefreshToken', { access_token: odd, refresh_token: odd }, NOW);
      if (what === 'a megabyte') expect(odder().accessToken).to.equal(odd);
      else expect(odder).to.throw(ProviderError);
      const failure = failureOf({ error: odd, error_description: odd, error_codes: odd }, 400, ['secret']);
      expect(failure.description.length).to.be.at.most(500);
      expect(failure.error.length).to.be.within(1, 100);
      for (const claim of ['aud', 'azp', 'nonce', 'iss', 'exp', 'sub', 'email']) {
        const claims = { aud: 'c', nonce: 'n', iss: 'https://i', exp: 9, sub: 's', [claim]: odd };
        expect(judgeIdToken(claims, expected).kind, claim).to.be.oneOf(['good', 'forged', 'useless']);
        expect(() => identityOf(claims, 'https://i')).to.not.throw();
      }
      expect(() => claimsOf(odd)).to.not.throw();
      const inToken = Buffer.from('['.repeat(100_000)).toString('base64url');
      expect(claimsOf(`a.${inToken}.c`)).to.equal(null);
    });

  it('have their lists joined as the helpdesk joins them', () => {
    expect(asText(['a', ['b', null], 1])).to.equal('a, b, , 1');
    expect(asText({ a: [1] })).to.equal('{"a":[1]}');
  });
});
