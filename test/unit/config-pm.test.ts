import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { readConfigPm, readHelpdeskFile } from '../../plugin/config/config-pm.js';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import type { PerlHash } from '../../plugin/config/perl-values.js';
import { SidecarError } from '../../plugin/errors.js';

function failure(work: () => unknown): SidecarError {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(SidecarError);
    return error as SidecarError;
  }
  throw new Error('nothing was thrown');
}

describe('database credentials from Config.pm', () => {
  const read = (dsn: string, more: PerlHash = {}, sockets: string[] = []) =>
    databaseCredentials(
      { DatabaseDSN: dsn, Database: 'otrs', DatabaseUser: 'u', DatabasePw: 'p', ...more },
      (file) => sockets.includes(file),
    );
  const base = { host: '127.0.0.1', port: 3306, socket: null, database: 'otrs', user: 'u', password: 'p' };

  for (const [dsn, expected] of [
    ['DBI:mysql:database=desk;host=db1;', { database: 'desk', host: 'db1' }],
    ['DBI:mysql:database=desk;host=db1;port=3307;', { database: 'desk', host: 'db1', port: 3307 }],
    ['dbi:MariaDB:dbname=desk;host=db1', { database: 'desk', host: 'db1' }],
    ['DBI:mysql:desk', { database: 'desk' }],
    ['DBI:mysql:desk:db1:3307', { database: 'desk', host: 'db1', port: 3307 }],
    ['DBI:mysql:desk;host=db1', { database: 'desk', host: 'db1' }],
    ['DBI:mysql(RaiseError=>1):database=desk', { database: 'desk' }],
    ['DBI:mysql:database=desk;mysql_socket=/srv/db.sock;', { database: 'desk', socket: '/srv/db.sock' }],
    ['DBI:mysql:database=<OTRS_CONFIG_Database>;host=db1', { host: 'db1' }],
  ] as const)
    it(`reads ${dsn}`, () => expect(read(dsn)).to.deep.equal({ ...base, ...expected }));

  it('takes localhost for the socket, as the client library does, or TCP where there is none', () => {
    const socket = '/run/mysqld/mysqld.sock';
    const dsn = 'DBI:mysql:database=desk;host=localhost;port=3307';
    expect(read(dsn, {}, [socket])).to.deep.equal({ ...base, database: 'desk', socket, port: 3307 });
    expect(read(dsn)).to.deep.equal({ ...base, database: 'desk', port: 3307 });
  });

  it('reads what Maint::Database::PasswordCrypt of the helpdesk printed for some-pass', () => {
    expect(read('DBI:mysql:x', { DatabasePw: '{c80929a92df8e9c8c8}' }).password).to.equal('some-pass');
    expect(read('DBI:mysql:x', { DatabasePw: '{not hex}' }).password).to.equal('{not hex}');
  });

  it('explains another database, a DSN that is none, and missing parts', () => {
    expect(failure(() => read('DBI:Pg:dbname=otrs')).detail).to.match(/driver Pg; only MySQL and MariaDB/);
    expect(failure(() => read('nonsense')).detail).to.match(/not a data source name/);
    expect(failure(() => read('DBI:mysql:x', { DatabaseUser: null })).detail).to.match(
      /DatabaseUser is not set/,
    );
    expect(failure(() => read('DBI:mysql:x', { DatabasePw: {} })).detail).to.match(
      /DatabasePw is not a text/,
    );
    expect(failure(() => read('DBI:mysql:database=x;port=99999')).code).to.equal('config-unreadable');
  });
});

describe('reading HELPDESK_HOME/Kernel/Config.pm', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'helpdesk-'));
    mkdirSync(path.join(home, 'Kernel/Config'), { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const write = (body: string, file = 'Kernel/Config.pm', sub = 'Load') =>
    writeFileSync(
      path.join(home, file),
      `package X;\nsub ${sub} {\n my $Self = shift;\n${body}\n return 1;\n}\n1;\n`,
    );

  it('gives credentials, overrides and what is unknown', () => {
    write(`
      $Self->{DatabaseHost} = '10.0.0.5'; $Self->{Database} = 'desk'; $Self->{DatabaseUser} = 'u'; $Self->{DatabasePw} = q{p'w};
      $Self->{DatabaseDSN} = "DBI:mysql:database=$Self->{Database};host=$Self->{DatabaseHost};";
      $Self->{FQDN} = 'desk.example.com';
      $Self->{'Frontend::Module'}->{'AdminX'}->{Group} = ['admin'];
      $Self->{Other} = foo();
      $Self->Weird();`);
    const { database, overrides, unknown, blindLines } = readConfigPm(home);
    expect(database).to.deep.equal({
      host: '10.0.0.5',
      port: 3306,
      socket: null,
      database: 'desk',
      user: 'u',
      password: "p'w",
    });
    expect(overrides.FQDN).to.equal('desk.example.com');
    expect(JSON.stringify(overrides['Frontend::Module'])).to.equal('{"AdminX":{"Group":["admin"]}}');
    expect(unknown).to.deep.equal({ Other: 9 });
    expect(blindLines).to.deep.equal([10]);
  });

  it('takes what it does not set from the shipped defaults', () => {
    write(
      "$Self->{DatabaseHost} = 'db'; $Self->{Database} = 'otrs'; $Self->{DatabaseUser} = 'otrs'; $Self->{DatabasePw} = 'some';" +
        '$Self->{DatabaseDSN} = "DBI:mysql:database=<OTRS_CONFIG_Database>;host=<OTRS_CONFIG_DatabaseHost>;";',
      'Kernel/Config/Defaults.pm',
      'LoadDefaults',
    );
    write("$Self->{DatabasePw} = 'mine';");
    expect(readConfigPm(home).database).to.deep.include({ host: 'db', database: 'otrs', password: 'mine' });
    expect(readConfigPm(home).overrides.DatabaseHost).to.equal(undefined);
  });

  it('explains a missing file, one without permission, and credentials that only Perl could work out', () => {
    const missing = failure(() => readConfigPm(home));
    expect([missing.code, missing.status]).to.deep.equal(['config-unreadable', 500]);
    expect(missing.detail).to.match(/There is no Kernel\/Config\.pm under/);

    write(
      "$Self->{DatabasePw} = $ENV{PW}; $Self->{DatabaseDSN} = 'DBI:mysql:x'; $Self->{DatabaseUser} = 'u';",
    );
    const unknown = failure(() => readConfigPm(home));
    expect(unknown.code).to.equal('config-unreadable');
    expect(unknown.detail).to.match(/Kernel\/Config\.pm, line 4: DatabasePw is worked out by Perl code/);

    write('');
    expect(failure(() => readConfigPm(home)).detail).to.match(/DatabaseDSN is not set/);

    mkdirSync(path.join(home, 'folder'));
    expect(failure(() => readHelpdeskFile(home, 'folder')).detail).to.match(/cannot be read \(EISDIR\)/);
  });

  it('reads a file that is not UTF-8', () => {
    write('');
    writeFileSync(
      path.join(home, 'Kernel/Config.pm'),
      Buffer.from(
        "sub Load { my $Self = shift; $Self->{DatabaseDSN} = 'DBI:mysql:x'; $Self->{DatabaseUser} = 'u'; $Self->{DatabasePw} = 'gr\xfcn'; }",
        'latin1',
      ),
    );
    expect(readConfigPm(home).database.password).to.equal('gr\u00fcn');
  });
});
