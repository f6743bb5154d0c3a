import path from 'node:path';
import { expect } from 'chai';
import { FORM_FIELDS } from '../../../plugin/domain/configuration/form-fields.js';
import type { TokenConfigDocument } from '../../../plugin/domain/configuration/token-config.js';
import { applyForm, formOf } from '../../../plugin/domain/configuration/token-config-form.js';
import { validateForm } from '../../../plugin/domain/configuration/validate-form.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { createParameters, type Pair } from '../../../plugin/web/parameters.js';
import { presentForm } from '../../../plugin/web/presenters/token-config-form.js';
import { readForm } from '../../../plugin/web/read-token-config-form.js';
import { readerOf } from '../../../plugin/web/reader.js';
import { createRender } from '../../../plugin/web/render.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { controlsOf, sentBy } from '../../support/form-controls.js';
import { documentOf } from '../../support/samples.js';
import { serviceAccount } from '../../support/service-account.js';

const pages = createRender(path.resolve(import.meta.dirname, '../../../templates'));
const { render } = pages;
const NOW = new Date('2026-11-24T12:00:00Z');

interface Given {
  stored?: boolean;
  language?: string;
  form?: ReturnType<typeof formOf>;
  errors?: Record<string, string>;
}

/** The page of a form, without what surrounds it. */
function pageOf(document: TokenConfigDocument, given: Given = {}): string {
  const { stored = true, language = 'en', errors = {} } = given;
  const form = given.form ?? formOf(document, { name: stored ? 'Support mailbox' : '' });
  const { t } = readerOf({ language, timeZone: 'UTC' }, pages);
  const shown = { RedirectURI: 'https://helpdesk.example.org/otrs/callback.pl', TemplateName: '' };
  return render('pages/edit', presentForm({ form, document, stored, template: document, errors, shown, t }), {
    language,
    timeZone: 'UTC',
  });
}

const GOOGLE = documentOf('google-mail', {
  Custom: { deep: [1] },
  Notifications: { NotifyOnExpiredToken: 0, NotifyOnExpiredRefreshToken: 1, Other: 'y' },
  Sidecar: {
    Future: 'x',
    PKCE: 0,
    Issuer: 'https://accounts.google.com',
    RequireIssuer: 1,
    ClientSecretExpires: '2026-12-31',
    UserInfoURL: 'https://u.example.org/info',
  },
});

describe('the controls of the form', () => {
  it('of a new configuration at Microsoft, in English', () => {
    const document = documentOf('microsoft-common', { ClientID: '', ClientSecret: '' });
    expect(controlsOf(pageOf(document, { stored: false }))).to.deep.equal([
      ['Name', '* Name', 'text', ''],
      ['Tenant-common', 'common: work, school and personal accounts', 'radio on', ''],
      ['Tenant-organizations', 'organizations: work and school accounts of any tenant', 'radio off', ''],
      ['Tenant-consumers', 'consumers: personal accounts (Outlook.com, Hotmail)', 'radio off', ''],
      ['Tenant-own', 'one tenant', 'radio off', ''],
      [
        'Tenant',
        '* Tenant',
        'text',
        'Choose what the app registration shows under "Supported account types". The endpoints under Advanced are updated to match; an endpoint that you edit there keeps your value.',
      ],
      ['ClientID', '* Client ID', 'text', 'In the Entra admin centre: Application (client) ID.'],
      [
        'ClientSecret',
        '* Client secret',
        'password',
        'In the Entra admin centre: the Value of a client secret, not its Secret ID.',
      ],
      [
        'WithCertificate',
        'Certificate instead of a client secret',
        'checkbox off',
        'Leave the client secret empty, save, and run "znuny-oauth2 certificate create" with the name of this configuration on the server. It shows the certificate to upload to the app registration. Only the sidecar can use it: the helpdesk itself cannot renew tokens of this configuration.',
      ],
      [
        'ClientSecretExpires',
        'Client secret valid until',
        'date',
        'Optional. The date that the provider shows. You are warned 30, 14, and 3 days before.',
      ],
      [
        'RedirectURI',
        'Redirect URI',
        'text https://helpdesk.example.org/otrs/callback.pl',
        'Register exactly this address with the provider. In the Entra admin centre, add it under the platform Web.',
      ],
      ['ValidID', '* Validity', 'select valid', ''],
      ['TemplateName', '', 'p -', ''],
      [
        'Scope0',
        'https://outlook.office.com/IMAP.AccessAsUser.All',
        'checkbox on',
        'Read and move mail over IMAP.',
      ],
      ['Scope1', 'https://outlook.office.com/POP.AccessAsUser.All', 'checkbox on', 'Fetch mail over POP3.'],
      ['Scope2', 'https://outlook.office.com/SMTP.Send', 'checkbox on', 'Send mail over SMTP.'],
      [
        'Scope3',
        'offline_access',
        'checkbox on',
        'Keeps access working when nobody is signed in. Without it there is no refresh token, and mail stops within an hour.',
      ],
      [
        'Scope4',
        'openid',
        'checkbox on',
        'Identifies who gave consent, so that a token for the wrong mailbox is detected.',
      ],
      ['Scope5', 'profile', 'checkbox on', 'Returns the sign-in name of the person who gave consent.'],
      [
        'ScopeMore',
        'Additional scopes',
        'text',
        'Separated by spaces. Each added scope needs consent: request a new token afterwards.',
      ],
      [
        'NotifyOnExpiredToken',
        'Expired token',
        'checkbox off',
        'Shows a notification for admins below the top menu if the OAuth2 token has expired.',
      ],
      [
        'NotifyOnExpiredRefreshToken',
        'Expired refresh token',
        'checkbox on',
        'Shows a notification for admins below the top menu if the OAuth2 refresh token has expired or the provider no longer accepts it.',
      ],
      [
        'AuthorizationCodeRequestURL',
        '* URL for authorization code',
        'text https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
        '',
      ],
      [
        'TokenByAuthorizationCodeRequestURL',
        '* URL for token by authorization code',
        'text https://login.microsoftonline.com/common/oauth2/v2.0/token',
        '',
      ],
      [
        'TokenByRefreshTokenRequestURL',
        '* URL for token by refresh token',
        'text https://login.microsoftonline.com/common/oauth2/v2.0/token',
        '',
      ],
      [
        'PKCE',
        'Use PKCE',
        'checkbox on',
        'Protects the authorization code (RFC 7636). Disable it only if the provider rejects it.',
      ],
      [
        'Issuer',
        'Issuer',
        'text',
        `Compared with "iss" in the provider's authorization response (RFC 9207) and ID token. Optional.`,
      ],
      [
        'RequireIssuer',
        'Require iss',
        'checkbox off',
        'Rejects an authorization response without the parameter iss (RFC 9207). Enable this only if the provider always sends it.',
      ],
      [
        'UserInfoURL',
        'URL for user info',
        'text',
        'Requested once after a consent to find out who authorized access, if the provider sends no ID token. Optional.',
      ],
    ]);
  });

  it('of a stored configuration at Google with every option, in German', () => {
    expect(controlsOf(pageOf(GOOGLE, { language: 'de' }))).to.deep.equal([
      ['Name', '* Name', 'text Support mailbox', ''],
      [
        'ClientID',
        '* Client-ID',
        'text client-1',
        'In der Google Cloud Console; sie endet mit .apps.googleusercontent.com.',
      ],
      [
        'ClientSecret',
        'Client-Secret',
        'password',
        'Ein Client-Secret ist gespeichert. Lassen Sie das Feld leer, um es beizubehalten.',
      ],
      [
        'ClientSecretExpires',
        'Client-Secret gültig bis',
        'date 2026-12-31',
        'Optional, wie beim Anbieter angezeigt. Sie werden 30, 14 und 3 Tage vorher gewarnt.',
      ],
      [
        'RedirectURI',
        'Redirect-URI',
        'text https://helpdesk.example.org/otrs/callback.pl',
        'Tragen Sie genau diese Adresse beim Anbieter ein. In der Google Cloud Console gehört sie zu „Autorisierte Weiterleitungs-URIs“.',
      ],
      ['ValidID', '* Gültigkeit', 'select gültig', ''],
      ['TemplateName', '', 'p -', ''],
      [
        'Scope0',
        'https://mail.google.com/',
        'checkbox on',
        'Voller Zugriff auf das Postfach über IMAP, POP3 und SMTP; einen engeren Scope bietet Google nicht an.',
      ],
      [
        'Scope1',
        'openid',
        'checkbox on',
        'Gibt an, wer zugestimmt hat, damit ein Token für das falsche Postfach auffällt.',
      ],
      ['Scope2', 'email', 'checkbox on', 'Nennt die E-Mail-Adresse der Person, die zugestimmt hat.'],
      [
        'ScopeMore',
        'Weitere Scopes',
        'text',
        'Durch Leerzeichen getrennt. Einem hinzugefügten Scope muss zugestimmt werden: Fordern Sie danach ein neues Token an.',
      ],
      [
        'NotifyOnExpiredToken',
        'Abgelaufenes Token',
        'checkbox off',
        'Zeigt Admins eine Benachrichtigung unterhalb des Hauptmenüs, wenn das OAuth2-Token abgelaufen ist.',
      ],
      [
        'NotifyOnExpiredRefreshToken',
        'Abgelaufenes Refresh-Token',
        'checkbox on',
        'Zeigt Admins eine Benachrichtigung unterhalb des Hauptmenüs, wenn das OAuth2-Refresh-Token abgelaufen ist oder der Anbieter es nicht mehr akzeptiert.',
      ],
      [
        'AuthorizationCodeRequestURL',
        '* URL für den Autorisierungscode',
        'text https://accounts.google.com/o/oauth2/v2/auth',
        '',
      ],
      [
        'TokenByAuthorizationCodeRequestURL',
        '* URL für Token per Autorisierungscode',
        'text https://oauth2.googleapis.com/token',
        '',
      ],
      [
        'TokenByRefreshTokenRequestURL',
        '* URL für Token per Refresh-Token',
        'text https://oauth2.googleapis.com/token',
        '',
      ],
      [
        'PKCE',
        'PKCE verwenden',
        'checkbox off',
        'Schützt den Autorisierungscode (RFC 7636). Schalten Sie das nur ab, wenn der Anbieter es ablehnt.',
      ],
      [
        'Issuer',
        'Aussteller',
        'text https://accounts.google.com',
        'Wird mit dem „iss“ in der Antwort und im ID-Token des Anbieters verglichen, sofern er eines sendet (RFC 9207). Darf leer bleiben.',
      ],
      [
        'RequireIssuer',
        'iss verlangen',
        'checkbox on',
        'Lehnt eine Antwort ohne den Parameter iss ab (RFC 9207). Schalten Sie das nur ein, wenn der Anbieter ihn immer sendet.',
      ],
      [
        'UserInfoURL',
        'URL für Benutzerinformationen',
        'text https://u.example.org/info',
        'Wird nach einer Zustimmung einmal abgefragt, um zu erfahren, wer zugestimmt hat, wenn der Anbieter kein ID-Token sendet. Darf leer bleiben.',
      ],
    ]);
  });

  it('are shown again with the faults, and without the client secret', () => {
    const form = { ...formOf(documentOf()), ClientSecret: 'typed-secret', ValidID: 9, Issuer: 'x' };
    const errors = { Name: 'Missing.', ClientSecret: 'Wrong.', ValidID: 'Choose.', Issuer: 'No address.' };
    const page = pageOf(documentOf(), { form, errors });
    expect(controlsOf(page).filter(([, , , below]) => below.startsWith('FAULT'))).to.deep.equal([
      ['Name', '* Name', 'text', 'FAULT Missing.'],
      [
        'ClientSecret',
        'Client secret',
        'password',
        'FAULT Wrong. A client secret is stored. Leave the field empty to keep it.',
      ],
      ['ValidID', '* Validity', 'select', 'FAULT Choose.'],
      [
        'Issuer',
        'Issuer',
        'text x',
        'FAULT No address. Compared with "iss" in the provider\'s authorization response (RFC 9207) and ID token. Optional.',
      ],
    ]);
    expect(page).to.contain('id="ClientSecretTyped"').and.not.contain('typed-secret');
    expect(page.match(/<input[^>]* autofocus/g)?.map((tag) => /id="(\w+)"/.exec(tag)?.[1])).to.deep.equal([
      'Name',
    ]);
    expect(page).to.contain('<details class="OAuth2Advanced" id="Advanced" open>');
  });

  it('show addresses without the passwords in them', () => {
    const document = {
      ...documentOf(),
      Sidecar: { UserInfoURL: 'https://user:password@u.example.org/info' },
    };
    const request = document.Requests?.TokenByRefreshToken?.Request;
    if (request) request.URL = 'https://user:password@idp.example.org/token?client_secret=abc&x=1';
    const page = pageOf(document);
    const shownIn = (name: string) => controlsOf(page).find(([id]) => id === name)?.[2];
    expect(shownIn('UserInfoURL')).to.equal('text https://u.example.org/info');
    expect(shownIn('TokenByRefreshTokenRequestURL')).to.equal('text https://idp.example.org/token?x=1');
    expect(page).to.not.contain('user:password').and.not.contain('client_secret=abc');
  });

  it('name an endpoint of renewals as optional where the stored document has none', () => {
    const document = documentOf('yahoo');
    delete document.Requests?.TokenByRefreshToken;
    const labelOf = (stored: boolean) =>
      controlsOf(pageOf(document, { stored })).find(([id]) => id === 'TokenByRefreshTokenRequestURL')?.[1];
    expect(labelOf(true)).to.equal('URL for token by refresh token');
    expect(labelOf(false)).to.equal('* URL for token by refresh token');
  });

  it('exist for every field of a document, each with a label', () => {
    const Certificates = [{ Thumbprint: 'a'.repeat(43), Expires: '2030-01-01' }];
    const documents = [
      documentOf(),
      { ...clientCredentials(), ClientSecret: '' },
      { ...clientCredentials(), Sidecar: { Certificates } },
      serviceAccount(),
    ];
    const ids = documents.flatMap((document) => controlsOf(pageOf(document)));
    const shown = ids.map(([id]) => id);
    const fields = FORM_FIELDS.filter(({ kind }) => !['hidden', 'rows', 'permissions'].includes(kind));
    expect(
      fields
        .map(({ name, kind }) => (kind === 'scopes' ? `${name}0` : name))
        .filter((id) => !shown.includes(id)),
    ).to.deep.equal([]);
    expect(ids.filter(([, label, value]) => label === '' && !value.startsWith('p '))).to.deep.equal([]);
  });
});

describe('a submitted form', () => {
  const sent = (document: TokenConfigDocument, given: Given = {}): Pair[] => sentBy(pageOf(document, given));
  const changed = (pairs: Pair[], changes: Record<string, string | null>): Pair[] => [
    ...pairs.filter(([name]) => !(name in changes)),
    ...Object.entries(changes).flatMap(([name, value]): Pair[] => (value === null ? [] : [[name, value]])),
  ];
  const saved = (document: TokenConfigDocument, changes: Record<string, string | null> = {}) =>
    applyForm(document, readForm(createParameters(changed(sent(document), changes))));

  const secretAddress = documentOf();
  const request = secretAddress.Requests?.TokenByRefreshToken?.Request;
  if (request) request.URL = 'https://user:password@idp.example.org/token?client_secret=abc&x=1';

  for (const [what, document] of [
    ['Microsoft', documentOf()],
    ['Google, with every option', GOOGLE],
    ['an address with a secret', secretAddress],
    [
      'a user info address with a secret',
      { ...GOOGLE, Sidecar: { UserInfoURL: 'https://a:b@u.example.org/' } },
    ],
    ['client credentials', clientCredentials()],
    [
      'client credentials with options that its form does not show',
      { ...clientCredentials(), Sidecar: { PKCE: 1, Issuer: 'no address', RequireIssuer: 1 } },
    ],
    [
      'nothing but a client',
      {
        ClientID: 'c',
        Scope: '',
        Notifications: { NotifyOnExpiredToken: 0, NotifyOnExpiredRefreshToken: 0 },
        Requests: {},
      },
    ],
  ] as [string, TokenConfigDocument][])
    it(`leaves the document unchanged when it was not changed: ${what}`, () => {
      expect(saved(document)).to.deep.equal(document);
    });

  for (const [field, value, where, stored] of [
    ['ClientID', ' new ', 'ClientID', 'new'],
    ['ClientSecret', ' new ', 'ClientSecret', 'new'],
    ['ClientSecret', '', 'ClientSecret', 'secret-of-client-1'],
    ['ClientSecretExpires', '2028-02-29', 'Sidecar.ClientSecretExpires', '2028-02-29'],
    ['ClientSecretExpires', '', 'Sidecar.ClientSecretExpires', undefined],
    ['Scope', 'one', 'Scope', 'one'],
    ['ScopeMore', 'one  two', 'Scope', 'https://mail.google.com/ openid email one two'],
    ['NotifyOnExpiredToken', '1', 'Notifications.NotifyOnExpiredToken', 1],
    ['NotifyOnExpiredRefreshToken', null, 'Notifications.NotifyOnExpiredRefreshToken', 0],
    [
      'AuthorizationCodeRequestURL',
      'https://i.example.org/a',
      'Requests.AuthorizationCode.Request.URL',
      'https://i.example.org/a',
    ],
    [
      'TokenByAuthorizationCodeRequestURL',
      'https://i.example.org/b',
      'Requests.TokenByAuthorizationCode.Request.URL',
      'https://i.example.org/b',
    ],
    [
      'TokenByRefreshTokenRequestURL',
      'https://i.example.org/c',
      'Requests.TokenByRefreshToken.Request.URL',
      'https://i.example.org/c',
    ],
    ['PKCE', '1', 'Sidecar.PKCE', undefined],
    ['Issuer', 'https://i.example.org', 'Sidecar.Issuer', 'https://i.example.org'],
    ['Issuer', '', 'Sidecar.Issuer', undefined],
    ['RequireIssuer', null, 'Sidecar.RequireIssuer', undefined],
    ['UserInfoURL', '', 'Sidecar.UserInfoURL', undefined],
  ] as [string, string | null, string, unknown][])
    it(`stores ${field} ${value === null ? 'switched off' : JSON.stringify(value)} in ${where}`, () => {
      const document = saved(GOOGLE, { [field]: value });
      const at = where
        .split('.')
        .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], document);
      expect(at).to.equal(stored);
      expect(document).to.deep.include({ Custom: { deep: [1] } });
      expect(document.Sidecar).to.include({ Future: 'x' });
      expect(document.Notifications).to.include({ Other: 'y' });
    });

  it('names the faults, field by field in the order of the form', () => {
    const faults = (document: TokenConfigDocument, changes: Record<string, string>) =>
      Object.entries(
        validateForm(readForm(createParameters(changed(sent(document), changes))), {
          document,
          stored: true,
          now: NOW,
        }),
      ).map(([field, fault]) => [field, inEnglish(fault)]);
    const address = 'Enter a URL that begins with https:// (or http://) and has no fragment.';
    const ascii = 'Only printable ASCII characters are allowed here (RFC 6749).';
    expect(
      faults(documentOf(), {
        Name: 'x'.repeat(251),
        Tenant: 'nonsense',
        ClientID: 'ünicode',
        ClientSecret: 'ge\nheim',
        ClientSecretExpires: '2027-02-30',
        ValidID: '9',
        AuthorizationCodeRequestURL: 'javascript:x',
        TokenByAuthorizationCodeRequestURL: 'ftp://x',
        TokenByRefreshTokenRequestURL: 'https://x/#y',
        Issuer: 'x',
        UserInfoURL: 'https://u:p@x/',
      }),
    ).to.deep.equal([
      ['Name', 'At most 250 characters.'],
      ['Tenant', 'Enter a directory ID (GUID) or a domain, as shown in the Entra admin centre.'],
      ['ClientID', ascii],
      ['ClientSecret', ascii],
      ['ClientSecretExpires', 'Enter a date in the form 2027-12-31.'],
      ['ValidID', 'Choose one of the listed values.'],
      ['AuthorizationCodeRequestURL', address],
      ['TokenByAuthorizationCodeRequestURL', address],
      ['TokenByRefreshTokenRequestURL', address],
      ['Issuer', address],
      ['UserInfoURL', address],
    ]);
    const required = 'This field is required.';
    const empty = ['Name', 'Tenant', 'ClientID', 'ClientSecret'] as const;
    const urls = ['AuthorizationCode', 'TokenByAuthorizationCode', 'TokenByRefreshToken'].map(
      (kind) => `${kind}RequestURL`,
    );
    expect(
      faults(
        documentOf('microsoft-common', { ClientSecret: '' }),
        Object.fromEntries(
          [...empty, ...urls, 'Issuer', 'UserInfoURL', 'ClientSecretExpires'].map((name) => [name, '']),
        ),
      ),
    ).to.deep.equal([...empty, ...urls].map((field) => [field, required]));
    expect(
      faults(documentOf('microsoft-common', { Sidecar: { ClientSecretExpires: '2026-01-01' } }), {
        ClientSecret: 'new',
      }),
    ).to.deep.equal([
      [
        'ClientSecretExpires',
        'This is the expiry date of the old client secret. Enter the date of the new one, or clear the field.',
      ],
    ]);
  });
});
