import { expect } from 'chai';
import { fieldsOf } from '../../../../plugin/domain/configuration/form-fields.js';
import { cloudMixture } from '../../../../plugin/domain/configuration/microsoft-cloud.js';
import { applyForm, formOf } from '../../../../plugin/domain/configuration/token-config-form.js';
import { validateForm } from '../../../../plugin/domain/configuration/validate-form.js';
import { NO_USAGE, serversOf } from '../../../../plugin/domain/mailbox/usage.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';
import { documentOf } from '../../../support/samples.js';

const IDS = { ClientID: '1b2c3d4e-1111-2222-3333-444455556666', ClientSecret: 's' };
const CLOUDS = ['microsoft-common', 'microsoft-us-government', 'microsoft-china'] as const;
const SERVERS = {
  'microsoft-common': 'outlook.office365.com:993',
  'microsoft-us-government': 'OUTLOOK.office365.us',
  'microsoft-china': 'partner.outlook.cn',
};
const said = (...given: Parameters<typeof cloudMixture>) => {
  const found = cloudMixture(...given);
  return found && [found.field, inEnglish(found.text)];
};

describe('a mixture of Microsoft’s clouds', () => {
  for (const own of CLOUDS)
    for (const other of CLOUDS)
      it(`${own} with scopes and mail servers of ${other}: ${own === other ? 'none' : 'found'}`, () => {
        const expected = own === other ? null : 'Scope';
        const document = documentOf(own, { Scope: documentOf(other).Scope ?? '' });
        expect(cloudMixture(document)?.field ?? null).to.equal(expected);
        const mixed = cloudMixture(documentOf(own), [SERVERS[own], SERVERS[other]]);
        expect(mixed?.field ?? null).to.equal(own === other ? null : '');
      });

  it('is named with both parts and their clouds', () => {
    expect(said(documentOf('microsoft-china'), ['outlook.office365.com'])).to.deep.equal([
      '',
      'login.partner.microsoftonline.cn belongs to Microsoft 365 (21Vianet, China), but outlook.office365.com to Microsoft 365 (worldwide). Sign-in, scopes, and mail servers must be in one cloud: start from the template for that cloud.',
    ]);
  });

  it('is found at an app that signs in itself, and at an endpoint of its own', () => {
    const app = documentOf('microsoft-application', { Scope: 'https://outlook.office365.us/.default' });
    expect(cloudMixture(app)?.field).to.equal('Scope');
    const document = documentOf();
    const { TokenByRefreshToken } = document.Requests ?? {};
    if (TokenByRefreshToken?.Request)
      TokenByRefreshToken.Request.URL = 'https://login.microsoftonline.us/common/oauth2/v2.0/token';
    expect(cloudMixture(document)?.field).to.equal('TokenByRefreshTokenRequestURL');
  });

  it('is found at the server for outbound mail, which stands in the settings', () => {
    const settings = { text: (name: string) => (name === 'SendmailModule::Host' ? 'smtp.office365.us' : '') };
    const used = { ...NO_USAGE, smtp: true };
    expect(said(documentOf(), serversOf(used, settings))?.[1]).to.contain('but smtp.office365.us to');
    expect(serversOf(NO_USAGE, settings)).to.deep.equal([]);
  });

  it('leaves a national cloud’s app without a secret, if it will have a certificate', () => {
    for (const name of ['microsoft-us-government-application', 'microsoft-china-application']) {
      const fields = fieldsOf(documentOf(name, { ClientSecret: '' })).map((field) => field.name);
      expect(fields).to.include.members(['WithCertificate', 'RedirectURI']);
    }
  });

  it('is none where only one part, or none, is Microsoft’s', () => {
    expect(cloudMixture(documentOf('google-mail'), ['outlook.office365.us'])).to.equal(null);
    expect(cloudMixture(documentOf(), ['mail.example.org', 'notoutlook.office365.us.example'])).to.equal(
      null,
    );
    expect(cloudMixture({ Scope: 'https://outlook.office365.us/SMTP.Send' })).to.equal(null);
  });

  it('is a fault of the form, beside the field that does not fit', () => {
    const subject = { document: documentOf('microsoft-common', IDS), stored: true, now: new Date() };
    const form = formOf(subject.document, { name: 'Mixed' });
    expect(validateForm(form, subject)).to.deep.equal({});
    const Scope = String(documentOf('microsoft-us-government').Scope);
    const faults = validateForm({ ...form, Scope }, subject);
    expect(Object.keys(faults)).to.deep.equal(['Scope']);
    expect(inEnglish(faults.Scope ?? '')).to.contain('Microsoft 365 US Government');
    expect(applyForm(subject.document, form).Scope).to.equal(subject.document.Scope);
  });
});
