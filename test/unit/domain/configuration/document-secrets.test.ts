import { expect } from 'chai';
import { documentDifference } from '../../../../plugin/domain/configuration/document-difference.js';
import {
  keepSecrets,
  shownValue,
  withoutSecrets,
} from '../../../../plugin/domain/configuration/document-secrets.js';
import { validateRows } from '../../../../plugin/domain/configuration/request-rows.js';
import type { TokenConfigDocument } from '../../../../plugin/domain/configuration/token-config.js';
import { applyForm, formOf } from '../../../../plugin/domain/configuration/token-config-form.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';
import { presentForm } from '../../../../plugin/web/presenters/token-config-form.js';
import { SECRET_DOCUMENT, SECRETS, secretsIn } from '../../../support/secret-config.js';

const text = (value: unknown) => JSON.stringify(value);

describe('a document with a secret in every place where one may be', () => {
  it('holds all of them, so that these tests prove something', () => {
    expect(secretsIn(text(SECRET_DOCUMENT))).to.deep.equal(Object.keys(SECRETS));
  });

  it('is passed on without secrets, with everything else', () => {
    const shown = withoutSecrets(SECRET_DOCUMENT);
    expect(secretsIn(text(shown))).to.deep.equal([]);
    expect(shown).to.deep.include({
      ClientID: 'client',
      Notifications: { NotifyOnExpiredToken: 1, NotifyOnExpiredRefreshToken: 0 },
      SomethingElse: { api_keys: 1, tokens: 2 },
      client_secrets: 'no secret by name',
      passwords: 3,
    });
    expect(shown.Requests?.TokenByAuthorizationCode?.Request).to.deep.equal({
      URL: 'https://provider.example/token?a=1&b=2',
      Parameters: { grant_type: 'authorization_code' },
      AutofilledParametersMapping: { client_id: 'ClientID', code: 'AuthorizationCode' },
    });
    expect(shown.Requests?.TokenByRefreshToken?.Request?.AutofilledParametersMapping).to.deep.equal({
      client_secret: 'ClientSecret',
      refresh_token: 'RefreshToken',
    });
  });

  it('is complete again when the document without secrets comes back', () => {
    expect(keepSecrets(withoutSecrets(SECRET_DOCUMENT), SECRET_DOCUMENT)).to.deep.equal(SECRET_DOCUMENT);
  });

  it('reveals no secret when it is compared', () => {
    expect(secretsIn(text(documentDifference({}, SECRET_DOCUMENT)))).to.deep.equal([]);
    expect(secretsIn(text(documentDifference(SECRET_DOCUMENT, {})))).to.deep.equal([]);
    const changed = structuredClone(SECRET_DOCUMENT);
    const request = changed.Requests?.TokenByAuthorizationCode?.Request;
    if (request?.Parameters) request.Parameters.client_secret = 'another';
    expect(documentDifference(SECRET_DOCUMENT, changed)).to.deep.equal([
      {
        key: 'Requests.TokenByAuthorizationCode.Request.Parameters.client_secret',
        kind: 'changed',
        secret: true,
        before: '',
        after: '',
      },
    ]);
  });

  it('shows no secret in its form, only that a value is stored', () => {
    const form = formOf(SECRET_DOCUMENT);
    const shown = presentForm({
      form,
      document: SECRET_DOCUMENT,
      stored: true,
      template: undefined,
      errors: {},
      t: inEnglish,
    });
    expect(secretsIn(text(shown))).to.deep.equal([]);
    const rows = shown.requests.flatMap(({ sections }) => sections.flatMap((section) => section.rows));
    const secret = rows.filter((row) => row.secret).map(({ name, value, stored }) => [name, value, stored]);
    expect(secret).to.deep.equal([
      ['password', '', true],
      ['client_secret', '', true],
      ['client_assertion', '', true],
    ]);
  });

  it('keeps its secrets when the form is saved unchanged', () => {
    const form = formOf(SECRET_DOCUMENT);
    expect(validateRows(form.rows, SECRET_DOCUMENT)).to.deep.equal({});
    expect(applyForm(SECRET_DOCUMENT, form)).to.deep.equal(SECRET_DOCUMENT);
  });

  it('takes a secret that is typed, and loses one whose row is removed', () => {
    const form = formOf(SECRET_DOCUMENT);
    form.rows.TokenByAuthorizationCodeFixed = [{ name: 'client_secret', value: 'new' }];
    form.rows.TokenByRefreshTokenFixed = [{ name: 'grant_type', value: 'refresh_token' }];
    const { Requests } = applyForm(SECRET_DOCUMENT, form);
    expect(Requests?.TokenByAuthorizationCode?.Request?.Parameters).to.deep.equal({ client_secret: 'new' });
    expect(Requests?.TokenByRefreshToken?.Request?.Parameters).to.deep.equal({ grant_type: 'refresh_token' });
  });

  it('does not send a typed secret back into the page', () => {
    const form = formOf(SECRET_DOCUMENT);
    form.rows.TokenByAuthorizationCodeFixed = [{ name: 'client_secret', value: SECRETS.nested }];
    const shown = presentForm({
      form,
      document: SECRET_DOCUMENT,
      stored: true,
      template: undefined,
      errors: { Name: 'missing' },
      t: inEnglish,
    });
    expect(secretsIn(text(shown))).to.deep.equal([]);
  });

  it('needs a value for a secret that is not stored', () => {
    const rows = { TokenByAuthorizationCodeFixed: [{ name: 'password', value: '' }] };
    expect(Object.keys(validateRows(rows, SECRET_DOCUMENT))).to.deep.equal([
      'TokenByAuthorizationCodeFixedValue0',
    ]);
  });
});

describe('an address as it is shown', () => {
  const cases: [string, string][] = [
    ['https://host/token', 'https://host/token'],
    ['https://host/token?a=1', 'https://host/token?a=1'],
    ['https://host/token?client_secret=x', 'https://host/token'],
    ['https://host/token?a=1&access_token=x&b', 'https://host/token?a=1&b'],
    ['https://user:pw@host/', 'https://host/'],
    ['no address?client_secret=x', 'no address?client_secret=x'],
  ];
  for (const [address, shown] of cases)
    it(`shows ${address} as ${shown}`, () => expect(shownValue(address)).to.equal(shown));
});

describe('a document that was read by mistake', () => {
  for (const odd of [{}, { Requests: null }, { Requests: [] }, { ClientSecret: null }] as unknown[])
    it(`is passed on whatever its shape: ${text(odd)}`, () => {
      expect(() => withoutSecrets(odd as TokenConfigDocument)).to.not.throw();
    });
});
