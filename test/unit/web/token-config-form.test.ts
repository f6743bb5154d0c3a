import path from 'node:path';
import { expect } from 'chai';
import { formOf } from '../../../plugin/domain/configuration/token-config-form.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { createParameters, type Pair } from '../../../plugin/web/parameters.js';
import { presentForm } from '../../../plugin/web/presenters/token-config-form.js';
import { readForm } from '../../../plugin/web/read-token-config-form.js';
import { createRender } from '../../../plugin/web/render.js';
import { documentOf } from '../../support/samples.js';

const read = (...pairs: Pair[]) => readForm(createParameters(pairs));
const HOST = 'https://login.microsoftonline.com';

describe('reading the form', () => {
  it('joins the scopes that are chosen and those that are typed, each once', () => {
    expect(read(['Scope', 'a'], ['Scope', 'b'], ['ScopeMore', ' c  a ']).Scope).to.equal('a b c');
    expect(read(['Scope', 'a b']).Scope).to.equal('a b');
  });

  it('takes rows in order, drops empty ones, and leaves out what was not sent', () => {
    const form = read(
      ['AuthorizationCodeFixedName', ' prompt '],
      ['AuthorizationCodeFixedName', ''],
      ['AuthorizationCodeFixedName', 'x'],
      ['AuthorizationCodeFixedValue', 'login'],
      ['AuthorizationCodeFixedValue', ''],
      ['AuthorizationCodeFixedValue', ''],
    );
    expect(form.rows).to.deep.equal({
      AuthorizationCodeFixed: [
        { name: 'prompt', value: 'login' },
        { name: 'x', value: '' },
      ],
    });
  });

  it('moves the endpoints to the tenant at once', () => {
    const form = read(
      ['Tenant', 'own'],
      ['TenantOwn', 'contoso.com'],
      ['TenantBefore', 'common'],
      ['AuthorizationCodeRequestURL', `${HOST}/common/oauth2/v2.0/authorize`],
    );
    expect(form).to.include({
      Tenant: 'contoso.com',
      AuthorizationCodeRequestURL: `${HOST}/contoso.com/oauth2/v2.0/authorize`,
    });
  });

  it('changes no endpoint without a tenant', () => {
    const url = `${HOST}/common/oauth2/v2.0/authorize`;
    expect(read(['AuthorizationCodeRequestURL', url]).AuthorizationCodeRequestURL).to.equal(url);
  });
});

describe('showing the form', () => {
  const present = (more = {}, document = documentOf()) =>
    presentForm({
      form: formOf(document),
      document,
      stored: true,
      template: document,
      errors: {},
      t: inEnglish,
      ...more,
    });
  const field = (name: string, ...given: Parameters<typeof present>) =>
    present(...given)
      .sections.flatMap(({ fields }) => fields)
      .find((one) => one.name === name);

  it('has a tenant for Microsoft only', () => {
    expect(field('Tenant')).to.include({ before: 'common', own: false, ownValue: '', mixed: false });
    expect(field('Tenant', {}, documentOf('google-mail'))).to.equal(undefined);
  });

  it('says where endpoints name different tenants', () => {
    const form = { ...formOf(documentOf()), Tenant: '', TenantBefore: '' };
    expect(field('Tenant', { form })).to.include({ mixed: true, own: false });
  });

  it('offers what the template would also request, not chosen', () => {
    const form = { ...formOf(documentOf('google-mail')), Scope: 'mine' };
    const shown = field('Scope', { form, template: documentOf('google-mail') });
    const scopes = shown?.scopes as { value: string; checked: boolean; explanation: string }[];
    expect(scopes.map(({ value, checked }) => [value, checked])).to.deep.equal([
      ['mine', true],
      ['https://mail.google.com/', false],
      ['openid', false],
      ['email', false],
    ]);
    expect(scopes[0]?.explanation).to.equal('The sidecar does not know this scope.');
  });

  it('names faults by field, and opens the advanced part for a fault in there', () => {
    const errors = { Name: 'missing', TokenByRefreshTokenFixedName2: 'twice' };
    const view = present({ errors });
    expect(view.summary.map(({ label }) => label)).to.deep.equal([
      'Name',
      'Request for a token by refresh token, Fixed parameters, row 3',
    ]);
    expect(view).to.include({ focus: 'Name', open: true });
    expect(present({ errors: { Name: 'missing' } }).open).to.equal(false);
    expect(present().open).to.equal(false);
  });

  it('has two spare rows in each section, five after "Add rows", and keeps an odd value selectable', () => {
    const document = documentOf();
    Object.assign(document.Requests?.AuthorizationCode?.Response?.ParametersMapping ?? {}, { odd: 'Ours' });
    const view = present({ addRow: 'AuthorizationCodeFixed' }, document);
    const [fixed, , answer] = view.requests[0]?.sections ?? [];
    expect(fixed?.rows).to.have.length(3 + 5);
    expect(fixed?.rows.findIndex(({ focus }) => focus)).to.equal(3);
    expect(answer?.rows).to.have.length(5 + 2);
    expect(answer?.rows[4]?.options?.at(-1)).to.deep.equal({ value: 'Ours', selected: true });
    expect(view.open).to.equal(true);
  });
});

describe('the page of the form', () => {
  const { render } = createRender(path.resolve(import.meta.dirname, '../../../templates'));
  const HOSTILE = `"><img src=x onerror=alert(1)>'{{x}}`;

  it('escapes what people, providers and templates say', () => {
    const document = documentOf('microsoft-common', { Scope: HOSTILE, ClientID: HOSTILE });
    Object.assign(document.Requests?.AuthorizationCode?.Request?.Parameters ?? {}, { [HOSTILE]: HOSTILE });
    const mailbox = { id: 5, login: HOSTILE, type: 'IMAP', host: HOSTILE, isShared: false };
    const page = render(
      'pages/edit',
      {
        ...presentForm({
          form: formOf(document, { name: HOSTILE }),
          document,
          stored: true,
          template: document,
          errors: { [HOSTILE]: HOSTILE },
          shown: { RedirectURI: HOSTILE, TemplateName: HOSTILE },
          warnings: [{ setting: HOSTILE, text: HOSTILE, command: HOSTILE, url: HOSTILE }],
          t: inEnglish,
        }),
        id: 7,
        here: HOSTILE,
        version: HOSTILE,
        challengeToken: HOSTILE,
        drift: { template: HOSTILE, missing: [{ path: HOSTILE, value: HOSTILE }], needsConsent: true },
        identity: {
          known: true,
          shown: true,
          name: HOSTILE,
          issuer: HOSTILE,
          at: HOSTILE,
          mailboxes: [mailbox],
          mismatches: [mailbox],
        },
        used: true,
        usage: {
          mailAccounts: [mailbox],
          smtp: false,
          profiles: [{ id: 1, module: HOSTILE, host: HOSTILE }],
          webServices: [{ id: 1, name: HOSTILE }],
        },
      },
      { language: 'en', timeZone: 'UTC' },
    );
    expect(page.match(/&lt;img src&#x3D;x onerror&#x3D;alert\(1\)&gt;/g)?.length).to.be.greaterThan(20);
    expect(page).to.not.contain('<img');
  });
});
