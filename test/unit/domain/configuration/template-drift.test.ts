import { expect } from 'chai';
import type { ProviderTemplate } from '../../../../plugin/domain/configuration/provider-template.js';
import {
  addMissing,
  missingFrom,
  templateOf,
} from '../../../../plugin/domain/configuration/template-drift.js';
import type { TokenConfigDocument } from '../../../../plugin/domain/configuration/token-config.js';
import { documentOf } from '../../../support/samples.js';

const template = (
  filename: string,
  name: string,
  changes: Partial<ProviderTemplate> = {},
): ProviderTemplate => ({
  filename,
  name,
  document: documentOf(filename),
  own: true,
  discovery: false,
  ...changes,
});
const GOOGLE = template('google-mail', 'Google Mail');
const MICROSOFT = template('microsoft-common', 'Microsoft Common');

/** What Znuny 6.5 makes of its own Google template: no prompt, no scope on refresh, fewer response fields. */
function builtIn(): TokenConfigDocument {
  const changes = { TemplateName: 'Google Mail', Scope: 'https://mail.google.com/' };
  // As the database stores it: the YAML file's aliases have become copies.
  const document = JSON.parse(JSON.stringify(documentOf('google-mail', changes))) as TokenConfigDocument;
  delete document.Requests?.AuthorizationCode?.Request?.Parameters?.prompt;
  delete document.Requests?.TokenByRefreshToken?.Request?.AutofilledParametersMapping?.scope;
  delete document.Requests?.TokenByRefreshToken?.Response?.ParametersMapping?.refresh_token;
  return document;
}

describe('the differences between a configuration and the current template', () => {
  it('are none in a configuration made from the current template', () => {
    expect(missingFrom(GOOGLE.document, GOOGLE.document)).to.deep.equal([]);
    expect(missingFrom(MICROSOFT.document, MICROSOFT.document)).to.deep.equal([]);
  });

  it('are listed key by key; only those in requests that a person answers need a new consent', () => {
    expect(missingFrom(builtIn(), GOOGLE.document)).to.deep.equal([
      {
        path: ['Requests', 'AuthorizationCode', 'Request', 'Parameters', 'prompt'],
        value: 'consent',
        needsConsent: true,
      },
      {
        path: ['Requests', 'TokenByRefreshToken', 'Request', 'AutofilledParametersMapping', 'scope'],
        value: 'Scope',
        needsConsent: false,
      },
      {
        path: ['Requests', 'TokenByRefreshToken', 'Response', 'ParametersMapping', 'refresh_token'],
        value: 'RefreshToken',
        needsConsent: false,
      },
    ]);
  });

  it('can be added; then nothing is missing and everything else is unchanged', () => {
    const document = { ...builtIn(), Custom: { a: 1 } };
    const completed = addMissing(document, missingFrom(document, GOOGLE.document));
    expect(missingFrom(completed, GOOGLE.document)).to.deep.equal([]);
    expect(completed).to.include({
      ClientID: 'client-1',
      ClientSecret: 'secret-of-client-1',
      Scope: 'https://mail.google.com/',
    });
    expect(completed.Custom).to.deep.equal({ a: 1 });
    expect(completed.Requests?.AuthorizationCode?.Request?.Parameters).to.deep.equal({
      response_type: 'code',
      access_type: 'offline',
      prompt: 'consent',
    });
    expect(document.Requests?.AuthorizationCode?.Request?.Parameters).not.to.have.property('prompt');
  });

  it("never include the admin's own values: another prompt, another name for a variable, another endpoint", () => {
    const document = documentOf('google-mail');
    Object.assign(document.Requests?.AuthorizationCode?.Request?.Parameters ?? {}, {
      prompt: 'select_account',
    });
    Object.assign(document.Requests?.AuthorizationCode?.Request ?? {}, {
      URL: 'https://idp.example.org/auth',
    });
    const mapping = document.Requests?.TokenByRefreshToken?.Request?.AutofilledParametersMapping ?? {};
    delete mapping.scope;
    mapping.scopes = 'Scope';
    expect(missingFrom(document, GOOGLE.document)).to.deep.equal([]);
  });

  it('include offline_access, and no other scope', () => {
    const document = documentOf('microsoft-common', {
      Scope: 'https://outlook.office.com/IMAP.AccessAsUser.All',
    });
    const missing = missingFrom(document, MICROSOFT.document);
    expect(missing).to.deep.equal([{ path: ['Scope'], value: 'offline_access', needsConsent: true }]);
    expect(addMissing(document, missing).Scope).to.equal(
      'https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
    );
  });

  it('replace whole requests', () => {
    const document = documentOf('google-mail');
    delete document.Requests?.TokenByRefreshToken;
    const completed = addMissing(document, missingFrom(document, GOOGLE.document));
    expect(completed.Requests?.TokenByRefreshToken).to.deep.equal(
      GOOGLE.document.Requests?.TokenByRefreshToken,
    );
    expect(addMissing({}, missingFrom({}, GOOGLE.document)).Requests).to.deep.equal(GOOGLE.document.Requests);
  });
});

describe('the current template of a configuration', () => {
  const all = [GOOGLE, MICROSOFT];
  it("has the configuration's template name", () =>
    expect(templateOf(builtIn(), all)?.name).to.equal('Google Mail'));

  it('is never the helpdesk’s own, but one of ours with the same endpoint', () => {
    const helpdesks = template('microsoft-common', 'Microsoft Exchange Online', { own: false });
    const document = documentOf('microsoft-common', { TemplateName: 'Microsoft Exchange Online' });
    expect(templateOf(document, [helpdesks, ...all])?.name).to.equal('Microsoft Common');
  });

  it('has the endpoints of the configuration’s tenant', () => {
    const document = documentOf('microsoft-common', { TemplateName: 'Microsoft Common' });
    const own = 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/';
    Object.assign(document.Requests?.AuthorizationCode?.Request ?? {}, { URL: `${own}authorize` });
    const found = templateOf(document, all);
    expect(found?.document.Requests?.TokenByRefreshToken?.Request?.URL).to.equal(`${own}token`);
    expect(MICROSOFT.document.Requests?.TokenByRefreshToken?.Request?.URL).to.contain('/common/');
  });

  it('does not exist for an unknown provider, or for endpoints that were looked up', () => {
    expect(templateOf({}, all)).to.equal(undefined);
    const looked = template('other-provider', 'Other provider', { discovery: true });
    expect(templateOf({ TemplateName: 'Other provider' }, [looked])).to.equal(undefined);
  });
});
