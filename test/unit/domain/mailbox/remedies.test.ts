import { expect } from 'chai';
import type { Identity } from '../../../../plugin/domain/consent/identity.js';
import type { Settings } from '../../../../plugin/domain/helpdesk/settings.js';
import { accountFormUrl } from '../../../../plugin/domain/mailbox/account-form.js';
import { grantCommand } from '../../../../plugin/domain/mailbox/exchange-lines.js';
import type { MailboxReport } from '../../../../plugin/domain/mailbox/mailbox.js';
import { outboundSettings } from '../../../../plugin/domain/mailbox/outbound-settings.js';
import { outboundSignIn, sendsWithToken } from '../../../../plugin/domain/mailbox/outbound-sign-in.js';
import { type RemedyFacts, remediesOf } from '../../../../plugin/domain/mailbox/remedies.js';

const MICROSOFT = {
  type: 'IMAPS',
  address: 'outlook.office365.com',
  login: 'support@example.com',
  folder: '',
} as const;
const OWNER: Identity = {
  subject: 's',
  login: 'jane@example.com',
  email: null,
  issuer: 'https://idp.example.org',
};
const fault = (step: string, code = 'auth-refused') =>
  ({ step, code, said: '' }) as unknown as NonNullable<MailboxReport['fault']>;
const remedies = (changes: Partial<RemedyFacts>) =>
  remediesOf({
    mailbox: { ...MICROSOFT, address: 'mail.example.com' },
    fault: fault('sign-in'),
    token: 'valid',
    identity: null,
    app: null,
    isAccount: true,
    ...changes,
  }).map((remedy) => (remedy.kind === 'command' ? remedy.command : remedy.kind));

describe('the remedies of a failed mailbox test', () => {
  it('begin with the token where there is none or it has ended', () => {
    expect(remedies({ token: 'missing' })).to.deep.equal(['request-token']);
    expect(remedies({ token: 'expired' })).to.deep.equal(['renew', 'request-token']);
    expect(remedies({ fault: null })).to.deep.equal([]);
  });

  it('lead to the mail account only where the mailbox is one', () => {
    expect(remedies({ fault: fault('connect') })).to.deep.equal(['edit-account']);
    expect(remedies({ fault: fault('connect'), isAccount: false })).to.deep.equal([]);
    expect(remedies({})).to.deep.equal(['request-token', 'edit-config', 'edit-account']);
  });

  it('leave a fault that a setting cures to the setting', () => {
    for (const code of ['other-form', 'turned-away'])
      expect(remedies({ fault: fault('sign-in', code) }), code).to.deep.equal([]);
  });

  it('name for Exchange the line that switches the protocol on, and first the right to a mailbox of somebody else', () => {
    const own = { ...OWNER, login: MICROSOFT.login };
    expect(remedies({ mailbox: MICROSOFT, identity: own }).slice(3)).to.deep.equal([
      'Set-CASMailbox -Identity support@example.com -ImapEnabled $true',
    ]);
    expect(remedies({ mailbox: MICROSOFT, identity: OWNER }).slice(3)).to.deep.equal([
      'Add-MailboxPermission -Identity support@example.com -User jane@example.com -AccessRights FullAccess -AutoMapping $false',
      'Set-CASMailbox -Identity support@example.com -ImapEnabled $true',
    ]);
    const sending = { ...MICROSOFT, type: 'SMTPTLS', address: 'smtp.office365.com' } as const;
    expect(remedies({ mailbox: sending, identity: OWNER }).slice(3)).to.deep.equal([
      'Add-RecipientPermission -Identity support@example.com -Trustee jane@example.com -AccessRights SendAs',
      'Set-CASMailbox -Identity support@example.com -SmtpClientAuthenticationDisabled $false',
    ]);
  });

  it('ask nobody to consent where the token is of the app itself, and name its registration at Exchange with its own IDs', () => {
    const app = {
      clientId: '1b2c3d4e-1111-2222-3333-444455556666',
      objectId: '9f8e7d6c-1111-2222-3333-444455556666',
    };
    expect(remedies({ app, token: 'missing' })).to.deep.equal(['renew']);
    expect(remedies({ app, token: 'expired' })).to.deep.equal(['renew']);
    expect(remedies({ app })).to.deep.equal(['renew', 'edit-config', 'edit-account']);
    const grant =
      'Add-MailboxPermission -Identity support@example.com -User 9f8e7d6c-1111-2222-3333-444455556666 -AccessRights FullAccess -AutoMapping $false';
    const protocol = 'Set-CASMailbox -Identity support@example.com -ImapEnabled $true';
    expect(remedies({ app, mailbox: MICROSOFT })).to.deep.equal([
      'renew',
      'edit-config',
      'edit-account',
      'Get-ServicePrincipal -Identity 1b2c3d4e-1111-2222-3333-444455556666 | Format-List AppId,ObjectId',
      'Remove-ServicePrincipal -Identity 1b2c3d4e-1111-2222-3333-444455556666',
      'New-ServicePrincipal -AppId 1b2c3d4e-1111-2222-3333-444455556666 -ObjectId 9f8e7d6c-1111-2222-3333-444455556666 -DisplayName Helpdesk',
      grant,
      protocol,
    ]);
    // Who gets as far as the folder is known to Exchange.
    expect(remedies({ app, mailbox: MICROSOFT, fault: fault('folder') })).to.deep.equal([
      'edit-account',
      grant,
      protocol,
    ]);
    const [, , , , , register] = remedies({ app: { ...app, objectId: null }, mailbox: MICROSOFT });
    expect(register).to.contain('-ObjectId OBJECT-ID ');
  });

  it('quote a name so that PowerShell reads it as one text and runs nothing of it', () => {
    expect(grantCommand("o'neil@example.com; Remove-Item x", '$(whoami)', 'receive')).to.equal(
      "Add-MailboxPermission -Identity 'o''neil@example.com; Remove-Item x' -User '$(whoami)' -AccessRights FullAccess -AutoMapping $false",
    );
  });
});

describe("the helpdesk's form for a mail account", () => {
  it('opens filled in; a folder only over IMAP, no type and host where the server is unknown', () => {
    const valuesOf = (url: string) =>
      Object.fromEntries(new URLSearchParams(url.replace('index.pl?', '').replaceAll(';', '&')));
    const common = {
      Action: 'AdminMailAccount',
      Subaction: 'AddNew',
      AuthenticationType: 'oauth2_token',
      AuthenticationMethod: 'oauth2_token',
      OAuth2TokenConfigID: '7',
      Login: 'a;b&c@example.com',
    };
    const login = common.Login;
    expect(
      valuesOf(accountFormUrl({ type: 'IMAPS', address: 'mail.example.com:10993' }, login, 7)),
    ).to.deep.equal({
      ...common,
      TypeAdd: 'IMAPS',
      Host: 'mail.example.com:10993',
      IMAPFolder: 'INBOX',
    });
    expect(valuesOf(accountFormUrl({ type: 'POP3S', address: 'mail.example.com' }, login, 7))).to.deep.equal({
      ...common,
      TypeAdd: 'POP3S',
      Host: 'mail.example.com',
    });
    expect(valuesOf(accountFormUrl(null, login, 7))).to.deep.equal(common);
  });
});

describe('the settings for outbound mail', () => {
  it("name host and port apart, and the type's usual port where the address has none", () => {
    const portOf = (address: string, signIn = 'SendmailModule::AuthenticationType') =>
      Object.fromEntries(
        outboundSettings({ type: 'SMTPTLS', address }, 'a@example.com', 'Support', signIn).map(
          ({ name, value }) => [name, value],
        ),
      );
    expect(portOf('smtp.example.com')).to.deep.equal({
      SendmailModule: 'Kernel::System::Email::SMTPTLS',
      'SendmailModule::Host': 'smtp.example.com',
      'SendmailModule::Port': '587',
      'SendmailModule::AuthenticationType': 'oauth2_token',
      'SendmailModule::AuthUser': 'a@example.com',
      'SendmailModule::OAuth2TokenConfigName': 'Support',
    });
    expect(portOf('smtp.example.com:2525')).to.include({
      'SendmailModule::Host': 'smtp.example.com',
      'SendmailModule::Port': '2525',
    });
    const other = portOf('smtp.example.com', 'SendmailModule::AuthenticationMethod');
    expect(other['SendmailModule::AuthenticationMethod']).to.equal('oauth2_token');
    expect(other).to.not.have.property('SendmailModule::AuthenticationType');
  });

  it('call the way of signing in as the helpdesk does', () => {
    const [znuny, edition] = ['SendmailModule::AuthenticationType', 'SendmailModule::AuthenticationMethod'];
    const found = (values: Record<string, string>) => {
      const settings = {
        get: (name: string) => values[name],
        text: (name: string) => values[name] ?? '',
      } as unknown as Settings;
      return [outboundSignIn(settings), sendsWithToken(settings)];
    };
    expect(found({})).to.deep.equal([znuny, false]);
    expect(found({ [znuny]: 'oauth2_token' })).to.deep.equal([znuny, true]);
    expect(found({ [edition]: 'oauth2_token' })).to.deep.equal([edition, true]);
    expect(found({ [edition]: 'password' })).to.deep.equal([edition, false]);
  });
});
