import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import { SidecarError } from '../../plugin/errors.js';
import { inEnglish } from '../../plugin/lib/phrase.js';
import { giveToLabUser } from '../lab/lab-user.js';
import { socketFolder } from '../lab/postgres.js';
import { type Certificates, makeCertificates } from '../support/certificates.js';
import { type OwnPostgres, ownPostgres } from '../support/own-postgres.js';

const RULES = [
  'hostssl desk certified 127.0.0.1/32 scram-sha-256 clientcert=verify-ca',
  'hostssl desk encrypted 127.0.0.1/32 scram-sha-256',
  'hostssl desk readable 127.0.0.1/32 password',
  'hostnossl desk changing 127.0.0.1/32 scram-sha-256',
  'hostnossl desk plain 127.0.0.1/32 scram-sha-256',
  'host desk old 127.0.0.1/32 md5',
  'local desk backup peer',
  'local desk readable password',
];

/** What `Kernel/Config.pm` says decides how the sidecar signs in, as it does for the helpdesk. */
describe('signing in to PostgreSQL', function () {
  this.timeout(120_000);
  let server: OwnPostgres;
  let unencrypted: OwnPostgres;
  let files: Certificates;
  before(async () => {
    server = await ownPostgres('sign-in', RULES, (dir) => {
      files = makeCertificates(dir, 'IP:127.0.0.1,DNS:localhost');
      chmodSync(files.server.key, 0o600);
      giveToLabUser(files.server.key);
      return {
        ssl: 'on',
        ssl_cert_file: files.server.cert,
        ssl_key_file: files.server.key,
        ssl_ca_file: files.ca,
      };
    });
    const users = ['certified', 'encrypted', 'readable', 'plain', 'changing', 'backup'];
    const roles = users.map((name) => `CREATE ROLE ${name} LOGIN PASSWORD 'secret';`).join(' ');
    await server.sql(
      `${roles} SET password_encryption = md5; CREATE ROLE old LOGIN PASSWORD 'secret'; CREATE DATABASE desk;`,
    );
    unencrypted = await ownPostgres('no-tls', ['host desk plain 127.0.0.1/32 scram-sha-256']);
    await unencrypted.sql("CREATE ROLE plain LOGIN PASSWORD 'secret'; CREATE DATABASE desk;");
    chmodSync(socketFolder(server.of), 0o755);
  });
  after(async () => {
    await server.remove();
    await unencrypted.remove();
  });

  /** @returns `encrypted`, `plain`, or why the connection was refused */
  async function signIn(
    user: string,
    options: string,
    more: object = {},
    password = 'secret',
  ): Promise<string> {
    const address = databaseCredentials({
      DatabaseDSN: `DBI:Pg:dbname=desk;${options}`,
      DatabaseUser: user,
      DatabasePw: password,
    });
    const db = openDatabase({ ...address, ...more }, { max: 1, timeoutMs: 5000 });
    try {
      const [row] = await db.run('test', (knex, { statements }) =>
        statements.rows<{ ssl: boolean }>(knex, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
      );
      return row?.ssl ? 'encrypted' : 'plain';
    } catch (error) {
      if (!(error instanceof SidecarError)) throw error;
      expect(error.code).to.equal('database-unavailable');
      expect(`${error.stack} ${error.log}`).not.to.include('secret');
      return `${inEnglish(error.detail ?? '')} (${error.log})`;
    } finally {
      await db.close();
    }
  }
  const at = (options = '', port = server.port) => `host=127.0.0.1;port=${port};${options}`;

  it('is encrypted where the server offers it, and plain where it does not or wants it so', async () => {
    expect(await signIn('encrypted', at())).to.equal('encrypted');
    expect(await signIn('plain', at())).to.equal('plain');
    expect(await signIn('plain', at('', unencrypted.port))).to.equal('plain');
    expect(await signIn('old', at())).to.equal('encrypted');
  });

  it('is encrypted again after the server has refused encryption once', async () => {
    const file = path.join(server.dir, 'pg_hba.conf');
    const rules = readFileSync(file, 'utf8');
    const db = openDatabase(
      databaseCredentials({
        DatabaseDSN: `DBI:Pg:dbname=desk;${at()}`,
        DatabaseUser: 'changing',
        DatabasePw: 'secret',
      }),
      { max: 2, timeoutMs: 5000 },
    );
    const ask = () =>
      db.transaction('test', async ({ knex }) => {
        const { rows } = await knex.raw('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
        return rows[0].ssl;
      });
    try {
      const held = await db.knex.transaction();
      try {
        const { rows } = await held.raw('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
        expect(rows[0].ssl).to.equal(false);
        writeFileSync(file, rules.replace('hostnossl desk changing', 'hostssl desk changing'));
        // The server reads its rules before it accepts the next connection.
        await server.sql('SELECT pg_reload_conf()');
        expect(await ask()).to.equal(true);
      } finally {
        await held.rollback();
      }
    } finally {
      await db.close();
      writeFileSync(file, rules);
      await server.sql('SELECT pg_reload_conf()');
    }
  });

  it('follows sslmode: no connection that is weaker than what it demands', async () => {
    expect(await signIn('encrypted', at('sslmode=require'))).to.equal('encrypted');
    expect(await signIn('plain', at('sslmode=require', unencrypted.port))).to.match(
      /offers no encryption.*DatabaseDSN/,
    );
    const full = `sslmode=verify-full;sslrootcert=${files.ca}`;
    expect(await signIn('encrypted', at(full))).to.equal('encrypted');
    expect(await signIn('encrypted', at(`sslmode=verify-full;sslrootcert=${files.wrongCa}`))).to.match(
      /certificate was not accepted.*sslrootcert/,
    );
    expect(await signIn('encrypted', at('sslmode=disable'))).to.match(/rejects the user name or password/);
  });

  it('shows its certificate where the server asks for one', async () => {
    expect(await signIn('certified', at('sslmode=require'))).to.match(/rejects the user name or password/);
    const own = `sslmode=require;sslcert=${files.client.cert};sslkey=${files.client.key}`;
    expect(await signIn('certified', at(own))).to.equal('encrypted');
  });

  it('never sends the password in readable form to a server that has not authenticated', async () => {
    for (const options of ['', 'sslmode=require', `sslmode=verify-ca;sslrootcert=${files.ca}`])
      expect(await signIn('readable', at(options)), options).to.match(/The password was not sent/);
    const full = `sslmode=verify-full;sslrootcert=${files.ca}`;
    expect(await signIn('readable', at(full))).to.equal('encrypted');
    const socket = `host=${socketFolder(server.of)};port=${server.port}`;
    expect(await signIn('readable', socket)).to.equal('plain');
    chmodSync(socketFolder(server.of), 0o777);
    expect(await signIn('readable', socket)).to.match(/The password was not sent/);
    chmodSync(socketFolder(server.of), 0o755);
  });

  it('judges the folder of the socket for each connection, and keeps none open that was refused', async () => {
    const folder = socketFolder(server.of);
    const db = openDatabase(
      databaseCredentials({
        DatabaseDSN: `DBI:Pg:dbname=desk;host=${folder};port=${server.port}`,
        DatabaseUser: 'readable',
        DatabasePw: 'secret',
      }),
      { max: 2, timeoutMs: 5000 },
    );
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    const held = await db.knex.transaction();
    try {
      await held.raw('SELECT 1');
      chmodSync(folder, 0o777);
      const before = sockets();
      const refused = await db
        .run('test', (knex) => knex.raw('SELECT 1'))
        .catch((error: SidecarError) => error);
      expect(inEnglish((refused as SidecarError).detail ?? '')).to.match(/The password was not sent/);
      for (let turns = 0; turns < 100 && sockets() > before; turns++) await setImmediate();
      expect(sockets()).to.equal(before);
    } finally {
      chmodSync(folder, 0o755);
      await held.rollback();
      await db.close();
    }
  });

  it('at the Unix socket is as the system user, where the server asks the system (peer)', async () => {
    const socket = `host=${socketFolder(server.of)};port=${server.port}`;
    const idOf = (name: string) => Number(execFileSync('id', ['-u', name]).toString());
    expect(await signIn('backup', socket, { systemUser: idOf('backup') }, '')).to.equal('plain');
    expect(await signIn('backup', socket, { systemUser: idOf('www-data') }, '')).to.match(
      /rejects the user name or password/,
    );
    expect(process.geteuid?.()).to.equal(process.getuid?.());
  });

  it('says what is refused: a password, a database, a server at its limit', async () => {
    expect(await signIn('encrypted', at(), {}, 'wrong')).to.match(/rejects the user name or password/);
    expect(await signIn('encrypted', at(), { database: 'other' })).to.match(/rejects|does not exist/);
    await server.sql('ALTER ROLE encrypted CONNECTION LIMIT 0');
    expect(await signIn('encrypted', at())).to.match(/\(test: 53300\)$/);
    await server.sql('ALTER ROLE encrypted CONNECTION LIMIT -1');
  });
});
