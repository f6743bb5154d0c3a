import { expect } from 'chai';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import type { SettingHash } from '../../plugin/config/setting-values.js';
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
  const read = (dsn: string, more: SettingHash = {}, sockets: string[] = []) =>
    databaseCredentials(
      { DatabaseDSN: dsn, Database: 'otrs', DatabaseUser: 'u', DatabasePw: 'p', ...more },
      { exists: (file) => sockets.includes(file) },
    );
  const base = {
    host: '127.0.0.1',
    port: 3306,
    socket: null,
    database: 'otrs',
    user: 'u',
    password: 'p',
    tls: null,
  };

  it('never name a socket that any local user could have created', () => {
    expect(read('DBI:mysql:desk', {}, ['/tmp/mysql.sock'])).to.include({ socket: null });
    const both = ['/tmp/mysql.sock', '/var/lib/mysql/mysql.sock'];
    expect(read('DBI:mysql:desk', {}, both)).to.include({ socket: '/var/lib/mysql/mysql.sock' });
  });

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
    it(`are read from ${dsn}`, () => expect(read(dsn)).to.deep.equal({ ...base, ...expected }));

  it('take localhost to mean the socket, as the client library does, or TCP where there is no socket', () => {
    const socket = '/run/mysqld/mysqld.sock';
    const dsn = 'DBI:mysql:database=desk;host=localhost;port=3307';
    expect(read(dsn, {}, [socket])).to.deep.equal({ ...base, database: 'desk', socket, port: 3307 });
    expect(read(dsn)).to.deep.equal({ ...base, database: 'desk', port: 3307 });
  });

  it("include the password that the helpdesk's Maint::Database::PasswordCrypt printed for some-pass", () => {
    expect(read('DBI:mysql:x', { DatabasePw: '{c80929a92df8e9c8c8}' }).password).to.equal('some-pass');
    expect(read('DBI:mysql:x', { DatabasePw: '{not hex}' }).password).to.equal('{not hex}');
  });

  it('are refused with an explanation for another database, an invalid DSN or missing parts', () => {
    const other = failure(() => read('DBI:Pg:dbname=otrs'));
    expect(other.code).to.equal('helpdesk-unsupported');
    expect(other.detail).to.match(
      /in PostgreSQL \(DBI:Pg\), but the sidecar supports MySQL and MariaDB only/,
    );
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
