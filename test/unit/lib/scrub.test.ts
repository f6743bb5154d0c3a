import { expect } from 'chai';
import { REMOVED, scrub } from '../../../plugin/lib/scrub.js';
import { isSecretName } from '../../../plugin/lib/secret-names.js';

const SECRET = 'S3cr3t-4711/hush+hush~x';

describe('names of secrets', () => {
  for (const name of [
    ...['client_secret', 'ClientSecret', 'client-secret', 'CLIENT.SECRET', 'client_assertion', 'assertion'],
    ...[
      'access_token',
      'refresh_token',
      'id_token',
      'id_token_hint',
      'Token',
      'code',
      'code_verifier',
      'state',
    ],
    ...[
      'password',
      'DatabasePw',
      'passphrase',
      'private_key',
      'api_key',
      'Authorization',
      'set-cookie',
      'pfx',
    ],
  ])
    it(`include ${name}`, () => expect(isSecretName(name)).to.equal(true));
  for (const name of [
    ...['client_id', 'scope', 'token_type', 'expires_in', 'response_type', 'grant_type', 'token_endpoint'],
    ...['ClientSecretExpires', 'NotifyOnExpiredToken', 'NotifyOnExpiredRefreshToken', 'hasClientSecret'],
    ...[
      'TokenExpirationDate',
      'code_challenge',
      'code_challenge_method',
      'nonce',
      'login_hint',
      'TemplateName',
    ],
  ])
    it(`do not include ${name}`, () => expect(isSecretName(name)).to.equal(false));
});

describe('text from outside', () => {
  const carriers: [string, string][] = [
    ['a query', `GET /x?a=1&refresh_token=${SECRET}&b=2`],
    ['a form after other names', `POST failed: client_assertion=${SECRET}`],
    ['JSON', `{"access_token":"${SECRET}","expires_in":5}`],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ refresh_token: SECRET, x: 1 }) })],
    ['a value with spaces', `{"password": "two ${SECRET} words"}`],
    ['a value with quotes', JSON.stringify({ password: `one "${SECRET}" two` })],
    ['single quotes', `pw: 'it is ${SECRET}'`],
    ['a header', `Authorization: Bearer ${SECRET}`],
    ['another header', `Proxy-Authorization: Basic ${SECRET}`],
    ['cookies', `Cookie: a=1; OTRSAgentInterface=${SECRET}`],
    ['a private key', `-----BEGIN RSA PRIVATE KEY-----\n${SECRET}\n-----END RSA PRIVATE KEY-----`],
    ['a private key that is cut', `-----BEGIN PRIVATE KEY-----\n${SECRET}`],
  ];
  for (const [what, text] of carriers)
    it(`loses the secret in ${what}`, () => {
      expect(scrub(text)).to.contain(REMOVED).and.not.contain(SECRET);
    });

  it('keeps everything around a secret', () => {
    expect(scrub(`a=1&code=${SECRET}&b=2`)).to.equal(`a=1&code=${REMOVED}&b=2`);
    expect(scrub(`{"access_token":"${SECRET}","expires_in":5}`)).to.equal(
      `{"access_token":"${REMOVED}","expires_in":5}`,
    );
  });

  for (const text of [
    '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
    'Bearer authentication is required',
    'tokens.save: ER_DUP_ENTRY (1062)',
    'error: invalid_client, error_description: AADSTS7000222',
    'Host: mail.example.test:993',
  ])
    it(`keeps "${text}"`, () => expect(scrub(text)).to.equal(text));
});
