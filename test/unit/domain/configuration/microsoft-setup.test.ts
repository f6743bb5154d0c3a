import { expect } from 'chai';
import {
  isInEntra,
  type MailUses,
  permissionsOf,
  portalUrl,
  scopeFor,
} from '../../../../plugin/domain/configuration/microsoft-setup.js';
import type { TokenConfigDocument } from '../../../../plugin/domain/configuration/token-config.js';
import { clientCredentials } from '../../../support/client-credentials.js';
import { documentOf } from '../../../support/samples.js';

const MAIL = 'https://outlook.office.com/';
const ALL = `${MAIL}IMAP.AccessAsUser.All ${MAIL}POP.AccessAsUser.All ${MAIL}SMTP.Send offline_access openid`;
const withUrl = (URL: string): TokenConfigDocument => ({
  Requests: { TokenByAuthorizationCode: { Request: { URL } } },
});

describe('the setup of a Microsoft mailbox', () => {
  const table: [MailUses, scopes: string, application: string[]][] = [
    [
      { receive: 'imap', send: true },
      'IMAP.AccessAsUser.All SMTP.Send',
      ['IMAP.AccessAsApp', 'SMTP.SendAsApp'],
    ],
    [{ receive: 'pop3', send: false }, 'POP.AccessAsUser.All', ['POP.AccessAsApp']],
    [{ receive: 'none', send: true }, 'SMTP.Send', ['SMTP.SendAsApp']],
  ];
  for (const [uses, scopes, application] of table)
    it(`requests what it needs and no more: receive ${uses.receive}, send ${uses.send}`, () => {
      const expected = [...scopes.split(' ').map((name) => MAIL + name), 'offline_access', 'openid'];
      expect(scopeFor(ALL, uses).split(' ')).to.deep.equal(expected);
      expect(permissionsOf(clientCredentials(), [], uses).map(({ name }) => name)).to.deep.equal(application);
    });

  it('names the permissions as the portal does', () => {
    expect(permissionsOf(documentOf(), ALL.split(' '), null).map(({ name }) => name)).to.deep.equal([
      'IMAP.AccessAsUser.All',
      'POP.AccessAsUser.All',
      'SMTP.Send',
      'offline_access',
      'openid',
    ]);
    expect(permissionsOf(clientCredentials(), [], null)).to.have.length(3);
  });

  it('leads to the Entra admin centre, but not from a national cloud or another provider', () => {
    const id = '1b2c3d4e-1111-2222-3333-444455556666';
    expect(portalUrl(id)).to.equal(
      `https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/${id}`,
    );
    expect(portalUrl('')).to.match(/\/ApplicationsListBlade$/);
    for (const [host, there] of [
      ['login.microsoftonline.com', true],
      ['login.partner.microsoftonline.cn', false],
      ['login.microsoftonline.us', false],
      ['login.example.com', false],
    ] as const)
      expect(isInEntra(withUrl(`https://${host}/common/oauth2/v2.0/token`)), host).to.equal(there);
  });
});
