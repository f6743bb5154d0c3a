import { expect } from 'chai';
import { databaseCredentials, USUAL_SOCKETS } from '../../plugin/config/database-credentials.js';
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
  const read = (dsn: string, more: SettingHash = {}) =>
    databaseCredentials({ DatabaseDSN: dsn, Database: 'otrs', DatabaseUser: 'u', DatabasePw: 'p', ...more });
  const base = {
    family: 'mysql',
    host: 'localhost',
    port: 3306,
    socket: USUAL_SOCKETS as string | readonly string[] | null,
    database: 'otrs',
    user: 'u',
    password: 'p',
    tls: null,
  };

  it('never look for a socket where any local user could create one', () => {
    expect(USUAL_SOCKETS).to.have.lengthOf(3);
    for (const socket of USUAL_SOCKETS) expect(socket).to.match(/^\/(run|var\/lib)\/mysqld?\//);
  });

  const db1 = { host: 'db1', socket: null };
  for (const [dsn, expected] of [
    ['DBI:mysql:database=desk;host=db1;', { database: 'desk', ...db1 }],
    ['DBI:mysql:database=desk;host=db1;port=3307;', { database: 'desk', ...db1, port: 3307 }],
    ['dbi:MariaDB:dbname=desk;host=db1', { database: 'desk', ...db1 }],
    ['DBI:mysql:desk', { database: 'desk' }],
    ['DBI:mysql:desk:db1:3307', { database: 'desk', ...db1, port: 3307 }],
    ['DBI:mysql:desk;db1', { database: 'desk', ...db1 }],
    ['DBI:mysql:desk;host=db1', { database: 'desk', ...db1 }],
    ['DBI:mysql(RaiseError=>1):database=desk', { database: 'desk' }],
    ['DBI:mysql:database=<OTRS_CONFIG_Database>;host=db1', db1],
    ['DBI:mysql:host=localhost;port=3307', { port: 3307 }],
    ['DBI:mysql:mysql_socket=/srv/db.sock;', { socket: '/srv/db.sock' }],
    ['DBI:mysql:host=localhost;port=3307;mysql_socket=/srv/db.sock', { port: 3307, socket: '/srv/db.sock' }],
    ['DBI:MariaDB:mariadb_socket=/srv/db.sock', { socket: '/srv/db.sock' }],
    ['DBI:mysql:host=db1;mysql_socket=/srv/db.sock', db1],
    ['DBI:mysql:mariadb_socket=/srv/db.sock;socket=/srv/db.sock', {}],
    ['DBI:mysql:__proto__=x;constructor=y;host=db1', db1],
  ] as const)
    it(`are read from ${dsn}`, () => expect(read(dsn)).to.deep.equal({ ...base, ...expected }));

  it('are refused where option files of the client library would decide', () => {
    for (const option of ['mysql_read_default_file=/etc/my.cnf', 'mysql_read_default_group=client']) {
      const refusal = failure(() => read(`DBI:mysql:database=desk;${option}`));
      expect(refusal.code).to.equal('config-unreadable');
      expect(refusal.detail)
        .to.include(`has ${option.split('=')[0]},`)
        .and.include('mysql_socket=');
    }
  });

  it("include the password that the helpdesk's Maint::Database::PasswordCrypt printed for some-pass", () => {
    expect(read('DBI:mysql:x', { DatabasePw: '{c80929a92df8e9c8c8}' }).password).to.equal('some-pass');
    expect(read('DBI:mysql:x', { DatabasePw: '{not hex}' }).password).to.equal('{not hex}');
  });

  it('are refused with an explanation for another database, an invalid DSN or missing parts', () => {
    // The database is what to change first: nothing else of it is asked for.
    const other = failure(() => databaseCredentials({ DatabaseDSN: 'DBI:Oracle://db:1521/otrs' }));
    expect(other.code).to.equal('helpdesk-unsupported');
    expect(other.detail).to.match(
      /in DBI:Oracle, but the sidecar supports MySQL, MariaDB and PostgreSQL only/,
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
