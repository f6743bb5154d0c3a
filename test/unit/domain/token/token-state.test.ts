import { expect } from 'chai';
import { secretEndsAt } from '../../../../plugin/domain/configuration/client-secret-end.js';
import type { TokenConfig } from '../../../../plugin/domain/configuration/token-config.js';
import { NEW_STATE, type RenewalState } from '../../../../plugin/domain/token/renewal.js';
import { stateSentence } from '../../../../plugin/domain/token/state-sentence.js';
import type { StoredToken } from '../../../../plugin/domain/token/token.js';
import { rankOf, type TokenState, tokenState } from '../../../../plugin/domain/token/token-state.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';
import { configOf, documentOf, tokenOf } from '../../../support/samples.js';

const noon = new Date('2026-11-24T12:00:00Z');
const at = (time: string) => new Date(`2026-11-24T${time}:00Z`);
const show = {
  time: (date: Date) => date.toISOString().slice(11, 16),
  date: (day: Date) => day.toISOString().slice(0, 10),
};

interface Given {
  config?: Partial<TokenConfig>;
  token?: Partial<StoredToken>;
  renewal?: Partial<RenewalState>;
  used?: boolean;
}

/** By default: received at 11:30, valid until 12:30, renewed at 12:18 or a little earlier. */
const state = ({ config, token, renewal, used }: Given = {}, now = noon) =>
  tokenState(
    {
      config: configOf(config),
      token: tokenOf(token),
      renewal: { ...NEW_STATE, ...renewal },
      ...(used === undefined ? {} : { used }),
    },
    now,
  );
const sentence = (given: Given = {}, now = noon) => inEnglish(stateSentence(state(given, now), show, now));
const facts = ({ kind, severity, actor }: TokenState) => `${kind}, ${severity}, ${actor}`;

const EMPTY = { accessToken: null, accessTokenExpiresAt: null, refreshToken: null };
const ENDED = { accessTokenExpiresAt: at('11:00'), changeTime: at('10:00') };
const failing = (outcome: RenewalState['outcome'], error: string): Partial<RenewalState> => ({
  outcome,
  error,
  failures: 3,
  failingSince: at('10:12'),
  retryAt: at('12:05'),
});
const DEAD = failing('grant-dead', 'invalid_grant');
const REJECTED = failing('client-rejected', 'invalid_client');
const said = (errorDescription: string, errorMessage = 'invalid_grant') => ({
  errorMessage,
  errorDescription,
});
const google = { document: documentOf('google-mail') };
const other = (options = {}) => {
  const document = documentOf();
  const Request = { URL: 'https://provider.example/token' };
  return {
    document: {
      ...document,
      Requests: { ...document.Requests, TokenByRefreshToken: { Request } },
      ...options,
    },
  };
};
const secretUntil = (day: string) => ({
  document: documentOf('microsoft-common', { Sidecar: { ClientSecretExpires: day } }),
});

const CASES: [what: string, given: Given, expected: string, sentence: string][] = [
  ['healthy', {}, 'valid, ok, nobody', 'Valid; renews automatically, next at 12:12.'],
  [
    'never ends',
    { token: { accessTokenExpiresAt: null, changeTime: noon } },
    'valid, ok, nobody',
    'Valid; renews automatically, next at 11:03.',
  ],
  [
    'switched off',
    { config: { validId: 2 }, token: ENDED, renewal: DEAD },
    'switched-off, ok, nobody',
    'Switched off: tokens are not renewed while the configuration is invalid.',
  ],
  [
    'new',
    { token: EMPTY },
    'never-requested, info, owner',
    'No token yet: request one and grant consent at the provider.',
  ],
  [
    'new, and a mail account waits for it',
    { token: EMPTY, used: true },
    'never-requested, warning, owner',
    'No token yet: request one and grant consent at the provider.',
  ],
  [
    'failed before it ever worked',
    { token: { ...EMPTY, errorMessage: 'access_denied' } },
    'consent-needed, error, owner',
    'Consent was declined. Request a new token and accept the requested permissions.',
  ],
  [
    'password changed, still valid',
    { token: said('AADSTS50173: revoked'), renewal: DEAD },
    'consent-needed, warning, owner',
    'An administrator or the owner of the account revoked all of its sessions. Request a new token. Still valid until 12:30.',
  ],
  [
    'password changed, ended',
    { token: { ...said('AADSTS50173: revoked'), ...ENDED }, renewal: DEAD },
    'consent-needed, error, owner',
    'An administrator or the owner of the account revoked all of its sessions. Request a new token.',
  ],
  [
    'a renewal at Google that brought no permission for mail',
    { config: google, renewal: { missingScopes: ['https://mail.google.com/'] } },
    'scope-missing, error, owner',
    'The token lacks permissions that mail needs. Missing: https://mail.google.com/. Request a new token and, on Google’s page, select the checkbox “Read, compose, send, and permanently delete all your email from Gmail”.',
  ],
  [
    'a renewal at Microsoft that no longer permits to send mail',
    { renewal: { missingScopes: ['https://outlook.office.com/SMTP.Send'] } },
    'scope-missing, warning, owner',
    'The token lacks permissions that mail needs. Missing: https://outlook.office.com/SMTP.Send. Request a new token and accept all permissions. If the page did not offer them, ask a tenant administrator to grant admin consent.',
  ],
  [
    'a first consent without a permission for mail',
    { config: google, token: EMPTY, renewal: { missingScopes: ['https://mail.google.com/'] } },
    'scope-missing, error, owner',
    'The token lacks permissions that mail needs. Missing: https://mail.google.com/. Request a new token and, on Google’s page, select the checkbox “Read, compose, send, and permanently delete all your email from Gmail”.',
  ],
  [
    'a missing permission that the configuration no longer requests',
    {
      config: {
        document: documentOf('microsoft-common', {
          Scope: 'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
        }),
      },
      renewal: { missingScopes: ['https://outlook.office.com/SMTP.Send'] },
    },
    'valid, ok, nobody',
    'Valid; renews automatically, next at 12:12.',
  ],
  [
    'dead grant at Google',
    { config: google, token: said('Token has been expired or revoked.'), renewal: DEAD },
    'consent-needed, warning, owner',
    'The provider ended the grant without giving a reason. Usual causes: access was revoked, the grant was unused for a long time or, at Google, the publishing status is Testing, where each consent expires after 7 days. Request a new token. Still valid until 12:30.',
  ],
  [
    'dead grant elsewhere',
    { config: other(), token: { ...ENDED }, renewal: DEAD },
    'consent-needed, error, owner',
    'The provider ended the grant without giving a reason. Usual causes: access was revoked, the grant was unused for a long time or, at Google, the publishing status is Testing, where each consent expires after 7 days. Request a new token.',
  ],
  [
    'refresh token past its date',
    { token: { refreshTokenExpiresAt: at('11:45') } },
    'consent-needed, warning, owner',
    'The refresh token has expired (11:45). Request a new token. Still valid until 12:30.',
  ],
  [
    'no refresh token from Google',
    { config: google, token: { refreshToken: null } },
    'consent-needed, warning, owner',
    'The provider sent no refresh token: Google sends one only with the parameters access_type=offline and prompt=consent. Add them, then request a new token. Still valid until 12:30.',
  ],
  [
    'no refresh token from Microsoft, ended',
    { token: { refreshToken: null, ...ENDED } },
    'consent-needed, error, owner',
    'The provider sent no refresh token: Microsoft sends one only with the scope offline_access. Add it, then request a new token.',
  ],
  [
    'secret expired at Microsoft',
    { token: said('AADSTS7000222: expired', 'invalid_client'), renewal: REJECTED },
    'client-rejected, warning, admin',
    'The client secret has expired. Create a new one and enter its Value in the token configuration; the tokens stay valid. Still valid until 12:30.',
  ],
  [
    'ID of the secret instead of its value, ended',
    { token: { ...said('AADSTS7000215: invalid', 'invalid_client'), ...ENDED }, renewal: REJECTED },
    'client-rejected, error, admin',
    "The client secret is wrong. Enter the secret's Value, not its Secret ID, in the token configuration. If you no longer have it, create a new one.",
  ],
  [
    'client rejected by Google',
    { config: google, token: ENDED, renewal: REJECTED },
    'client-rejected, error, admin',
    'The provider rejected the client ID or the client secret. Compare both with those at the provider.',
  ],
  [
    'client rejected elsewhere',
    { config: other(), token: ENDED, renewal: REJECTED },
    'client-rejected, error, admin',
    'The provider rejected the client ID or the client secret. Compare both with those at the provider.',
  ],
  [
    'client rejected, after the noted end of the secret',
    { config: other({ Sidecar: { ClientSecretExpires: '2026-11-20' } }), token: ENDED, renewal: REJECTED },
    'client-rejected, error, admin',
    'Client secret expired on 2026-11-20: create a new one at the provider, then enter it under Edit.',
  ],
  [
    'a passing fault, after a refusal that the row still describes',
    {
      token: said('AADSTS7000222: expired', 'invalid_client'),
      renewal: failing('transient', 'network'),
    },
    'provider-unavailable, info, provider',
    'The provider could not be reached. The sidecar retries automatically; if the problem persists, check the endpoint, the proxy (WebUserAgent::Proxy) and the network. Failing since 10:12; the token is still valid until 12:30.',
  ],
  [
    'a passing fault that Microsoft names by a number only',
    { renewal: failing('transient', 'invalid_grant AADSTS50196') },
    'provider-unavailable, info, provider',
    'Microsoft has paused requests from the app because the same request was repeated too often. The sidecar retries automatically. Failing since 10:12; the token is still valid until 12:30.',
  ],
  [
    'blocked by a policy of the tenant',
    { token: said('AADSTS53003: blocked'), renewal: failing('refused', 'invalid_grant AADSTS53003') },
    'request-refused, warning, tenant-admin',
    'A policy of the tenant (Conditional Access or security defaults) blocks access. Ask a tenant administrator to exempt the account or the app. Still valid until 12:30.',
  ],
  [
    'consent of an administrator wanted',
    { token: said('AADSTS65001: no consent'), renewal: failing('grant-dead', 'invalid_grant AADSTS65001') },
    'consent-needed, warning, tenant-admin',
    'The app has not been granted consent in this tenant. Ask a tenant administrator to grant admin consent, then request a new token. Still valid until 12:30.',
  ],
  [
    'the proxy wants a password',
    { renewal: failing('transient', 'proxy_407') },
    'provider-unavailable, info, admin',
    'The proxy requires a user name and password (407). Correct the setting WebUserAgent::Proxy, or the proxy itself. Failing since 10:12; the token is still valid until 12:30.',
  ],
  [
    'refused for a cause that nobody knows',
    { token: said('Computer says no', 'brand_new'), renewal: failing('refused', 'brand_new') },
    'request-refused, warning, admin',
    "The provider rejected the request. The provider's message is: “brand_new: Computer says no”. Still valid until 12:30.",
  ],
  [
    'request refused',
    { renewal: failing('refused', 'invalid_scope') },
    'request-refused, warning, admin',
    "The provider rejected the requested scopes. Compare the scopes with the provider's current template. Still valid until 12:30.",
  ],
  [
    'not reachable, still valid',
    { renewal: failing('transient', 'network') },
    'provider-unavailable, info, provider',
    'The provider could not be reached. The sidecar retries automatically; if the problem persists, check the endpoint, the proxy (WebUserAgent::Proxy) and the network. Failing since 10:12; the token is still valid until 12:30.',
  ],
  [
    'overloaded, ended',
    { token: ENDED, renewal: failing('transient', 'http_503') },
    'provider-unavailable, error, provider',
    'The provider is overloaded or has a problem. The sidecar retries automatically. Failing since 10:12; the token expired at 11:00.',
  ],
  [
    'HTML instead of a token, near the end',
    { token: { accessTokenExpiresAt: at('12:04') }, renewal: failing('invalid-answer', 'invalid_answer') },
    'provider-unavailable, warning, provider',
    'The provider returned something other than a token. The sidecar retries automatically; if the problem persists, check the endpoints in the token configuration. Failing since 10:12; the token is still valid until 12:04.',
  ],
  [
    'just ended',
    {
      token: {
        accessTokenExpiresAt: new Date('2026-11-24T11:59:50Z'),
        changeTime: new Date('2026-11-24T11:59:10Z'),
      },
    },
    'expired, warning, nobody',
    'Expired at 11:59; renewing now.',
  ],
  [
    'ended long ago, and nothing happened',
    { token: ENDED },
    'expired, error, admin',
    "Expired at 11:00 although its renewal was due at 10:46: check the sidecar's log.",
  ],
  [
    'only a refresh token',
    { token: { accessToken: null } },
    'expired, warning, nobody',
    'No access token; requesting one now.',
  ],
  [
    'due, and nothing happened',
    { token: { accessTokenExpiresAt: at('12:05') } },
    'overdue, warning, admin',
    "Valid until 12:05, but its renewal was due at 11:53: check the sidecar's log.",
  ],
  [
    'due now',
    { token: { accessTokenExpiresAt: new Date('2026-11-24T12:10:30Z') } },
    'renewing, ok, nobody',
    'Valid until 12:10; renewing now.',
  ],
  [
    'without a request for renewals',
    { config: { document: documentOf('google-mail', { Requests: {} }) } },
    'not-renewable, info, nobody',
    'Valid until 12:30; then request a new token, because this configuration has no refresh token request.',
  ],
  [
    'without a request for renewals, ended',
    { config: { document: documentOf('google-mail', { Requests: {} }) }, token: ENDED },
    'not-renewable, error, owner',
    'Expired at 11:00 and cannot be renewed: request a new token.',
  ],
  [
    'secret ends in 30 days',
    { config: secretUntil('2026-12-24') },
    'secret-ends, info, admin',
    'Client secret expires on 2026-12-24: create a new one in the Entra admin centre, then enter it under Edit.',
  ],
  [
    'secret ends in 14 days',
    { config: secretUntil('2026-12-08') },
    'secret-ends, warning, admin',
    'Client secret expires on 2026-12-08: create a new one in the Entra admin centre, then enter it under Edit.',
  ],
  [
    'secret ends in 3 days',
    { config: other({ Sidecar: { ClientSecretExpires: '2026-11-27' } }) },
    'secret-ends, error, admin',
    'Client secret expires on 2026-11-27: create a new one at the provider, then enter it under Edit.',
  ],
  [
    'secret has ended',
    { config: secretUntil('2026-11-24') },
    'secret-ends, error, admin',
    'Client secret expired on 2026-11-24: create a new one in the Entra admin centre, then enter it under Edit.',
  ],
  [
    'the token of somebody else, more urgent than a secret that ends in 30 days',
    { config: secretUntil('2026-12-24'), renewal: { otherMailbox: 'sales@example.org' } },
    'other-mailbox, warning, admin',
    "Mailbox sales@example.org signs in with another user's token: request a new token as its owner, or mark it as a shared mailbox.",
  ],
  [
    'the token of somebody else, and a secret that ends in 14 days',
    { config: secretUntil('2026-12-08'), renewal: { otherMailbox: 'sales@example.org' } },
    'secret-ends, warning, admin',
    'Client secret expires on 2026-12-08: create a new one in the Entra admin centre, then enter it under Edit.',
  ],
  [
    'secret ends in 31 days',
    { config: secretUntil('2026-12-25') },
    'valid, ok, nobody',
    'Valid; renews automatically, next at 12:12.',
  ],
];

describe('the state of a configuration', () => {
  for (const [what, given, expected, words] of CASES)
    it(`${what}: ${expected}`, () => {
      expect([facts(state(given)), sentence(given)]).to.deep.equal([expected, words]);
    });

  it('does not appear in the notification bar while all is well or the problem solves itself', () => {
    const quiet = CASES.filter(([, given]) => state(given).notices.length === 0).map(([what]) => what);
    expect(quiet).to.deep.equal([
      'healthy',
      'never ends',
      'switched off',
      'new',
      'new, and a mail account waits for it',
      'a missing permission that the configuration no longer requests',
      'a passing fault, after a refusal that the row still describes',
      'a passing fault that Microsoft names by a number only',
      'the proxy wants a password',
      'not reachable, still valid',
      'just ended',
      'due now',
      'without a request for renewals',
      'secret ends in 31 days',
    ]);
  });

  it('is announced by the setting for the token, by the one for the refresh token, or by either', () => {
    const both = ['NotifyOnExpiredToken', 'NotifyOnExpiredRefreshToken'];
    expect(state({ token: ENDED }).notices).to.deep.equal(['NotifyOnExpiredToken']);
    expect(state({ renewal: DEAD }).notices).to.deep.equal(['NotifyOnExpiredRefreshToken']);
    expect(state({ token: ENDED, renewal: DEAD }).notices).to.deep.equal(both);
    expect(state({ renewal: REJECTED }).notices).to.deep.equal(both);
    expect(state({ config: secretUntil('2026-12-01') }).notices).to.deep.equal(both);
  });

  it('ranks by severity; where mail already stands still it comes first', () => {
    expect(rankOf({ severity: 'error', works: false })).to.equal(0);
    expect(rankOf({ severity: 'error', works: true })).to.equal(1);
    expect(rankOf({ severity: 'warning', works: false })).to.equal(2);
    expect(rankOf({ severity: 'ok', works: true })).to.equal(7);
  });

  it('changes with time only when it has announced that it will', () => {
    const describe = (given: Given, now: Date) => {
      const { kind, severity, works } = state(given, now);
      return `${kind} ${severity} ${works}`;
    };
    for (const [what, given] of CASES) {
      let now = noon;
      for (let steps = 0; steps < 30; steps++) {
        const next = state(given, now).changesAt;
        const until = next ?? new Date(now.getTime() + 400 * 24 * 3600_000);
        expect(until.getTime(), what).to.be.greaterThan(now.getTime());
        const before = new Date(until.getTime() - 1);
        expect([what, describe(given, before)]).to.deep.equal([what, describe(given, now)]);
        if (!next) break;
        now = next;
      }
    }
  });

  it('takes nothing but a date as the end of a secret', () => {
    expect(secretEndsAt('2026-02-28')).to.deep.equal(new Date('2026-02-28T00:00:00Z'));
    for (const nonsense of ['2026-02-30', '28.02.2026', '', undefined, 20260228, '2026-02-28T10:00'])
      expect(secretEndsAt(nonsense)).to.equal(null);
  });
});
