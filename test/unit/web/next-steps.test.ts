import { expect } from 'chai';
import type { Identity } from '../../../plugin/domain/consent/identity.js';
import { readClaims } from '../../../plugin/domain/consent/token-claims.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { powerShellWord } from '../../../plugin/lib/shell-words.js';
import {
  type NextStepsFacts,
  presentNextSteps,
  readMailboxName,
} from '../../../plugin/web/presenters/next-steps.js';
import type { Reader } from '../../../plugin/web/reader.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf, documentOf } from '../../support/samples.js';
import { ACCOUNT, CLIENT_ID, serviceAccount } from '../../support/service-account.js';

const reader = { t: inEnglish } as unknown as Reader;
const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.e30`;
const OWNER: Identity = {
  subject: 's',
  login: 'jane@example.com',
  email: null,
  issuer: 'https://idp.example.org',
};
const steps = (changes: Partial<NextStepsFacts> = {}) =>
  presentNextSteps(
    {
      config: configOf(),
      identity: OWNER,
      servers: {
        receive: [
          { type: 'IMAPS', address: 'outlook.office365.com' },
          { type: 'POP3S', address: 'outlook.office365.com' },
        ],
        send: { type: 'SMTPTLS', address: 'smtp.office365.com' },
      },
      accounts: [],
      abilities: { mailAccounts: true, smtp: true, scripts: 'bin/otrs' as never },
      other: '',
      claims: null,
      hasToken: false,
      objectId: '',
      signIn: 'SendmailModule::AuthenticationType',
      ...changes,
    },
    reader,
  );

describe('the page that leads from a token to mail', () => {
  it('offers each way to receive mail for the address that consented, one of them as the main one', () => {
    expect(steps().receive.map(({ type, primary }) => [type, primary])).to.deep.equal([
      ['IMAPS', true],
      ['POP3S', false],
    ]);
    expect(steps().login).to.equal('jane@example.com');
    expect(steps().isShared).to.equal(false);
    expect(steps().rights).to.deep.equal([]);
  });

  it('offers one form without type and host where no server is known, and none to a helpdesk without tokens', () => {
    const [only, ...others] = steps({ servers: { receive: [], send: null } }).receive;
    expect(others).to.deep.equal([]);
    expect(only).to.include({ type: '', address: '', primary: true });
    const unable = steps({ abilities: { mailAccounts: false, smtp: false, scripts: 'bin/otrs' as never } });
    expect(unable.receive).to.deep.equal([]);
    expect(unable.passwordOnly).to.equal(true);
    expect(steps().passwordOnly).to.equal(false);
    expect(unable.send).to.equal(null);
  });

  it('knows no address where the token names nobody or none that is one, until one is entered', () => {
    for (const identity of [null, { ...OWNER, login: 'jane' }])
      expect(steps({ identity })).to.deep.include({ login: '', receive: [], send: null });
    expect(steps({ identity: null, other: 'support@example.com' })).to.deep.include({
      login: 'support@example.com',
      isShared: false,
    });
  });

  it('names for a service account what to paste under domain-wide delegation, and whether its key is here', () => {
    const config = configOf({ document: serviceAccount({ Account: ACCOUNT, Key: 'k'.repeat(43) }) });
    const shown = steps({ config, identity: null, keyState: 'usable' });
    expect(shown.serviceAccount).to.deep.equal({
      clientId: CLIENT_ID,
      scopes: 'https://mail.google.com/',
      account: ACCOUNT,
      isUsable: true,
    });
    expect([shown.login, shown.app]).to.deep.equal(['support@example.com', null]);
    expect(steps({ config, keyState: 'unsafe' }).serviceAccount?.isUsable).to.equal(false);
    expect(steps().serviceAccount).to.equal(null);
  });

  it('tells the right to a shared mailbox, which the own address is not, however it is written', () => {
    expect(steps({ other: 'JANE@example.com' }).isShared).to.equal(false);
    const shared = steps({ other: 'support@example.com' });
    expect(shared.isShared).to.equal(true);
    expect(shared.rights[0]).to.contain('-Identity support@example.com -User jane@example.com');
    const app = steps({
      config: configOf({ document: clientCredentials() }),
      identity: null,
      other: 'support@example.com',
    });
    expect(app.isShared).to.equal(false);
    expect(app.rights).to.deep.equal([]);
    expect(app.user).to.equal('The app');
  });

  describe('of an app that signs in without a person', () => {
    const OBJECT = '9f8e7d6c-1111-2222-3333-444455556666';
    const CLIENT = '1b2c3d4e-1111-2222-3333-444455556666';
    const config = configOf({ document: { ...clientCredentials(), ClientID: CLIENT } });
    const claims = readClaims(jwt({ roles: ['IMAP.AccessAsApp', 'SMTP.SendAsApp'], oid: OBJECT }));
    const app = (changes: Partial<NextStepsFacts> = {}) =>
      steps({ config, identity: null, hasToken: true, claims, ...changes }).app;

    it('signs in to Exchange of its own cloud', () => {
      const connect = (template: string, tenant: string, changes = {}) => {
        const document = documentOf(template, { ClientID: CLIENT, ...changes });
        const { Request } = document.Requests?.TokenByClientCredentials ?? {};
        if (Request) Request.URL = String(Request.URL).replace('/organizations/', `/${tenant}/`);
        const page = app({ config: configOf({ document }), claims: null });
        return [page?.lines.split('\n')[0], page?.enterpriseApplications];
      };
      const dod = { Scope: 'https://outlook-dod.office365.us/.default' };
      const us =
        'https://entra.microsoft.us/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview';
      for (const [template, tenant, environment, link, changes] of [
        ['microsoft-application', 'contoso.com', '', us.replace('.us/', '.com/'), {}],
        ['microsoft-us-government-application', 'agency.us', 'O365USGovGCCHigh', us, {}],
        ['microsoft-us-government-application', 'army.us', 'O365USGovDoD', us, dod],
        ['microsoft-china-application', 'contoso.cn', 'O365China', null, {}],
      ] as const)
        expect(connect(template, tenant, changes)).to.deep.equal([
          `Connect-ExchangeOnline${environment && ` -ExchangeEnvironmentName ${environment}`} -Organization ${tenant}`,
          link,
        ]);
    });

    it('fills the lines for Exchange with the IDs of the app, and has a right for each mailbox', () => {
      const mailbox = { type: 'IMAPS', address: 'outlook.office365.com', folder: '' } as const;
      const page = app({
        accounts: [
          { ...mailbox, login: 'a@example.com', accountId: 3 },
          { ...mailbox, login: 'b@example.com', accountId: 4 },
        ],
        other: 'b@example.com',
      });
      const read = (user: string) =>
        `Add-MailboxPermission -Identity ${user} -User ${OBJECT} -AccessRights FullAccess -AutoMapping $false`;
      const send = (user: string) =>
        `Add-RecipientPermission -Identity ${user} -Trustee ${OBJECT} -AccessRights SendAs`;
      expect(page?.lines.split('\n')).to.deep.equal([
        'Connect-ExchangeOnline -Organization contoso.com',
        `New-ServicePrincipal -AppId ${CLIENT} -ObjectId ${OBJECT} -DisplayName ${powerShellWord(config.name)}`,
        read('a@example.com'),
        send('a@example.com'),
        read('b@example.com'),
        send('b@example.com'),
      ]);
      expect(page).to.deep.include({
        ready: true,
        fromToken: true,
        roles: 'IMAP.AccessAsApp, SMTP.SendAsApp',
      });
    });

    it('asks for the object ID where no token tells it, and refuses the ID of the app', () => {
      expect(app({ claims: null })).to.deep.include({ ready: false, fromToken: false, fault: '' });
      expect(app({ claims: null, objectId: OBJECT })).to.deep.include({ ready: true, objectId: OBJECT });
      const wrong = app({ claims: null, objectId: CLIENT.toUpperCase() });
      expect(wrong?.ready).to.equal(false);
      expect(wrong?.fault).to.match(/^This is the application \(client\) ID\./);
      expect(app({ claims: null, objectId: 'x; Remove-Item' })?.fault).to.match(/^Enter a GUID/);
      // What the token says is right, whatever was entered.
      expect(app({ objectId: CLIENT })).to.deep.include({ ready: true, objectId: OBJECT, fault: '' });
    });

    it('concerns no other configuration', () => {
      expect(steps().app).to.equal(null);
      const elsewhere = configOf({ document: clientCredentials('https://idp.example.org/token') });
      expect(app({ config: elsewhere })).to.equal(null);
    });
  });

  it('tells incoming accounts from outbound mail', () => {
    const mailbox = {
      type: 'IMAPS',
      address: 'mail.example.com',
      login: 'a@example.com',
      folder: 'INBOX',
    } as const;
    const page = steps({
      accounts: [
        { ...mailbox, accountId: 3 },
        { ...mailbox, type: 'SMTPS', accountId: null },
      ],
    });
    expect(page.accounts.map(({ target }) => target)).to.deep.equal([3]);
    expect(page.outbound.map(({ target }) => target)).to.deep.equal(['smtp']);
  });

  it('takes an entered mailbox only if it is one word without control characters', () => {
    expect(readMailboxName('support@example.com')).to.equal('support@example.com');
    for (const bad of ['', 'two words', 'a\u202eb', `${'x'.repeat(251)}`])
      expect(readMailboxName(bad), bad).to.equal('');
  });
});
