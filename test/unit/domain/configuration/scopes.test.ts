import { expect } from 'chai';
import { needsConsent } from '../../../../plugin/domain/configuration/change-effect.js';
import { explainScope, sameScopes, scopeList } from '../../../../plugin/domain/configuration/scopes.js';
import { withMetadata } from '../../../../plugin/domain/provider/discovered-template.js';
import { documentOf } from '../../../support/samples.js';

describe('scopes', () => {
  it('are a list that holds each scope once, in the order of the text', () => {
    expect(scopeList(' b  a\nb ')).to.deep.equal(['b', 'a']);
    expect(scopeList('')).to.deep.equal([]);
    expect(sameScopes('a  b', 'a b')).to.equal(true);
    expect(sameScopes('a b', 'b a')).to.equal(false);
  });

  it('are explained', () => {
    expect(explainScope('https://outlook.office.com/IMAP.AccessAsUser.All')).to.equal(
      'Read and move mail over IMAP.',
    );
    expect(explainScope('https://partner.outlook.cn/SMTP.Send')).to.equal('Send mail over SMTP.');
    expect(explainScope('something-else')).to.equal(undefined);
  });
});

describe('a new consent', () => {
  const before = documentOf();
  const after = (changes: Record<string, unknown>) => ({ ...structuredClone(before), ...changes });
  it('is needed for another app, another endpoint and one more scope', () => {
    expect(needsConsent(before, after({ ClientID: 'x' }))).to.equal(true);
    expect(needsConsent(before, after({ Scope: `${before.Scope} more` }))).to.equal(true);
    const moved = after({});
    Object.assign(moved.Requests?.TokenByRefreshToken?.Request ?? {}, { URL: 'https://x.example/' });
    expect(needsConsent(before, moved)).to.equal(true);
  });
  it('is not needed for another secret, another setting for notices, another order of scopes or one scope less', () => {
    const [, ...less] = scopeList(before.Scope ?? '');
    expect(needsConsent(before, after({ ClientSecret: 'x', Notifications: {} }))).to.equal(false);
    expect(needsConsent(before, after({ Scope: less.reverse().join(' ') }))).to.equal(false);
  });
});

describe("a template made from a provider's metadata", () => {
  const metadata = {
    issuer: 'https://idp.example.org',
    authorizationEndpoint: 'https://idp.example.org/auth',
    tokenEndpoint: 'https://idp.example.org/token',
    userInfoEndpoint: null,
    revocationEndpoint: null,
    scopes: null,
    pkce: null,
    namesIssuer: false,
    secretInBody: null,
  };
  it("has the provider's endpoints and issuer", () => {
    const made = withMetadata(documentOf('other-provider'), metadata);
    expect(made.Requests?.AuthorizationCode?.Request?.URL).to.equal('https://idp.example.org/auth');
    expect(made.Requests?.TokenByAuthorizationCode?.Request?.URL).to.equal('https://idp.example.org/token');
    expect(made.Requests?.TokenByRefreshToken?.Request?.URL).to.equal('https://idp.example.org/token');
    expect(made.Sidecar).to.deep.equal({ Issuer: 'https://idp.example.org' });
    expect(made.Scope).to.equal('openid email profile offline_access');
  });
  it('asks only for scopes that the provider knows, without PKCE where it has none, and reads its user info and issuer', () => {
    const made = withMetadata(documentOf('other-provider'), {
      ...metadata,
      scopes: ['openid', 'email', 'phone'],
      pkce: false,
      namesIssuer: true,
      userInfoEndpoint: 'https://idp.example.org/me',
    });
    expect(made.Scope).to.equal('openid email');
    expect(made.Sidecar).to.deep.equal({
      Issuer: 'https://idp.example.org',
      RequireIssuer: 1,
      PKCE: 0,
      UserInfoURL: 'https://idp.example.org/me',
    });
  });
});
