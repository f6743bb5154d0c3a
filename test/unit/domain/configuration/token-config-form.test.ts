import { expect } from 'chai';
import type { TokenConfigForm } from '../../../../plugin/domain/configuration/form-fields.js';
import { applyForm, formOf } from '../../../../plugin/domain/configuration/token-config-form.js';
import { validateForm } from '../../../../plugin/domain/configuration/validate-form.js';
import { documentOf } from '../../../support/samples.js';

const form = (changes: Partial<TokenConfigForm> = {}): TokenConfigForm => ({
  ...formOf(documentOf(), { name: 'Support' }),
  ...changes,
});

describe('the form of a token configuration', () => {
  it('never carries the client secret into a page', () => {
    expect(formOf(documentOf()).ClientSecret).to.equal('');
    expect(JSON.stringify(formOf(documentOf()))).not.to.include('secret-of-client-1');
  });

  it('turns back into the same document', () => {
    expect(applyForm(documentOf(), form())).to.deep.equal(documentOf());
  });

  it('keeps every key that it does not know', () => {
    const document = documentOf('google-mail', {
      Custom: { deep: [1] },
      Sidecar: { Future: 'x' },
      Notifications: { NotifyOnExpiredToken: 0, Other: 'y' },
    });
    const saved = applyForm(document, { ...formOf(document), Scope: 'new', NotifyOnExpiredToken: true });
    expect(saved).to.deep.include({ Custom: { deep: [1] }, Sidecar: { Future: 'x' }, Scope: 'new' });
    expect(saved.Notifications).to.deep.equal({
      NotifyOnExpiredToken: 1,
      NotifyOnExpiredRefreshToken: 0,
      Other: 'y',
    });
    expect(saved.Requests?.AuthorizationCode?.Request?.Parameters).to.deep.equal({
      response_type: 'code',
      access_type: 'offline',
      prompt: 'consent',
    });
  });

  it('writes our own options only where they differ from the default, and removes them again', () => {
    const off = applyForm(
      documentOf(),
      form({ PKCE: false, Issuer: 'https://idp.example.org', RequireIssuer: true }),
    );
    expect(off.Sidecar).to.deep.equal({ PKCE: 0, Issuer: 'https://idp.example.org', RequireIssuer: 1 });
    expect(formOf(off)).to.include({ PKCE: false, Issuer: 'https://idp.example.org', RequireIssuer: true });
    expect(applyForm(off, form())).not.to.have.property('Sidecar');
  });

  it('keeps the stored secret where none is typed, and takes a new one', () => {
    expect(applyForm(documentOf(), form()).ClientSecret).to.equal('secret-of-client-1');
    expect(applyForm(documentOf(), form({ ClientSecret: 'new' })).ClientSecret).to.equal('new');
  });
});

const NOW = new Date('2026-11-24T12:00:00Z');
/** The stored configuration, with or without a client secret. */
const subject = (secretStored: boolean) => ({
  document: secretStored ? documentOf() : documentOf('microsoft-common', { ClientSecret: '' }),
  stored: true,
  now: NOW,
});

describe('the validation of the form', () => {
  it('finds no fault in a correct form', () => {
    expect(validateForm(form(), subject(true))).to.deep.equal({});
    expect(validateForm(form({ Name: '😀'.repeat(250) }), subject(true))).to.deep.equal({});
  });

  for (const [field, changes, secretStored] of [
    ['Name', { Name: '' }, true],
    ['Name', { Name: 'x'.repeat(251) }, true],
    ['ClientID', { ClientID: '' }, true],
    ['ClientID', { ClientID: 'kündigung' }, true],
    ['ClientID', { ClientID: 'My helpdesk' }, true],
    ['ClientSecret', { ClientSecret: '1b2c3d4e-1111-2222-3333-444455556666' }, true],
    ['ClientSecret', { ClientSecret: 'abc8Q~ def' }, true],
    ['ClientSecret', {}, false],
    ['ClientSecret', { ClientSecret: 'ge\nheim' }, true],
    ['ValidID', { ValidID: 4 }, true],
    ['ValidID', { ValidID: Number.NaN }, true],
    ['AuthorizationCodeRequestURL', { AuthorizationCodeRequestURL: 'javascript:alert(1)' }, true],
    ['AuthorizationCodeRequestURL', { AuthorizationCodeRequestURL: '' }, true],
    [
      'TokenByAuthorizationCodeRequestURL',
      { TokenByAuthorizationCodeRequestURL: 'ftp://idp.example.org/' },
      true,
    ],
    [
      'TokenByAuthorizationCodeRequestURL',
      { TokenByAuthorizationCodeRequestURL: 'https://u:p@idp.example.org/' },
      true,
    ],
    ['TokenByRefreshTokenRequestURL', { TokenByRefreshTokenRequestURL: 'https://idp.example.org/#x' }, true],
    ['Issuer', { Issuer: 'accounts.example.org' }, true],
  ] as const)
    it(`marks ${field} for ${JSON.stringify(changes).slice(0, 80)}`, () => {
      expect(Object.keys(validateForm(form(changes), subject(secretStored)))).to.deep.equal([field]);
    });
});
