import net from 'node:net';
import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { type Database, type DatabaseAddress, openDatabase } from '../../db/database.js';
import { migrate } from '../../db/migrate.js';
import { openHelpdesk } from '../../db/open-helpdesk.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { ZNUNY_6 } from '../../plugin/domain/product/records.js';
import type { SidecarError } from '../../plugin/errors.js';
import { inEnglish } from '../../plugin/lib/phrase.js';
import { createDatabase, dropDatabase } from '../lab/database-server.js';
import { IS_MYSQL, IS_POSTGRES, server } from '../support/database.js';
import { config, type Fixture, failure, fixture } from './fixture.js';

const PASSWORD = 'password-of-the-wrong-server';
const OTHER =
  /^The program that answers there is not a (PostgreSQL|MySQL\/MariaDB) server\. Check the host and the port/;
const SILENT = /^It does not answer in time\..* may not be a (PostgreSQL|MySQL\/MariaDB) server\.$/;
/** A connection that is encrypted where the server offers it, which is usual for PostgreSQL. */
const PREFER = {
  ...{ isOptional: true, ca: null, cert: null, key: null, ciphers: null },
  ...{ checksCertificate: false, checksName: false },
};

/** Programs that are not a database, by what they say. null: they wait for the client. */
const PROGRAMS: Record<string, Buffer | null> = {
  'a mail server': Buffer.from('220 mail.example.com ESMTP ready\r\n'),
  'an SSH server': Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'),
  'a web server': null,
  "MySQL's X protocol": Buffer.from('050000000b08051a00', 'hex'),
  'a program that sends zeros': Buffer.alloc(300),
};

async function listening(says: Buffer | null) {
  const heard: Buffer[] = [];
  const open = new Set<net.Socket>();
  const listener = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('data', (data) => heard.push(data));
    if (says === null) socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    else socket.write(says);
  });
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  return {
    port: (listener.address() as net.AddressInfo).port,
    heard: () => Buffer.concat(heard).toString('latin1'),
    close: () => {
      for (const socket of open) socket.destroy();
      listener.close();
    },
  };
}

describe('a DatabaseDSN that leads to', function () {
  this.timeout(60_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());

  /** What a first look at the helpdesk's tables says, which every command begins with. */
  async function said(address: DatabaseAddress) {
    const error = (await failure(openHelpdesk(address, ZNUNY_6, { timeoutMs: 1500 }))) as SidecarError;
    const text = [error.detail ?? ''].flat().map(inEnglish).join(' ');
    expect(`${error.stack} ${error.log} ${text}`).to.not.include(PASSWORD);
    return { code: error.code, text };
  }
  const at = (change: Partial<DatabaseAddress>): DatabaseAddress => ({
    ...fix.address,
    password: PASSWORD,
    socket: null,
    ...change,
  });

  it('a server of the other family is refused in words', async () => {
    const family = IS_POSTGRES ? 'mysql' : 'postgres';
    for (const tls of IS_POSTGRES ? [null] : [null, PREFER]) {
      const { code, text } = await said(at({ family, tls }));
      expect(code).to.equal('database-unavailable');
      // To this client the greeting of a MySQL may be an empty message; it then only sees the connection end.
      if (IS_MYSQL && tls === null) continue;
      // PostgreSQL waits for the client to begin, as this client waits for the server.
      expect(text).to.match(IS_POSTGRES ? SILENT : OTHER);
    }
  });

  for (const [program, says] of Object.entries(PROGRAMS))
    it(`${program} is refused, and the password stays here`, async () => {
      const listener = await listening(says);
      try {
        for (const family of ['mysql', 'postgres'] as const)
          for (const tls of family === 'postgres' ? [null, PREFER] : [null]) {
            const { code } = await said(at({ family, tls, port: listener.port }));
            expect(code, family).to.equal('database-unavailable');
          }
        expect(listener.heard()).to.not.include(PASSWORD);
      } finally {
        listener.close();
      }
    });

  it('the right server and the database of another program is refused, and nothing is created there', async () => {
    const database = `${fix.db.name}_other`;
    await createDatabase(server, database);
    try {
      const own = { ...fix.helpdeskAddress, database };
      expect(await said(own)).to.deep.equal({
        code: 'schema-unknown',
        text: 'This database holds no helpdesk: the tables users and sysconfig_deployment are missing.',
      });
      const other = openDatabase(own);
      try {
        await other.knex.schema.createTable('users', (table) => void table.string('login', 20));
        expect(await said(own)).to.deep.equal({
          code: 'schema-unknown',
          text: 'Tables are missing: sysconfig_deployment. If they are there: "znuny-oauth2 install" gives the sidecar\'s own database user the right to read them.',
        });
        const tables = await other.dialect.catalog.columnNames(other.knex, database);
        expect([...tables]).to.deep.equal([['users', ['login']]]);
      } finally {
        await other.close();
      }
    } finally {
      await dropDatabase(server, database);
    }
  });
});

describe('a database that accepts no changes', function () {
  this.timeout(60_000);
  let fix: Fixture;
  let replica: Database;
  before(async () => {
    fix = await fixture();
    replica = openDatabase(fix.helpdeskAddress, { max: 1 });
    await replica.knex.raw(
      IS_POSTGRES
        ? 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY'
        : 'SET SESSION TRANSACTION READ ONLY',
    );
  });
  after(async () => {
    await replica.close();
    await fix.close();
  });

  it('can be read, and says that it is read-only when something is to be stored', async () => {
    const configs = createTokenConfigStore({ ...fix, db: replica });
    const id = await createTokenConfigStore(fix).insert(config('Stored before'), 1);
    expect((await configs.byId(id))?.name).to.equal('Stored before');
    const before = await fix.rows('SELECT * FROM oauth2_token_config');
    for (const work of [
      () => configs.insert(config('New'), 1),
      () => configs.delete(id, 1),
      () => replica.run('test', (knex) => knex('oauth2_sidecar_renewal').whereRaw('1 = 0').delete()),
    ]) {
      const error = await failure(work());
      expect([error.code, error.detail]).to.deep.equal([
        'database-unavailable',
        'It answers, but accepts no changes (read-only). If it is a replica, name the server that accepts changes in DatabaseDSN in Kernel/Config.pm.',
      ]);
    }
    expect(await fix.rows('SELECT * FROM oauth2_token_config')).to.deep.equal(before);
  });

  it('is not migrated', async () => {
    await fix.rows("DELETE FROM oauth2_sidecar_migration WHERE name = '0017-one-form'");
    const before = await fix.rows('SELECT name FROM oauth2_sidecar_migration');
    const error = await failure(migrate(replica));
    expect([error.code, error.detail]).to.deep.equal([
      'database-unavailable',
      'It answers, but accepts no changes (read-only). If it is a replica, name the server that accepts changes in DatabaseDSN in Kernel/Config.pm.',
    ]);
    expect(await fix.rows('SELECT name FROM oauth2_sidecar_migration')).to.deep.equal(before);
    expect(await migrate(fix.helpdesk)).to.deep.equal(['0017-one-form']);
  });
});

if (!IS_POSTGRES)
  describe('a helpdesk whose tables are in an old character set', function () {
    this.timeout(60_000);
    let fix: Fixture;
    before(async () => {
      fix = await fixture();
    });
    after(() => fix.close());

    for (const [set, kept, refused] of [
      ['latin1', 'Grün é', 'Postafiók ű'],
      ['latin2', 'Postafiók ű', 'Почта'],
      ['koi8r', 'Почта', 'Grün'],
    ] as const)
      it(`keeps what ${set} holds, to the letter, and refuses all else without storing a part of it`, async () => {
        await fix.rows('DELETE FROM oauth2_token_config');
        await fix.rows(`ALTER TABLE oauth2_token_config CONVERT TO CHARACTER SET ${set}`);
        const configs = createTokenConfigStore({ ...fix, columns: createColumnReader(fix.db) });
        const id = await configs.insert(config(kept, { Scope: kept }), 1);
        const back = await configs.byId(id);
        expect([back?.name, back?.document.Scope]).to.deep.equal([kept, kept]);
        const before = await fix.rows('SELECT * FROM oauth2_token_config');
        for (const text of [refused, 'mail 😀']) {
          const error = await failure(configs.insert(config(text), 1));
          expect(error.code, text).to.equal('invalid-token-config');
          expect((await failure(configs.insert(config('Scope', { Scope: text }), 1))).code, text).to.equal(
            'invalid-token-config',
          );
        }
        expect(await fix.rows('SELECT * FROM oauth2_token_config')).to.deep.equal(before);
      });

    it('notes the failure of a renewal, whatever language the provider explains it in', async () => {
      for (const set of ['ascii', 'latin1', 'koi8r']) {
        await fix.rows(`ALTER TABLE oauth2_token CONVERT TO CHARACTER SET ${set}`);
        const columns = createColumnReader(fix.db);
        const tokens = createTokenStore({ ...fix, columns });
        const id = await createTokenConfigStore(fix).insert(config(`Explained ${set}`), 1);
        await tokens.get(id);
        const said = {
          errorMessage: 'invalid_grant',
          errorDescription: 'Űrlap, Почта 😀',
          errorCode: 'Ű '.repeat(40_000),
        };
        await tokens.saveError(id, said, 1);
        const { errorMessage, errorDescription, errorCode } = await tokens.get(id);
        expect(errorMessage).to.equal('invalid_grant');
        expect(errorDescription).to.match(/^.rlap, .{5} .$/u);
        expect(errorCode).to.match(/^(. )+.?(…|\.\.\.)$/u);
      }
    });
  });
