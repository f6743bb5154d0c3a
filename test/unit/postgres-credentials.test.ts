import { expect } from 'chai';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import { USUAL_SOCKET_FOLDERS } from '../../plugin/config/postgres-credentials.js';
import { isSidecarError, type SidecarError } from '../../plugin/errors.js';

const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';

const read = (rest: string) =>
  databaseCredentials(
    { DatabaseDSN: `DBI:Pg:${rest}`, Database: 'otrs', DatabaseUser: 'u', DatabasePw: 'p' },
    (file) => {
      if (file.startsWith('/missing')) throw Object.assign(new Error('no'), { code: 'ENOENT' });
      return Buffer.from(file.endsWith('.pem') ? PEM : 'no certificate');
    },
  );

function refusal(rest: string): SidecarError {
  try {
    read(rest);
  } catch (error) {
    if (isSidecarError(error)) return error;
    throw error;
  }
  throw new Error(`not refused: ${rest}`);
}

describe('database credentials of a helpdesk on PostgreSQL', () => {
  const unchecked = {
    ca: null,
    cert: null,
    key: null,
    ciphers: null,
    checksCertificate: false,
    checksName: false,
  };
  const ifOffered = { ...unchecked, isOptional: true };
  const base = {
    family: 'postgres',
    host: 'db1',
    port: 5432,
    socket: null as string | readonly string[] | null,
    database: 'otrs',
    user: 'u',
    password: 'p',
    tls: ifOffered as object | null,
  };
  const local = { host: 'localhost', socket: USUAL_SOCKET_FOLDERS, tls: null };

  it('never look for a socket where any local user could create one', () => {
    expect(USUAL_SOCKET_FOLDERS).to.deep.equal(['/var/run/postgresql', '/run/postgresql']);
  });

  for (const [rest, expected] of [
    ['dbname=desk;host=db1;', { database: 'desk' }],
    ['dbname=desk;host=db1;port=5433', { database: 'desk', port: 5433 }],
    ['database=desk host=db1', { database: 'desk' }],
    ['db=desk;host=db1', { database: 'desk' }],
    ["dbname = 'my desk' ; host = db1", { database: 'my desk' }],
    ['dbname="a;b";host=db1', { database: 'a;b' }],
    ["dbname='it\\'s';host=db1", { database: "it's" }],
    ['dbname=<OTRS_CONFIG_Database>;host=db1', {}],
    ['host=db1;dbname=one;dbname=Two', { database: 'Two' }],
    ['dbname=desk', { ...local, database: 'desk' }],
    ['', local],
    ['dbname=desk;host=;port=5433', { ...local, database: 'desk', port: 5433 }],
    ['dbname=desk;host=/srv/pg', { ...local, database: 'desk', socket: '/srv/pg' }],
    ['host=localhost', { host: 'localhost' }],
    ['host=db1;sslmode=disable', { tls: null }],
    ['host=db1;sslmode=prefer', {}],
    ['host=db1;channel_binding=prefer;gssencmode=disable', {}],
    ['host=db1;sslmode=require', { tls: { ...unchecked, isOptional: false } }],
    ['host=db1;requiressl=1', { tls: { ...unchecked, isOptional: false } }],
    [
      'host=db1;sslmode=require;sslrootcert=/ca.pem',
      { tls: { ...unchecked, isOptional: false, ca: PEM, checksCertificate: true } },
    ],
    [
      'host=db1;sslmode=verify-ca;sslrootcert=/ca.pem',
      { tls: { ...unchecked, isOptional: false, ca: PEM, checksCertificate: true } },
    ],
    [
      'host=db1;sslmode=verify-full;sslrootcert=/ca.pem;sslcert=/c.pem;sslkey=/k.pem',
      {
        tls: {
          isOptional: false,
          ca: PEM,
          cert: PEM,
          key: PEM,
          ciphers: null,
          checksCertificate: true,
          checksName: true,
        },
      },
    ],
    [
      'host=db1;sslmode=verify-full;sslrootcert=system',
      { tls: { ...unchecked, isOptional: false, checksCertificate: true, checksName: true } },
    ],
  ] as const)
    it(`are read from DBI:Pg:${rest}`, () => expect(read(rest)).to.deep.equal({ ...base, ...expected }));

  for (const [rest, reason] of [
    ['host=a,b;dbname=desk', /names several hosts\. Name the one that may write/],
    ['host=a;port=1,2', /names several hosts/],
    ['service=desk', /DatabaseDSN has service, which lets the client library read pg_service\.conf/],
    ['host=a;passfile=/x', /has passfile/],
    ['host=a;hostaddr=10.0.0.1', /has hostaddr/],
    ['host=a;options=-csearch_path=other', /has options, which changes the session/],
    ['host=a;target_session_attrs=any', /has target_session_attrs/],
    [
      'host=a;channel_binding=require',
      /has channel_binding, a demand on the connection that the sidecar cannot check/,
    ],
    ['host=a;gssencmode=require', /has gssencmode, a demand/],
    ['host=a;require_auth=scram-sha-256', /has require_auth, a demand/],
    ['host=a;ssl_min_protocol_version=TLSv1.3', /has ssl_min_protocol_version, a demand/],
    ['host=a;sslmode=verify-all', /sslmode=verify-all\. It must be one of disable, allow/],
    ['host=a;sslmode=verify-full', /sslmode=verify-full without sslrootcert/],
    [
      'host=a;sslmode=require;sslrootcert=/missing.pem',
      /sslrootcert of DatabaseDSN is \/missing\.pem, which cannot be read \(ENOENT\)/,
    ],
    ['host=a;sslmode=require;sslrootcert=/text', /is not in the PEM format/],
    ['host=a;port=0', /no valid port/],
    ['host=a;port=x', /no valid port/],
    ['otrs:db1:5432', /must consist of options such as dbname=otrs/],
    ["dbname='open", /must consist of options/],
  ] as const)
    it(`are refused in DBI:Pg:${rest}`, () => {
      const { code, detail } = refusal(rest);
      expect(code).to.equal('config-unreadable');
      expect(detail).to.match(reason);
    });

  it('are refused where the DSN of another server was left behind', () => {
    expect(refusal('mysql_socket').detail).to.match(/must consist of options/);
    const mixed = () =>
      databaseCredentials({
        DatabaseDSN: 'DBI:mysql:dbname=desk;host=db1;port=5432;sslmode=require',
        DatabaseUser: 'u',
        DatabasePw: 'p',
      });
    expect(mixed()).to.include({ family: 'mysql', database: 'desk', tls: null });
  });
});
