import { expect } from 'chai';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../../plugin/errors.js';
import { TimeOut } from '../../../plugin/lib/in-time.js';
import { sanitize, toProviderError } from '../../../plugin/oauth/provider-failure.js';

const now = new Date('2026-11-24T12:00:00Z');
const withCode = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
/** As simple-oauth2's client wraps a connection error. */
const wrapped = (error: Error) => Object.assign(new Error(error.message), { isBoom: true, data: error });

describe('an error of a token request', () => {
  for (const code of ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL', 'EPERM', 'EACCES'])
    it(`is a fault of this machine, not of the provider, for ${code}`, () => {
      const several = new AggregateError([withCode('ECONNREFUSED'), withCode(code)]);
      for (const thrown of [withCode(code), wrapped(withCode(code)), wrapped(several)]) {
        const error = toProviderError(thrown, [], now);
        expect(error).to.be.instanceOf(SidecarError);
        expect(error).to.include({ code: 'internal', log: `token request: ${code}` });
      }
    });

  it('is no answer of the provider when memory runs out or when it is one of our own failures', () => {
    expect(toProviderError(new RangeError('Array buffer allocation failed'), [], now)).to.include({
      code: 'internal',
      log: 'token request: no memory',
    });
    const own = new SidecarError('database-unavailable');
    expect(toProviderError(own, [], now)).to.equal(own);
  });

  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])
    it(`says that the provider cannot be reached for ${code}`, () => {
      for (const thrown of [withCode(code), wrapped(withCode(code))]) {
        const error = toProviderError(thrown, [], now);
        expect(error).to.be.instanceOf(ProviderError);
        expect((error as ProviderError).failure).to.include({ outcome: 'transient', error: 'network' });
      }
    });

  const http = (status: number, message = 'Unexpected token') =>
    Object.assign(new Error(message), { isBoom: true, data: { res: { statusCode: status } } });
  const said = (status: number, payload: object) =>
    Object.assign(new Error('Response Error'), {
      isBoom: true,
      output: { statusCode: status },
      data: { isResponseError: true, headers: {}, payload },
    });
  for (const [what, thrown, lost] of [
    ['no answer in time', new TimeOut(), 'timeout'],
    ['a cut before the answer', wrapped(withCode('ECONNRESET')), 'cut'],
    ['a cut in the middle of the answer', http(200, 'Payload stream closed prematurely'), 'incomplete'],
    ['an answer that is no JSON', http(200), 'incomplete'],
    ['a gateway that got no answer', http(502), 'gateway'],
    ['a gateway that got none in time', said(504, {}), 'gateway'],
    ['a refused connection', wrapped(withCode('ECONNREFUSED')), undefined],
    ['a name that is not known', wrapped(withCode('ENOTFOUND')), undefined],
    ['a bad certificate', wrapped(withCode('DEPTH_ZERO_SELF_SIGNED_CERT')), undefined],
    ['an overloaded provider', http(503), undefined],
    ['a page instead of an answer', http(404), undefined],
    ['a refusal', said(400, { error: 'invalid_grant' }), undefined],
  ] as const)
    it(`${what}: ${lost === undefined ? 'no answer is lost' : `the answer may be lost (${lost})`}`, () => {
      expect((toProviderError(thrown, [], now) as ProviderError).failure.lost).to.equal(lost);
    });
});

/** What a provider has been sent, in the forms in which careless and hostile providers send it back. */
describe("the text of a provider's error", () => {
  const secret = 'Ab~8Q/client+secret=of&the"lab';
  const hex = Buffer.from(secret).toString('hex');
  const forms: Record<string, string> = {
    'as it is': secret,
    'percent-encoded': encodeURIComponent(secret),
    'percent-encoded in small letters': encodeURIComponent(secret).replace(/%../g, (code) =>
      code.toLowerCase(),
    ),
    'as a form encodes it': new URLSearchParams({ client_secret: secret }).toString(),
    'as JSON': JSON.stringify({ secret }),
    'in base64': Buffer.from(`client:${secret}`).toString('base64'),
    'in hexadecimal': hex,
    'in hexadecimal, in parts': hex.replace(/../g, '$& '),
    'without its end': secret.slice(0, -4),
    'without its beginning': secret.slice(5),
    backwards: [...secret].reverse().join(''),
    'in capitals': secret.toUpperCase(),
  };
  for (const [what, form] of Object.entries(forms))
    it(`shows nothing of a client secret that is sent back ${what}`, () => {
      const shown = sanitize(`AADSTS7000215: Invalid client secret ${form} was provided.`, [secret]);
      expect(shown).to.match(/\[hidden\]/);
      for (let at = 0; at + 12 <= form.length; at++) expect(shown).not.to.include(form.slice(at, at + 12));
    });

  it('shows nothing of a secret that its own limit would cut', () => {
    const shown = sanitize(`${'x '.repeat(243)}${encodeURIComponent(secret).toLowerCase()}`, [secret]);
    expect(shown).to.equal(`${'x '.repeat(243)}[hidden]`);
  });

  it('keeps what helps, including addresses that begin like the redirect URI', () => {
    const text =
      'AADSTS50011: The redirect URI does not match. More details: https://www.example.com/help?code=50011';
    const redirect = 'https://www.example.com/otrs/get-oauth2-token-by-authorization-code.pl';
    expect(sanitize(text, [secret, redirect])).to.equal(text);
    expect(sanitize(`No client has ${redirect}`, [redirect])).to.equal('No client has [hidden]');
  });
});
