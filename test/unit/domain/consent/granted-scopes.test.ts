import { expect } from 'chai';
import { missingScopes } from '../../../../plugin/domain/consent/granted-scopes.js';
import { documentOf } from '../../../support/samples.js';

const OUTLOOK = 'https://outlook.office.com';
const MAIL = `${OUTLOOK}/IMAP.AccessAsUser.All ${OUTLOOK}/SMTP.Send`;
const asking = (Scope: string, template = 'microsoft-organizations') => ({
  ...documentOf(template),
  Scope,
});

describe('the scopes of an answer compared with those requested', () => {
  for (const [what, granted] of Object.entries({
    'are not in the answer, which means as requested (RFC 6749 §5.1)': undefined,
    'are empty': ' ',
    'come in another order': `${OUTLOOK}/SMTP.Send ${OUTLOOK}/IMAP.AccessAsUser.All`,
    'come in another case': MAIL.toLowerCase(),
    'come with the other host name of the resource':
      'https://outlook.office365.com/IMAP.AccessAsUser.All https://outlook.office365.com/SMTP.Send',
    'come without a resource': 'IMAP.AccessAsUser.All SMTP.Send',
    'come with more': `${MAIL} ${OUTLOOK}/User.Read openid`,
  }))
    it(`are complete where they ${what}, although offline_access and openid never come back`, () => {
      expect(missingScopes(asking(`openid offline_access ${MAIL}`), granted)).to.deep.equal([]);
    });

  it('lack what a person or the tenant did not grant', () => {
    const document = asking(`offline_access ${MAIL}`);
    expect(missingScopes(document, `${OUTLOOK}/IMAP.AccessAsUser.All`)).to.deep.equal([
      `${OUTLOOK}/SMTP.Send`,
    ]);
    expect(missingScopes(document, 'openid profile')).to.deep.equal(MAIL.split(' '));
    // Another permission of a similar name is not this one.
    expect(missingScopes(document, `${MAIL.replace('SMTP.Send', 'SMTP.SendAsApp')}`)).to.deep.equal([
      `${OUTLOOK}/SMTP.Send`,
    ]);
  });

  it('lack the mailbox where its box on the page of Google was left empty', () => {
    const document = asking('openid email https://mail.google.com/', 'google-mail');
    const profile = 'openid https://www.googleapis.com/auth/userinfo.email';
    expect(missingScopes(document, profile)).to.deep.equal(['https://mail.google.com/']);
    expect(missingScopes(document, `${profile} https://mail.google.com/`)).to.deep.equal([]);
  });

  it('are not judged for a provider whose spellings are not known, or for what mail does not need', () => {
    expect(missingScopes(asking('mail-w', 'yahoo'), 'mail')).to.deep.equal([]);
    expect(missingScopes(asking('https://graph.microsoft.com/Calendars.Read'), 'openid')).to.deep.equal([]);
    expect(missingScopes(asking(MAIL), ['openid'])).to.deep.equal([]);
  });

  it('are compared in linear time', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => `https://example.org/scope${at}`).join(' ');
    const before = performance.now();
    expect(missingScopes(asking(`${MAIL} ${many}`), many)).to.deep.equal(MAIL.split(' '));
    expect(performance.now() - before).to.be.lessThan(5000);
  });
});
