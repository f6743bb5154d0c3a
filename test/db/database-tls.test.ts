import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import type { SettingHash } from '../../plugin/config/setting-values.js';
import type { SidecarError } from '../../plugin/errors.js';
import type { Instance } from '../lab/instance.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { sql, startMariadb } from '../lab/mariadb.js';
import { freePort } from '../lab/ports.js';
import { stopServer } from '../lab/servers.js';
import { type Certificates, makeCertificates } from '../support/certificates.js';
import { lab } from '../support/instance.js';

/** Connects as the helpdesk's Kernel/System/DB.pm does. Prints the cipher of the connection. */
const HELPDESK = `use DBI; my ( $DSN, $User, %Attributes ) = @ARGV;
my $DBH = DBI->connect( $DSN, $User, 'secret', { PrintError => 0, mysql_auto_reconnect => 0, %Attributes } ) or exit 1;
my ( undef, $Cipher ) = $DBH->selectrow_array("SHOW STATUS LIKE 'Ssl_cipher'"); print $Cipher || 'plain';`;

describe('TLS to the database', function () {
  this.timeout(120_000);
  let server: Instance;
  let files: Certificates;
  before(async () => {
    const dir = path.join(lab.dir, `tls-${process.pid}`);
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    giveToLabUser(dir);
    const port = await freePort();
    server = { ...lab, dir, ports: { ...lab.ports, mariadb: port }, database: { ...lab.database, port } };
    files = makeCertificates(dir, 'IP:127.0.0.1,DNS:localhost');
    execFileSync('chmod', ['644', files.server.key, files.client.key]);
    await startMariadb(server, [
      '--bind-address=127.0.0.1,127.0.0.2',
      '--innodb-log-file-size=16M',
      `--ssl-ca=${files.ca}`,
      `--ssl-cert=${files.server.cert}`,
      `--ssl-key=${files.server.key}`,
      '--require-secure-transport=ON',
    ]);
    await sql(
      server,
      `CREATE DATABASE desk;
       CREATE USER plain@'%' IDENTIFIED BY 'secret'; GRANT ALL ON desk.* TO plain@'%';
       CREATE USER certified@'%' IDENTIFIED BY 'secret' REQUIRE X509; GRANT ALL ON desk.* TO certified@'%';`,
    );
  });
  after(async () => {
    await stopServer(server, 'mariadb');
    rmSync(server.dir, { recursive: true, force: true });
  });

  interface Case {
    options: string;
    host?: string;
    user?: string;
    attributes?: Record<string, string>;
    driver?: string;
    port?: number;
  }
  const dsnOf = ({ options, host = '127.0.0.1', driver = 'mysql', port = server.database.port }: Case) =>
    `DBI:${driver}:database=desk;host=${host};port=${port};${options}`;

  /** @returns the cipher, `plain`, or `refused` */
  function helpdeskSays(one: Case): string {
    const attributes = Object.entries(one.attributes ?? {}).flat();
    const run = spawnSync('perl', ['-e', HELPDESK, dsnOf(one), one.user ?? 'plain', ...attributes], {
      encoding: 'utf8',
    });
    return run.status === 0 ? run.stdout : 'refused';
  }
  async function weSay(one: Case): Promise<{ result: string; detail: string }> {
    const settings: SettingHash = {
      DatabaseDSN: dsnOf(one),
      DatabaseUser: one.user ?? 'plain',
      DatabasePw: 'secret',
      ...(one.attributes ? { 'Database::Attribute': one.attributes } : {}),
    };
    let db: ReturnType<typeof openDatabase> | undefined;
    try {
      db = openDatabase(databaseCredentials(settings), { max: 1 });
      const [rows] = await db.run('test', (knex) => knex.raw("SHOW STATUS LIKE 'Ssl_cipher'"));
      return { result: rows[0].Value || 'plain', detail: '' };
    } catch (error) {
      expect((error as SidecarError).name).to.equal('SidecarError');
      return { result: 'refused', detail: (error as SidecarError).detail ?? (error as SidecarError).safe };
    } finally {
      await db?.close();
    }
  }
  const kind = (result: string) => (['plain', 'refused'].includes(result) ? result : 'encrypted');

  /** Debian's DBD::mysql refuses to enforce TLS, so a helpdesk there asks for it this way. */
  const TLS = 'mysql_ssl=1;mysql_ssl_optional=1';
  const ENCRYPTED = ['encrypted', /^$/] as const;
  /** The last part is what the helpdesk's Perl does, where that differs: the sidecar is never less strict. */
  const cases: Record<string, [one: () => Case, result: string, detail: RegExp, helpdesk?: string]> = {
    'no TLS at a server that demands it': [
      () => ({ options: '' }),
      'refused',
      /requires TLS or a client certificate for this user.*mysql_ssl/,
    ],
    'mysql_ssl alone: encrypted, whoever the server is': [() => ({ options: TLS }), ...ENCRYPTED],
    'the CA of the server': [() => ({ options: `${TLS};mysql_ssl_ca_file=${files.ca}` }), ...ENCRYPTED],
    'another CA': [
      () => ({ options: `${TLS};mysql_ssl_ca_file=${files.wrongCa}` }),
      'refused',
      /certificate was not accepted: .*mysql_ssl_ca_file/,
    ],
    'the CA and the name': [
      () => ({ options: `mysql_ssl=1;mysql_ssl_ca_file=${files.ca};mysql_ssl_verify_server_cert=1` }),
      ...ENCRYPTED,
      'refused',
    ],
    'the CA, at an address that is not in the certificate': [
      () => ({ options: `${TLS};mysql_ssl_ca_file=${files.ca}`, host: '127.0.0.2' }),
      ...ENCRYPTED,
    ],
    'the CA and the name, at an address that is not in the certificate': [
      () => ({
        options: `mysql_ssl=1;mysql_ssl_ca_file=${files.ca};mysql_ssl_verify_server_cert=1`,
        host: '127.0.0.2',
      }),
      'refused',
      /certificate was not accepted: .*127\.0\.0\.2/,
    ],
    'a user who needs a client certificate, without one': [
      () => ({ options: TLS, user: 'certified' }),
      'refused',
      /requires TLS or a client certificate/,
    ],
    'a user who needs a client certificate, with one': [
      () => ({
        options: `${TLS};mysql_ssl_client_cert=${files.client.cert};mysql_ssl_client_key=${files.client.key}`,
        user: 'certified',
      }),
      ...ENCRYPTED,
    ],
    'the options in Database::Attribute': [
      () => ({
        options: '',
        attributes: { mysql_ssl: '1', mysql_ssl_optional: '1', mysql_ssl_ca_file: files.ca },
      }),
      ...ENCRYPTED,
    ],
    'another CA in Database::Attribute': [
      () => ({
        options: '',
        attributes: { mysql_ssl: '1', mysql_ssl_optional: '1', mysql_ssl_ca_file: files.wrongCa },
      }),
      'refused',
      /certificate was not accepted/,
    ],
    'TLS at a server that has none': [
      () => ({ options: TLS, port: lab.database.port }),
      'refused',
      /offers no encryption/,
      // With this test's password: the connection gets that far.
      'refused',
    ],
    'a CA that is not there': [
      () => ({ options: 'mysql_ssl=1;mysql_ssl_ca_file=/nowhere/ca.pem' }),
      'refused',
      /mysql_ssl_ca_file of DatabaseDSN is \/nowhere\/ca\.pem, which cannot be read \(ENOENT\)/,
    ],
  };
  for (const [title, [one, result, detail, helpdesk = result]] of Object.entries(cases))
    it(`is as strict as in the helpdesk's own Perl: ${title}`, async () => {
      const ours = await weSay(one());
      expect([kind(ours.result), ours.detail]).to.satisfy(
        ([had, text]: string[]) => had === result && detail.test(text ?? ''),
        ours.detail,
      );
      expect(kind(helpdeskSays(one())), "the helpdesk's Perl").to.equal(helpdesk);
    });

  it('follows the options of DBD::MariaDB in the same way, and reads a folder of CAs', async () => {
    const secure = { options: `mariadb_ssl=1;mariadb_ssl_ca_file=${files.ca}`, driver: 'MariaDB' };
    expect(kind((await weSay(secure)).result)).to.equal('encrypted');
    const wrong = { options: `mariadb_ssl=1;mariadb_ssl_ca_file=${files.wrongCa}`, driver: 'MariaDB' };
    expect((await weSay(wrong)).result).to.equal('refused');
    const folder = path.join(server.dir, 'authorities');
    mkdirSync(folder);
    execFileSync('cp', [files.ca, folder]);
    expect(kind((await weSay({ options: `mysql_ssl=1;mysql_ssl_ca_path=${folder}` })).result)).to.equal(
      'encrypted',
    );
  });

  it('uses the cipher that is named', async () => {
    const one = { options: `${TLS};mysql_ssl_cipher=ECDHE-RSA-AES128-GCM-SHA256` };
    const { result } = await weSay(one);
    // TLS 1.3 has ciphers of its own, which neither side can name this way.
    expect(result).to.match(/^(ECDHE-RSA-AES128-GCM-SHA256|TLS_.*)$/);
    expect(kind(helpdeskSays(one))).to.equal('encrypted');
  });

  it('also encrypts with mysql_ssl without mysql_ssl_optional, and refuses a client library file', async () => {
    expect(kind((await weSay({ options: 'mysql_ssl=1' })).result)).to.equal('encrypted');
    expect((await weSay({ options: 'mysql_read_default_file=/etc/mysql/my.cnf' })).detail).to.match(
      /mysql_read_default_file, which lets the client library read option files/,
    );
  });
});
