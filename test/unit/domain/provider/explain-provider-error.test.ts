import { expect } from 'chai';
import {
  CAUSES,
  explainFailure,
  markedError,
  readMarkedError,
} from '../../../../plugin/domain/provider/explain-provider-error.js';
import { classify } from '../../../../plugin/domain/provider/provider-error.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';

const isNumber = (key: string) => /^\d+$/.test(key);
const keys = CAUSES.flatMap((cause) => cause.keys.map((key) => [key, cause] as const));

describe('the tables of causes', () => {
  it('name each number, code and ID once', () => {
    const names = keys.map(([key]) => key);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).to.deep.equal([]);
    const ids = CAUSES.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(keys.length).to.be.greaterThan(110);
  });

  for (const [key, cause] of keys)
    it(`explain ${key} as ${cause.id}, whatever error it comes with`, () => {
      const failures = isNumber(key)
        ? [
            'invalid_grant',
            'invalid_client',
            'unauthorized_client',
            'access_denied',
            'invalid_request',
          ].flatMap((error) => [
            { error, description: `AADSTS${key}: Words of the provider. Trace ID: 0815` },
            { error, codes: key },
            { error, codes: `70000, ${key}`, description: `AADSTS70000: general. AADSTS${key}: the reason` },
          ])
        : [{ error: key }, { error: key, description: 'Words of the provider' }];
      for (const failure of failures) {
        if (cause.general && 'codes' in failure && failure.codes !== key) continue;
        expect(explainFailure(failure).id, JSON.stringify(failure)).to.equal(cause.id);
        // What is remembered of a failure leads to the same cause.
        expect(explainFailure(readMarkedError(markedError(failure))).id).to.equal(cause.id);
      }
    });

  it('give each cause one sentence that says what it is, and one that says what to do', () => {
    for (const { id, what, remedy } of CAUSES)
      for (const text of [what, remedy]) expect(inEnglish(text), id).to.match(/^[A-Z].*\.$/);
  });

  it('never ask a person where a fault passes', () => {
    for (const { id, who, outcome, remedy } of CAUSES) {
      const waits = /^The sidecar retries automatically/.test(inEnglish(remedy));
      expect(who === 'nobody', id).to.equal(waits);
      if (who === 'nobody') expect(outcome, id).to.be.oneOf(['transient', 'invalid-answer']);
    }
  });

  it('lead to a place with an address of https where it is corrected outside the helpdesk', () => {
    for (const { id, place } of CAUSES) if (place) expect(new URL(place.url).protocol, id).to.equal('https:');
  });
});

describe('a failure in words', () => {
  const idOf = (error: string, description = '', codes = '') =>
    explainFailure({ error, description, codes }).id;

  it('follows the most telling number, wherever the answer names it', () => {
    expect(idOf('invalid_grant', 'AADSTS70000: general. AADSTS50173: revoked')).to.equal('sign-ins-revoked');
    expect(idOf('invalid_grant', 'AADSTS50173: revoked. AADSTS70000: general')).to.equal('sign-ins-revoked');
    expect(idOf('invalid_grant', 'AADSTS70000: general', '[700082, 70000]')).to.equal('grant-unused');
    expect(idOf('invalid_request', 'AADSTS900144: missing', '90002')).to.equal('tenant-unknown');
    expect(idOf('invalid_grant', 'reauth related error (invalid_rapt)')).to.equal('workspace-session');
    expect(idOf('invalid_grant', 'Bad Request', 'invalid_rapt')).to.equal('workspace-session');
  });

  it('claims no cause beside a number that the tables do not know', () => {
    for (const error of ['invalid_client', 'unauthorized_client', 'access_denied', 'invalid_request'])
      expect(idOf(error, 'AADSTS999999999: something new'), error).to.equal('unknown');
    expect(idOf('invalid_grant', 'AADSTS999999: something new')).to.equal('grant-refused');
    expect(idOf('temporarily_unavailable', 'AADSTS999999: something new')).to.equal('provider-fault');
    expect(idOf('invalid_client', '', '999999')).to.equal('unknown');
  });

  it("shows the provider's words where nothing is known", () => {
    const told = explainFailure({ error: 'brand_new', description: 'No entry' });
    expect([told.id, told.quotes, inEnglish(told.text)]).to.deep.equal([
      'unknown',
      true,
      "The provider rejected the request. The provider's message is: “brand_new: No entry”.",
    ]);
    for (const error of ['constructor', '', '__proto__']) expect(idOf(error)).to.equal('unknown');
    expect(inEnglish(explainFailure({ error: '' }).text)).to.equal(
      'The provider rejected the request. It gave no reason.',
    );
  });

  it('reads a status of the provider, and one of the proxy', () => {
    for (const error of ['http_408', 'http_425', 'http_429', 'http_500', 'http_502', 'http_503'])
      expect(idOf(error)).to.equal('provider-fault');
    expect(['proxy_407', 'proxy_403', 'proxy_502', 'proxy_504'].map((error) => idOf(error))).to.deep.equal([
      'proxy-log-in',
      'proxy-refuses',
      'proxy-fault',
      'proxy-fault',
    ]);
  });

  it('does not ask for a consent where an app asks for itself', () => {
    const told = explainFailure({ error: 'invalid_grant', description: 'No' }, 'app');
    expect([told.id, told.who, inEnglish(told.text)]).to.deep.equal([
      'unknown',
      'admin',
      "The provider rejected the request. The provider's message is: “invalid_grant: No”.",
    ]);
    expect(explainFailure({ error: 'invalid_scope' }, 'app').id).to.equal('scope');
  });

  it('speaks of the authorization code, and of trying again, where a consent has failed', () => {
    const consent = (error: string, description = '') =>
      inEnglish(explainFailure({ error, description }, 'consent').text);
    expect(consent('invalid_grant')).to.contain('rejected the authorization code');
    expect(consent('invalid_grant', 'AADSTS54005: redeemed')).to.contain('has already been used');
    expect(consent('server_error')).to.equal(
      'The provider is overloaded or has a problem. Try again in a few minutes.',
    );
    expect(consent('network')).to.contain('then try again').and.not.contain('automatically');
  });
});

describe('the outcome of a failure (RFC 6749 §5.2)', () => {
  for (const [error, status, outcome, description = ''] of [
    ['invalid_grant', 400, 'grant-dead'],
    ['interaction_required', 400, 'grant-dead'],
    ['login_required', 400, 'grant-dead'],
    ['consent_required', 400, 'grant-dead'],
    ['invalid_client', 401, 'client-rejected'],
    ['unauthorized_client', 400, 'client-rejected'],
    ['temporarily_unavailable', 400, 'transient'],
    ['server_error', 400, 'transient'],
    ['', 408, 'transient'],
    ['', 429, 'transient'],
    ['', 500, 'transient'],
    ['', 503, 'transient'],
    ['anything', 502, 'transient'],
    ['invalid_scope', 400, 'refused'],
    ['invalid_request', 400, 'refused'],
    ['', 404, 'invalid-answer'],
    ['deleted_client', 401, 'client-rejected'],
    ['invalid_client', 401, 'refused', 'AADSTS700025: Client is public'],
    ['invalid_client', 400, 'refused', 'AADSTS650053: scope does not exist on the resource'],
    ['invalid_grant', 400, 'transient', 'AADSTS50196: client request loop'],
    ['invalid_grant', 400, 'refused', 'AADSTS53003: blocked by Conditional Access policies'],
    ['invalid_grant', 400, 'grant-dead', 'AADSTS700082: inactivity'],
    ['invalid_grant', 400, 'grant-dead', 'AADSTS50076: multi-factor'],
    ['invalid_request', 400, 'client-rejected', 'AADSTS7000218: client_assertion or client_secret'],
  ] as const)
    it(`${[error || 'no error', description].filter(Boolean).join(', ')} with ${status} is ${outcome}`, () => {
      expect(classify(error, status, { description })).to.equal(outcome);
    });
});
