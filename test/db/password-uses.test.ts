import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createPasswordUses } from '../../db/repositories/password-uses.js';
import { listPasswords } from '../../plugin/usecases/list-passwords.js';
import { fixedClock } from '../support/fixed-clock.js';
import { settingsReader } from '../support/samples.js';
import { type Fixture, fixture } from './fixture.js';

const TRACE = path.join(tmpdir(), `password-uses-${process.pid}`);

/** A web service as the helpdesk stores it, with a password that nothing may show. */
const service = (transport: string) => `---
Debugger:
  DebugThreshold: debug
Provider:
  Transport:
    Type: HTTP::SOAP
    Config: { Authentication: { AuthType: BasicAuth, BasicAuthUser: in, BasicAuthPassword: never-shown } }
Requester:
  Transport:
${transport}`;
const basic = 'Authentication: { AuthType: BasicAuth, BasicAuthUser: u, BasicAuthPassword: never-shown }';
const SERVICES: Record<string, string> = {
  'Calendar over EWS': service(
    `    Type: HTTP::SOAP\n    Config: { Endpoint: 'https://Outlook.Office365.com/EWS/Exchange.asmx', ${basic} }\n`,
  ),
  'By NTLM': service(
    `    Type: HTTP::SOAP\n    Config: { Endpoint: 'https://outlook.office365.com:443/EWS', ${basic.replace('BasicAuth', 'NTLM')} }\n`,
  ),
  // Nothing in it mentions the other kind of password.
  'By NTLM alone':
    "Requester:\n  Transport:\n    Type: HTTP::SOAP\n    Config: { Endpoint: 'https://outlook.office365.com/EWS', Authentication: { AuthType: NTLM, NTLMUser: u } }\n",
  'Elsewhere over REST': service(
    `    Type: HTTP::REST\n    Config: { Host: 'https://rest.example.org', ${basic} }\n`,
  ),
  'By token': service(
    "    Type: HTTP::REST\n    Config: { Host: 'https://www.googleapis.com', Authentication: { AuthType: OAuth2Token, OAuth2TokenConfigID: 1 } }\n",
  ),
  'Garbage: broken': 'BasicAuth: [\n\t{{{ "',
  'Garbage: bytes': 'BasicAuth \u0001\ufffd\u0000',
  'Garbage: a list': '- BasicAuth\n- BasicAuth\n',
  'Garbage: an alias bomb': `BasicAuth: &a [x, x]\nb: &b [${'*a, '.repeat(40)}*a]\nc: &c [${'*b, '.repeat(40)}*b]\nRequester: *c\n`,
  'Garbage: a host that is a map': service(`    Config: { Host: { a: b }, ${basic} }\n`),
  'Garbage: code': `!!perl/code: "sub { system('touch ${TRACE}') }"\nRequester: !!js/function "function () { require('fs').writeFileSync('${TRACE}', '') }"\nBasicAuth: 1\n`,
  'Garbage: too long': `BasicAuth: ${'x'.repeat(300_000)}\n`,
};

describe('what of the helpdesk signs in with a password', function () {
  this.timeout(120_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
    for (const table of ['mail_account', 'gi_webservice_config']) await fix.rows(`DELETE FROM ${table}`);
    for (const [name, yaml] of Object.entries(SERVICES))
      await fix.rows(
        `INSERT INTO gi_webservice_config (name, config, valid_id, create_time, create_by, change_time, change_by)
         VALUES (?, ?, 1, NOW(), 1, NOW(), 1)`,
        [name, yaml],
      );
  });
  after(() => fix.close());

  const account = (login: string, type: string, host: string, more: { valid?: number; by?: string } = {}) =>
    fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, authentication_type, queue_id, trusted, valid_id,
         create_time, create_by, change_time, change_by) VALUES (?, 'never-shown', ?, ?, ?, 1, 0, ?, NOW(), 1, NOW(), 1)`,
      [login, host, type, more.by ?? 'password', more.valid ?? 1],
    );
  const OUTBOUND = {
    SendmailModule: 'Kernel::System::Email::SMTPTLS',
    'SendmailModule::Host': 'smtp.office365.com',
    'SendmailModule::AuthUser': 'out@example.org',
    'SendmailModule::AuthenticationType': 'password',
  };
  const uses = () => createPasswordUses({ db: fix.db, columns: fix.columns });
  const list = (now: string, settings: Record<string, unknown> = OUTBOUND) =>
    listPasswords({ passwordUses: uses(), settings: settingsReader(settings), clock: fixedClock(now) });

  it('are mail accounts, outbound mail and web services, with the day on which it ends', async () => {
    await account('a@example.org', 'IMAPS', 'Outlook.Office365.com:993');
    await account('b@example.org', 'POP3S', 'pop.gmail.com');
    await account('c@example.org', 'IMAPTLS', 'imap-mail.outlook.com');
    await account('d@example.org', 'IMAP', 'partner.outlook.cn');
    await account('elsewhere', 'IMAPS', 'mail.example.org');
    await account('office365.com', 'IMAPS', 'office365.com.example.org');
    await account('off@example.org', 'IMAPS', 'outlook.office365.com', { valid: 2 });
    await account('token@example.org', 'IMAPS', 'outlook.office365.com', { by: 'oauth2_token' });
    await account('graph@example.org', 'MSGraph', 'outlook.office365.com');
    const found = await list('2026-11-29T12:00:00Z');
    expect(found.map(({ use, end, stage }) => [use.kind, use.name, use.host, end.day, stage])).to.deep.equal([
      ['mail-account', 'a@example.org', 'outlook.office365.com', '2022-10-01', 'over'],
      ['web-service', 'By NTLM', 'outlook.office365.com', '2022-10-01', 'over'],
      ['web-service', 'By NTLM alone', 'outlook.office365.com', '2022-10-01', 'over'],
      ['web-service', 'Calendar over EWS', 'outlook.office365.com', '2022-10-01', 'over'],
      ['mail-account', 'c@example.org', 'imap-mail.outlook.com', '2024-09-16', 'over'],
      ['mail-account', 'b@example.org', 'pop.gmail.com', '2025-05-01', 'app-password'],
      ['outbound', 'out@example.org', 'smtp.office365.com', '2026-12-31', 'ahead'],
      ['mail-account', 'd@example.org', 'partner.outlook.cn', null, 'unknown'],
    ]);
    expect(JSON.stringify(found)).not.to.contain('never-shown');
    expect(existsSync(TRACE), 'nothing in the settings is executed').to.equal(false);
  });

  it('are read without the settings of a web service that are too long, which never leave the database', async () => {
    const read: string[] = [];
    const note = (rows: unknown) =>
      void read.push(...[rows].flat().map((row) => String((row as { name?: unknown } | null)?.name)));
    fix.db.knex.on('query-response', note);
    await uses().list();
    fix.db.knex.off('query-response', note);
    expect(read).to.include('By NTLM alone').and.not.include('Garbage: too long');
  });

  it('are read with as many queries for a thousand accounts as for one', async () => {
    const few = (await fix.queries(() => uses().list())).length;
    for (let at = 0; at < 30; at++) await account(`many-${at}`, 'IMAPS', 'outlook.office365.com');
    expect(await fix.queries(() => uses().list())).to.have.length(few);
  });

  it('end with the last day of 2026 for outbound mail of Exchange Online, and are none with a token or without a user', async () => {
    const stage = async (now: string, more: object = {}) =>
      (await list(now, { ...OUTBOUND, ...more })).find(({ use }) => use.kind === 'outbound')?.stage;
    expect(await stage('2026-12-31T23:59:59Z')).to.equal('ahead');
    expect(await stage('2027-01-01T00:00:00Z')).to.equal('over');
    expect(
      await stage('2026-12-31T12:00:00Z', { 'SendmailModule::AuthenticationType': 'oauth2_token' }),
    ).to.equal(undefined);
    expect(await stage('2026-12-31T12:00:00Z', { 'SendmailModule::AuthUser': '' })).to.equal(undefined);
    expect(
      await stage('2026-12-31T12:00:00Z', { SendmailModule: 'Kernel::System::Email::Sendmail' }),
    ).to.equal(undefined);
  });
});
