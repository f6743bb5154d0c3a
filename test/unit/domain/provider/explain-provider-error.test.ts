import { expect } from 'chai';
import { explainProviderError } from '../../../../plugin/domain/provider/explain-provider-error.js';
import { classify } from '../../../../plugin/domain/provider/provider-error.js';

describe('provider errors in plain words', () => {
  for (const [error, description, words] of [
    ['invalid_grant', '', 'Request a new token'],
    ['invalid_grant', 'AADSTS700082: The refresh token has expired due to inactivity.', '90 days'],
    ['invalid_grant', 'AADSTS50173: The provided grant has expired', 'password'],
    ['interaction_required', 'AADSTS50076: Due to a configuration change', 'multi-factor'],
    ['invalid_client', 'AADSTS7000222: The provided client secret keys are expired.', 'secret has expired'],
    ['invalid_client', 'AADSTS7000215: Invalid client secret provided.', 'not its Secret ID'],
    ['unauthorized_client', 'AADSTS700016: Application not found', 'client ID and the tenant'],
    ['invalid_request', 'AADSTS50011: The redirect URI does not match', 'not registered'],
    ['access_denied', 'AADSTS65004: User declined to consent', 'declined'],
    ['access_denied', '', 'declined'],
    ['access_denied', 'AADSTS50105: Your administrator has configured the application', 'not assigned'],
    [
      'access_denied',
      'AADSTS90094: The grant requires admin permission.',
      'An administrator must grant consent',
    ],
    ['redirect_uri_mismatch', '', 'not registered'],
    ['timeout', '', 'in time'],
    ['network', '', 'WebUserAgent::Proxy'],
    ['http_503', '', 'retries automatically'],
    ['http_429', '', 'retries automatically'],
    ['invalid_answer', '', 'URL in the token configuration'],
  ] as const)
    it(`${error} ${description}`.trim(), () => {
      expect(explainProviderError(error, description).text).to.include(words);
    });

  it('claim no more than is known', () => {
    const unknown = { text: 'The provider rejected the request.' };
    expect(explainProviderError('brand_new_error', 'AADSTS1: whatever')).to.deep.equal(unknown);
    expect(explainProviderError('constructor')).to.deep.equal(unknown);
    expect(explainProviderError('')).to.deep.equal(unknown);
  });
});

describe('the outcome of a failure (RFC 6749 §5.2)', () => {
  for (const [error, status, outcome] of [
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
  ] as const)
    it(`${error || 'no error'} with ${status} is ${outcome}`, () => {
      expect(classify(error, status)).to.equal(outcome);
    });
});
