import { expect } from 'chai';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { faultsBySchema } from '../support/json-schemas.js';
import { databaseRows, lab, type Session, session, znunyOauth2 } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const LOGINS = ['by-password@example.org', 'gmail@example.org'];
const SERVICE = 'Calendar by password';
const EWS = `Requester:
  Transport:
    Type: HTTP::SOAP
    Config:
      Endpoint: https://outlook.office365.com/EWS/Exchange.asmx
      Authentication: { AuthType: BasicAuth, BasicAuthUser: u, BasicAuthPassword: never-shown }
`;

describe('mailboxes and services that still sign in with a password at a provider that ends it', () => {
  let admin: Session;
  const remove = async () => {
    await databaseRows(`DELETE FROM mail_account WHERE login IN ('${LOGINS.join("', '")}')`);
    await databaseRows(`DELETE FROM gi_webservice_config WHERE name = '${SERVICE}'`);
  };
  const useSmtp = (isUsed: boolean) =>
    setSettings(lab, [
      { name: 'SendmailModule', value: `Kernel::System::Email::${isUsed ? 'SMTPTLS' : 'DoNotSendEmail'}` },
      {
        name: 'SendmailModule::Host',
        value: isUsed ? 'smtp.office365.com' : 'mail.example.com',
      },
      {
        name: 'SendmailModule::AuthUser',
        value: isUsed ? 'out@example.org' : 'MyMailserverLogin',
        valid: isUsed,
      },
    ]);

  before(async () => {
    admin = await session(CREDENTIALS.admin);
    await remove();
    for (const [login, host] of [
      [LOGINS[0], 'outlook.office365.com'],
      [LOGINS[1], 'imap.gmail.com'],
    ])
      await databaseRows(
        `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, valid_id, create_time, create_by, change_time, change_by)
         VALUES ('${login}', 'never-shown', '${host}', 'IMAPS', 1, 0, 1, NOW(), 1, NOW(), 1)`,
      );
    await databaseRows(
      `INSERT INTO gi_webservice_config (name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('${SERVICE}', FROM_BASE64('${Buffer.from(EWS).toString('base64')}'), 1, NOW(), 1, NOW(), 1)`,
    );
    await useSmtp(true);
  });
  after(async () => {
    await remove();
    await useSmtp(false);
  });

  it('are listed by the command line with the day, its source, and the page that begins the move', async () => {
    const { code, out } = await znunyOauth2(['mailbox', 'list', '--passwords', '--json']);
    expect(code).to.equal(0);
    const found: Record<string, string>[] = JSON.parse(out);
    expect(found.map(({ kind, name, ends, stage }) => [kind, name, ends, stage])).to.deep.equal([
      ['mail-account', LOGINS[0], '2022-10-01', 'over'],
      ['web-service', SERVICE, '2022-10-01', 'over'],
      ['mail-account', LOGINS[1], '2025-05-01', 'app-password'],
      ['outbound', 'out@example.org', '2026-12-31', new Date() < new Date('2027-01-01') ? 'ahead' : 'over'],
    ]);
    expect(faultsBySchema('mailbox-passwords', found)).to.equal('');
    for (const { source, checked, move = '' } of found) {
      expect([source?.slice(0, 8), checked?.length]).to.deep.equal(['https://', 10]);
      const page = await admin.get(move.replace('index.pl?', ''));
      expect(page.status, move).to.equal(200);
    }
    expect(out).not.to.contain('never-shown');
    const table = await znunyOauth2(['mailbox', 'list', '--passwords']);
    expect(table.out).to.contain('smtp.office365.com').and.contain('until 2026-12-31');
  });

  it('are a finding of the doctor', async () => {
    const { out } = await znunyOauth2(['doctor', '--only', 'passwords']);
    expect(out).to.contain(
      `${LOGINS[0]} (outlook.office365.com): Exchange Online has not accepted passwords since 2022-10-01.`,
    );
    expect(out)
      .to.contain('Subaction=ConnectMicrosoft')
      .and.contain('TokenConfigTemplateFilename=google-mail');
  });

  it('are a note above the overview, with the link, for those who may connect mailboxes', async () => {
    const overview = async () => (await admin.get(SCREEN)).text();
    await until(
      'the note',
      async () => (await overview()).includes(`${LOGINS[0]} (outlook.office365.com)`),
      60_000,
    );
    const page = (await overview()).replaceAll('&#x3D;', '=');
    expect(page).to.match(
      /<a href="index\.pl\?Action=AdminOAuth2TokenManagement;Subaction=ConnectMicrosoft"/,
    );
    expect(page).not.to.contain('gmail@example.org');
    await remove();
    await useSmtp(false);
    await until('its end', async () => !(await overview()).includes('(outlook.office365.com)'), 60_000);
  });
});
