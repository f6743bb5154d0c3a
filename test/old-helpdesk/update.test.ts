import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { createTokenTables } from '../../db/token-tables.js';
import { tableFacts } from '../db/table-facts.js';
import { fetchHelpdesk } from '../lab/fetch-helpdesk.js';
import { helpdeskPerl } from '../lab/helpdesk.js';
import type { Instance } from '../lab/instance.js';
import { dropDatabase } from '../lab/mariadb.js';
import { unpackHelpdesk } from '../lab/unpack-helpdesk.js';
import { scratchDatabase } from '../support/database.js';
import { lab } from '../support/lab.js';

const TABLES = ['oauth2_token_config', 'oauth2_token', 'mail_account'];

/**
 * The steps of the genuine update that deal with tokens and mail accounts, in its order; the whole update takes minutes
 * and results in the same tables. The modules of both releases have the same names, so each release runs in a process
 * of its own.
 */
const UPDATE: [release: string, modules: string[]][] = [
  [
    'Migration63',
    [
      'Znuny6_3::MigrateOAuth2TokenDatabaseTables',
      'Znuny6_3::MigrateCalendarBasedTicketCreationTables',
      'Znuny6_3::MigrateDatabaseBackends',
      'Znuny6_3::MigrateMailAccountDatabaseTable',
    ],
  ],
  ['Migration64', ['Znuny::UpgradeDatabaseStructure::OAuth2Token']],
  ['.', ['Znuny::MigrateDBCRUDUUIDColumns']],
];

describe("the helpdesk's own update from 6.0 to 6.5 after our installation", function () {
  this.timeout(180_000);
  /** A genuine Znuny 6.5 beside the old one, first with its own tables, then on those of the old one. */
  const newer: Instance = {
    ...lab,
    release: '6.5',
    home: path.join(lab.dir, 'helpdesk-6.5'),
    database: { ...lab.database, database: `newer_${process.pid}` },
  };
  let old: Awaited<ReturnType<typeof scratchDatabase>>;
  let db: ReturnType<typeof openDatabase>;
  const rows = async <Row>(sql: string, bindings: (string | number)[] = []): Promise<Row[]> =>
    (await db.knex.raw(sql, bindings))[0];

  before(async () => {
    await unpackHelpdesk(newer, await fetchHelpdesk(lab.cache, '6.5'));
    old = await scratchDatabase();
    db = openDatabase({ ...old.connection, socket: null });
    await createTokenTables(db, { builtIn: false });
    await db.knex.raw(
      `INSERT INTO oauth2_token_config (id, name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES (7, 'Kept', '{"ClientID":"client","ClientSecret":"secret"}', 1, NOW(), 1, NOW(), 1)`,
    );
    await db.knex.raw(
      `INSERT INTO oauth2_token (token_config_id, token, token_expiration_date, refresh_token, create_time, create_by, change_time, change_by)
       VALUES (7, ?, '2099-01-01 00:00:00', 'refresh', NOW(), 1, NOW(), 1)`,
      ['t'.repeat(3000)],
    );
    await db.knex.raw(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('mail', 'password', 'host', 'IMAP', 1, 0, 1, NOW(), 1, NOW(), 1)`,
    );
    const file = path.join(newer.home, 'Kernel/Config.pm');
    const ours = readFileSync(file, 'utf8').replace(`'${newer.database.database}'`, `'${old.database}'`);
    writeFileSync(file, ours);
  });
  after(async () => {
    await db.close();
    await old.drop();
    await dropDatabase(lab, newer.database.database);
    rmSync(newer.home, { recursive: true, force: true });
  });

  it('runs to its end', async () => {
    for (const [release, modules] of UPDATE) {
      const printed = await helpdeskPerl(
        newer,
        `use lib '${path.join(newer.home, 'scripts', release === '.' ? '..' : release)}';
         for my $Module (qw(${modules.join(' ')})) {
             my $Name = "scripts::Migration::$Module";
             $Kernel::OM->Get('Kernel::System::Main')->Require($Name) || die $Name;
             local *STDOUT; open STDOUT, '>', \\my $Silent;
             $Kernel::OM->Create($Name)->Run( CommandlineOptions => { NonInteractive => 1 } ) || die "$Name failed";
         }
         print 'done';`,
      );
      expect([release, printed]).to.deep.equal([release, 'done']);
    }
  });

  it('results in the tables of a freshly installed 6.5', async () => {
    const fresh = await tableFacts({ rows }, newer.database.database, TABLES);
    const updated = await tableFacts({ rows }, old.database, TABLES);
    // Where this column already exists, the update to 6.3 leaves it nullable; its default stays.
    const column = updated.columns.find(({ name }) => name === 'authentication_type');
    expect([column?.IS_NULLABLE, column?.COLUMN_DEFAULT]).to.deep.equal(['YES', "'password'"]);
    if (column) column.IS_NULLABLE = 'NO';
    expect(updated).to.deep.equal(fresh);
  });

  it('finds configuration, token and mail account, and reads them with its own Perl', async () => {
    const read = await helpdeskPerl(
      newer,
      `my $Token = $Kernel::OM->Get('Kernel::System::OAuth2Token')->GetToken( TokenConfigID => 7, UserID => 1 );
       my %Config = $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataGet( ID => 7, UserID => 1 );
       my $Accounts = $Kernel::OM->Get('Kernel::System::MailAccount');
       my %Account = $Accounts->MailAccountGet( ID => 1 );
       $Accounts->MailAccountUpdate( %Account, AuthenticationType => 'oauth2_token', OAuth2TokenConfigID => 7, UserID => 1 ) || die;
       %Account = $Accounts->MailAccountGet( ID => 1 );
       print join '|', length $Token, $Config{Name}, $Config{Config}->{ClientID}, $Account{AuthenticationType}, $Account{OAuth2TokenConfigID};`,
    );
    expect(read).to.equal('3000|Kept|client|oauth2_token|7');
  });
});
