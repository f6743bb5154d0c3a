import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import type { SidecarError } from '../../plugin/errors.js';
import { inEnglish } from '../../plugin/lib/phrase.js';
import { socketFile } from '../lab/instance.js';
import { lab } from '../support/instance.js';
import { failure } from './fixture.js';

/** The server's own user, who needs no password at its socket. */
const ROOT = { ...lab.database, user: 'root', password: '' };

/** Where the genuine driver connects, from what it says when nobody answers there. */
const PERL = `use DBI; use JSON::PP;
my %Where;
for my $DSN (@ARGV) {
    DBI->connect( $DSN, 'user', 'secret', { PrintError => 0 } );
    my $Error = $DBI::errstr // 'let in';
    $Where{$DSN} = $Error =~ /through socket '(.*?)'/ ? "socket $1" : $Error =~ /host '(.*?)'|server on '(.*?)'/ ? 'host ' . ( $1 // $2 )
        : $Error =~ /Lost connection|reading initial/ ? 'the port' : $Error;
}
print JSON::PP->new->encode( {%Where} );`;

describe('the way to the database server', function () {
  this.timeout(60_000);
  let folder: string;
  let server: net.Server;
  let port: number;
  let arrived: number;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'database-socket-'));
    arrived = 0;
    server = net.createServer((socket) => {
      arrived++;
      socket.destroy();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    port = (server.address() as net.AddressInfo).port;
  });
  afterEach(async () => {
    await new Promise((done) => server.close(done));
    rmSync(folder, { recursive: true });
  });

  it("is that of the helpdesk's own driver, however DatabaseDSN is written", async () => {
    const nobody = 'host=no-such-host.invalid';
    const named = 'mysql_socket=/nowhere/named.sock';
    const dsns = [
      ...[
        '',
        'host=localhost',
        'host=',
        'localhost',
        `host=localhost;port=${port}`,
        `desk:localhost:${port}`,
      ],
      ...[named, `${named};host=localhost`, `${named};host=127.0.0.1;port=1`, `${named};${nobody}`],
      ...['socket=/nowhere/x.sock', 'mariadb_socket=/nowhere/x.sock', 'mysql_socket=;host=localhost'],
      ...[`${nobody};host=localhost`, `host=localhost;hostname=127.0.0.1;port=1`, `HOST=127.0.0.1;port=1`],
      ...['host=Localhost.invalid', 'host=[::1]:1', 'desk:[::1]:1', 'host=[::1]', 'host=::1', 'host=fd00::5'],
      ...[`host=127.0.0.1:${port}`, `desk;127.0.0.1;${port}`, `${nobody}:3307;port=44`, 'host= localhost'],
    ].map((rest) => `DBI:mysql:${rest.includes('desk') ? '' : 'database=desk;'}${rest}`);
    const ours = Object.fromEntries(
      dsns.map((dsn) => {
        const { host, socket, ...at } = databaseCredentials({
          DatabaseDSN: dsn,
          DatabaseUser: 'user',
          DatabasePw: 'secret',
        });
        if (socket !== null) return [dsn, `socket ${typeof socket === 'string' ? socket : socket[0]}`];
        return [dsn, at.port === port ? 'the port' : `host ${host}`];
      }),
    );
    const told = await promisify(execFile)('perl', ['-e', PERL, ...dsns], { timeout: 30_000 });
    expect(told.stderr).to.equal('');
    expect(ours).to.deep.equal(JSON.parse(told.stdout));
  });

  describe('for localhost', () => {
    it('is the socket that exists when a connection is opened, and never a port', async () => {
      const usual = ['first.sock', 'second.sock'].map((name) => path.join(folder, name));
      const db = openDatabase({ ...ROOT, host: '127.0.0.1', port, socket: usual }, { timeoutMs: 20_000 });
      const ask = () => db.run('test', (knex) => knex.raw('SELECT 1'));
      try {
        for (let attempt = 0; attempt < 3; attempt++) {
          const refusal = (await failure(ask())) as SidecarError;
          expect(refusal.code).to.equal('database-unavailable');
          expect(inEnglish(refusal.detail ?? ''))
            .to.include(`Its socket is missing: ${usual[0]}. Start the database server.`)
            .and.include('mysql_socket=')
            .and.include('host=127.0.0.1');
        }
        symlinkSync(socketFile(lab, 'mariadb'), usual[1] ?? '');
        await ask();
        expect(arrived).to.equal(0);
      } finally {
        await db.close();
      }
    });
  });
});
