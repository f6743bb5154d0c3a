import { expect } from 'chai';
import { ProviderError } from '../../../../plugin/domain/provider/provider-error.js';
import { asText, readAnswer } from '../../../../plugin/domain/token/read-answer.js';
import { documentOf } from '../../../support/samples.js';

const now = new Date('2026-11-24T12:00:00Z');
const read = (answer: Record<string, unknown>, document = documentOf()) =>
  readAnswer(document, 'TokenByRefreshToken', answer, now);

describe('the answer of a token endpoint', () => {
  it('is read by the mapping, and its seconds become a date', () => {
    expect(
      read({
        access_token: 'a',
        expires_in: 3599,
        refresh_token: 'r',
        refresh_token_expires_in: 86_400,
        other: 1,
      }),
    ).to.deep.equal({
      accessToken: 'a',
      accessTokenExpiresAt: new Date('2026-11-24T12:59:59Z'),
      refreshToken: 'r',
      refreshTokenExpiresAt: new Date('2026-11-25T12:00:00Z'),
    });
  });

  it('may give its seconds as text; missing values stay absent', () => {
    expect(read({ access_token: 'a', expires_in: '60' })).to.deep.equal({
      accessToken: 'a',
      accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z'),
    });
    expect(read({ access_token: 'a' })).to.deep.equal({ accessToken: 'a' });
    expect(read({ access_token: 'a', refresh_token: '', expires_in: null })).to.deep.equal({
      accessToken: 'a',
    });
  });

  for (const bad of [{}, { access_token: '' }, { access_token: null }, { refresh_token: 'r' }])
    it(`is refused without an access token: ${JSON.stringify(bad)}`, () => {
      expect(() => read(bad))
        .to.throw(ProviderError)
        .with.nested.property('failure.outcome', 'invalid-answer');
    });

  it('has no fields that the object only inherits', () => {
    const document = documentOf();
    Object.assign(document.Requests?.TokenByRefreshToken?.Response ?? {}, {
      ParametersMapping: { constructor: 'Token', access_token: 'Token' },
    });
    expect(read({ access_token: 'a' }, document).accessToken).to.equal('a');
  });

  it('yields its rotated refresh token although the mapping has none, as in the helpdesk’s own Google template', () => {
    const document = documentOf('google-mail');
    Object.assign(document.Requests?.TokenByRefreshToken?.Response ?? {}, {
      ParametersMapping: { access_token: 'Token', expires_in: 'TokenExpirationDate' },
    });
    expect(read({ access_token: 'a', refresh_token: 'rotated' }, document).refreshToken).to.equal('rotated');
    expect(read({ access_token: 'a', refresh_token: 'rotated' }, {}).refreshToken).to.equal('rotated');
  });

  for (const lifetime of [-1, 0, 1e12, Number.NaN, 'soon', '', '-5', [3600], { s: 1 }, true, '1e99'])
    it(`keeps its token whatever the lifetime: ${JSON.stringify(lifetime)}`, () => {
      expect(read({ access_token: 'a', refresh_token: 'r', expires_in: lifetime })).to.deep.equal({
        accessToken: 'a',
        refreshToken: 'r',
      });
    });

  for (const bad of [5, true, ['a'], { a: 1 }, 'a\nb', 'tökén'])
    it(`holds no token in ${JSON.stringify(bad)}`, () => {
      expect(() => read({ access_token: bad })).to.throw(ProviderError);
      expect(read({ access_token: 'a', refresh_token: bad })).to.deep.equal({ accessToken: 'a' });
    });

  it('has its arrays joined as the helpdesk joins them', () => {
    expect(asText([50173, 70000])).to.equal('50173, 70000');
    expect(asText('x')).to.equal('x');
    expect(asText(0)).to.equal('0');
    expect(asText(null)).to.equal(undefined);
  });
});
