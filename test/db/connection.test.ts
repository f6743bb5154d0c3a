import net from 'node:net';
import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { type Database, openDatabase } from '../../db/database.js';
import { migrate, ownTables } from '../../db/migrate.js';
import { withMigrationLock } from '../../db/migration-lock.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { checkSchema } from '../../db/schema.js';
import { processIdentity } from '../../plugin/lib/process-identity.js';
import { IS_MYSQL, IS_POSTGRES } from '../support/database.js';
import { EPOCH, endConnection, OTHER_CONNECTIONS, quoted, renameTables, retype } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';
import { tableFacts } from './table-facts.js';

describe('the database connection', function () {
  this.timeout(120_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());

  const elsewhere = async (change: object, work: (db: Database) => Promise<unknown>): Promise<void> => {
    const db = openDatabase({ ...fix.address, ...change }, { timeoutMs: 1000 });
    try {
      await work(db);
    } finally {
      await db.close();
    }
  };

  it(`leads to ${IS_POSTGRES ? 'a PostgreSQL' : IS_MYSQL ? 'a MySQL' : 'a MariaDB'}`, async () => {
    const [row] = await fix.rows<{ version: string }>('SELECT VERSION() AS version');
    expect(row?.version).to.match(
      IS_POSTGRES ? /^PostgreSQL 1[3-9]\./ : IS_MYSQL ? /^[89]\.\d+\.\d+(?!.*MariaDB)/ : /MariaDB/,
    );
  });

  for (const [what, change] of [
    ['nothing listens', { port: 1 }],
    ['the host is unknown', { host: 'no-such-host.invalid' }],
    ['the socket is not there', { socket: '/nowhere/mysqld.sock' }],
    ['the password is wrong', { password: 'secret-and-wrong' }],
    ['there is no such database', { database: 'no_such_database' }],
  ] as const)
    it(`reports that the database does not answer when ${what}`, () =>
      elsewhere(change, async (db) => {
        const configs = createTokenConfigStore({ ...fix, db, columns: createColumnReader(db) });
        for (const work of [
          () => configs.all(),
          () => configs.insert(config('x'), 1),
          () => configs.delete(1, 1),
          () => migrate(db),
        ]) {
          const error = await failure(work());
          expect(error.code).to.equal('database-unavailable');
          expect(`${error.stack} ${error.log} ${error.cause}`).not.to.include('secret-and-wrong');
          expect(`${error.message} ${error.log} ${error.cause}`).not.to.match(/`|\?|values/i);
        }
      }));

  it('reports the same when a server accepts and then stays silent', async () => {
    const open = new Set<net.Socket>();
    const server = net.createServer((socket) => open.add(socket));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as net.AddressInfo;
    await elsewhere({ port }, async (db) => {
      const error = await failure(createTokenStore({ ...fix, db }).get(1));
      expect(error.code).to.equal('database-unavailable');
    });
    for (const socket of open) socket.destroy();
    await new Promise((done) => server.close(done));
  });

  it('recovers by itself after the server has cut it', async () => {
    const configs = createTokenConfigStore(fix);
    await configs.all();
    await elsewhere({}, async (db) => {
      const rows = await db.dialect.statements.rows<{ id: number }>(db.knex, OTHER_CONNECTIONS, [
        db.name,
        fix.address.user,
      ]);
      expect(rows.length).to.be.greaterThan(0);
      for (const { id } of rows) await db.knex.raw(endConnection(Number(id)));
    });
    // The pool drops dead connections as soon as it learns of them.
    const outcomes = [];
    for (let n = 0; n < 3; n++)
      outcomes.push(
        await configs.all().then(
          () => 'ok',
          (error) => error.code,
        ),
      );
    expect(outcomes.at(-1)).to.equal('ok');
    expect(['ok', 'database-unavailable']).to.include.members(outcomes);
  });

  it("never truncates a value, whatever the server's mode", async () => {
    // PostgreSQL has no such mode: it never does.
    const mode = IS_POSTGRES ? "'NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES'" : '@@SESSION.sql_mode';
    const [row] = await fix.rows<{ mode: string }>(`SELECT ${mode} AS mode`);
    expect(row?.mode.split(',').sort()).to.deep.equal(['NO_ENGINE_SUBSTITUTION', 'STRICT_ALL_TABLES']);
    const error = await failure(
      fix.helpdesk.run('test', (knex) =>
        knex('valid').insert({
          name: 'x'.repeat(201),
          create_time: '2026-01-01',
          create_by: 1,
          change_time: '2026-01-01',
          change_by: 1,
        }),
      ),
    );
    expect(error.code).to.equal('value-too-long');
  });

  it('puts no value into an error', async () => {
    const error = await failure(
      fix.db.run('test', (knex) =>
        knex('oauth2_token').insert({
          token_config_id: 999,
          token: 'TOP-SECRET',
          create_by: 1,
          change_by: 1,
          create_time: '2026-01-01',
          change_time: '2026-01-01',
        }),
      ),
    );
    expect(error.code).to.equal('internal');
    expect(error.log).to.equal(IS_POSTGRES ? 'test: 23503' : 'test: ER_NO_REFERENCED_ROW_2 (1452)');
    expect(`${error.stack}${JSON.stringify(error)}${error.cause}`).not.to.include('TOP-SECRET');
  });
});

describe("the sidecar's own tables", function () {
  this.timeout(120_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());
  const drop = async (): Promise<void> => {
    for (const name of await ownTables(fix.helpdesk)) await fix.helpdesk.knex.schema.dropTable(name);
  };

  it('are created once, by one of several sidecars that start together, and nothing else is changed', async () => {
    await drop();
    const facts = () => tableFacts(fix, fix.helpdesk.name, ['oauth2_token']);
    const before = await facts();
    const several = [1, 2, 3, 4].map(() => openDatabase(fix.helpdeskAddress));
    const ran = await Promise.all(several.map((db) => migrate(db)));
    await Promise.all(several.map((db) => db.close()));
    expect(ran.filter((names) => names.length > 0).length).to.equal(1);
    expect((await ownTables(fix.helpdesk)).sort()).to.deep.equal([
      'oauth2_sidecar_alert',
      'oauth2_sidecar_alert_channel',
      'oauth2_sidecar_alert_message',
      'oauth2_sidecar_authorization',
      'oauth2_sidecar_event',
      'oauth2_sidecar_identity',
      'oauth2_sidecar_import',
      'oauth2_sidecar_mail_watch',
      'oauth2_sidecar_mailbox',
      'oauth2_sidecar_migrating',
      'oauth2_sidecar_migration',
      'oauth2_sidecar_migration_lock',
      'oauth2_sidecar_relay_password',
      'oauth2_sidecar_renewal',
      'oauth2_sidecar_shared_mailbox',
    ]);
    expect(await facts()).to.deep.equal(before);
    expect(await migrate(fix.helpdesk)).to.deep.equal([]);
  });

  it('are completed after a crash that left the lock behind', async () => {
    await fix.rows('UPDATE oauth2_sidecar_migration_lock SET is_locked = 1');
    expect(await migrate(fix.helpdesk)).to.deep.equal([]);
  });

  it('are unlocked at once after a process on this machine was killed, and after a time limit for any other', async () => {
    const held = async (holder: string) => {
      await fix.rows(`UPDATE oauth2_sidecar_migrating SET holder = ?, lease_until = (${EPOCH} + 15) * 1000`, [
        holder,
      ]);
      return withMigrationLock(fix.helpdesk.knex, fix.helpdesk.dialect, async () => 'done', {
        waitMs: 300,
      }).catch(({ code }: { code: string }) => code);
    };
    const [place = '', pid = '', began = ''] = processIdentity().split('.');
    const earlier = (Number.parseInt(began, 36) - 1).toString(36);
    expect(await held(`${place}.${pid}.${earlier}.abcd`)).to.equal('done');
    for (const alive of [`${processIdentity()}.abcd`, `0123456789.${pid}.${earlier}.abcd`, 'of 0.1'])
      expect(await held(alive), alive).to.equal('database-unavailable');
    await fix.rows('UPDATE oauth2_sidecar_migrating SET lease_until = 0');
  });

  it('are left alone when a newer version made them', async () => {
    await fix.rows(
      "INSERT INTO oauth2_sidecar_migration (name, batch, migration_time) VALUES ('0099-later', 9, NOW())",
    );
    const error = await failure(migrate(fix.helpdesk));
    expect(error.code).to.equal('schema-unknown');
    expect(error.detail).to.match(/A newer version of the sidecar has changed its tables \(0099-later\)/);
    await fix.rows("DELETE FROM oauth2_sidecar_migration WHERE name = '0099-later'");
  });
});

describe("the helpdesk's schema", function () {
  this.timeout(120_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());
  const check = () => checkSchema(createColumnReader(fix.helpdesk));
  /** Changes the tables, looks, and changes them back. */
  const changed = async (
    there: string,
    back: string,
  ): Promise<Error & { code?: string; detail?: string }> => {
    await fix.rows(there);
    try {
      return await failure(check());
    } finally {
      await fix.rows(back);
    }
  };

  it('is recognised', async () => {
    expect(await check()).to.deep.equal({ groupTable: 'permission_groups', notes: [] });
  });

  it('is explained when it is that of 6.0', async () => {
    const error = await changed(
      renameTables({ oauth2_token: 'gone_token', oauth2_token_config: 'gone_config' }),
      renameTables({ gone_token: 'oauth2_token', gone_config: 'oauth2_token_config' }),
    );
    expect(error.code).to.equal('token-tables-missing');
    expect(error.detail).to.match(
      /^Missing: oauth2_token_config, oauth2_token\..*"znuny-oauth2 migrate" adds/,
    );
  });

  it('is explained when a column is missing', async () => {
    const error = await changed(
      'ALTER TABLE mail_account RENAME COLUMN authentication_type TO other',
      'ALTER TABLE mail_account RENAME COLUMN other TO authentication_type',
    );
    expect(error.detail).to.match(/^Missing: mail_account\.authentication_type\./);
  });

  it('is explained when it is something else altogether', async () => {
    const error = await changed(
      renameTables({ users: 'gone_users', sysconfig_deployment: 'gone_deployment' }),
      renameTables({ gone_users: 'users', gone_deployment: 'sysconfig_deployment' }),
    );
    expect(error.detail).to.match(/holds no helpdesk/);
  });

  it('is explained by the missing names when other tables are incomplete', async () => {
    const error = await changed(renameTables({ roles: 'gone' }), renameTables({ gone: 'roles' }));
    expect(error.detail).to.match(/^Tables are missing: roles\./);
  });

  it('is accepted with a note when it has narrower columns, an older table of groups and further columns', async () => {
    await fix.rows(retype('oauth2_token', { token: 'VARCHAR(1000)' }));
    await fix.rows('ALTER TABLE oauth2_token ADD future INT, DROP COLUMN dbcrud_uuid');
    await fix.rows(renameTables({ permission_groups: quoted('groups') }));
    const report = await check();
    expect(report.groupTable).to.equal('groups');
    expect(report.notes).to.deep.equal([
      'oauth2_token.token holds 1000 characters only; a longer value is refused. A newer helpdesk has more room.',
    ]);
    const tokens = createTokenStore({ ...fix, columns: createColumnReader(fix.db) });
    const id = await createTokenConfigStore(fix).insert(config('x'), 1);
    await fix.rows('UPDATE oauth2_token SET future = 5');
    expect(await tokens.save(await tokens.get(id), { accessToken: 'a' }, 1)).to.equal(true);
  });
});
