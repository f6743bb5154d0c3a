import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { openDatabase } from '../../db/database.js';
import { checkSchema } from '../../db/schema.js';
import { createTokenTables, dropTokenTables } from '../../db/token-tables.js';
import { IS_POSTGRES } from '../support/database.js';
import { type Fixture, failure, fixture } from './fixture.js';
import { tableFacts } from './table-facts.js';

const TABLES = ['oauth2_token_config', 'oauth2_token', 'mail_account'];
const ALL = [
  'oauth2_token_config',
  'oauth2_token',
  'mail_account.authentication_type',
  'mail_account.oauth2_token_config_id',
];
/** A helpdesk without OAuth2, and one with it. */
const OLD = { builtIn: false };
const NEW = { builtIn: true };

describe('the token tables and columns of a helpdesk that has none', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let genuine: Awaited<ReturnType<typeof tableFacts>>;
  const facts = () => tableFacts(fix, fix.helpdesk.name, TABLES);
  before(async () => {
    fix = await fixture();
    genuine = await facts();
  });
  after(() => fix.close());

  it('are left alone where they exist', async () => {
    expect(await createTokenTables(fix.helpdesk, NEW)).to.deep.equal([]);
    expect(await createTokenTables(fix.helpdesk, OLD)).to.deep.equal([]);
    expect(await facts()).to.deep.equal(genuine);
    const error = await failure(dropTokenTables(fix.helpdesk, NEW));
    expect(error.code).to.equal('schema-unknown');
    expect(error.detail).to.match(/belong to this helpdesk\. Nothing was removed\./);
    expect(await facts()).to.deep.equal(genuine);
  });

  it('become what Znuny 6.5 has, column by column and key by key', async () => {
    expect(await dropTokenTables(fix.helpdesk, OLD)).to.deep.equal(ALL);
    const without = await facts();
    expect(without.tables).to.have.length(1);
    expect(without.columns.map(({ name }) => name)).to.not.include('authentication_type');
    const error = await failure(checkSchema(createColumnReader(fix.helpdesk)));
    expect(error.detail).to.match(/"znuny-oauth2 migrate"/);
    expect(await createTokenTables(fix.helpdesk, OLD)).to.deep.equal(ALL);
    expect(await facts()).to.deep.equal(genuine);
    expect((await checkSchema(createColumnReader(fix.helpdesk))).notes).to.deep.equal([]);
  });

  it('do not change what the helpdesk writes into mail_account', async () => {
    await dropTokenTables(fix.helpdesk, OLD);
    // As Znuny 6.0 writes: without naming the columns that it does not know.
    await fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, comments, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('old', 'secret', 'mail', 'IMAP', 1, 0, NULL, 1, NOW(), 1, NOW(), 1)`,
    );
    const [before] = await fix.rows<Record<string, unknown>>('SELECT * FROM mail_account');
    await createTokenTables(fix.helpdesk, OLD);
    const [after] = await fix.rows<Record<string, unknown>>('SELECT * FROM mail_account');
    expect(after).to.deep.equal({
      ...before,
      authentication_type: 'password',
      oauth2_token_config_id: null,
    });
    await fix.rows('DELETE FROM mail_account');
  });

  it('are completed where a run was interrupted, after each of its steps', async () => {
    for (const done of [0, 1, 2, 3]) {
      await dropTokenTables(fix.helpdesk, OLD);
      await createTokenTables(fix.helpdesk, OLD);
      if (done < 4)
        await fix.rows(
          `ALTER TABLE mail_account DROP ${IS_POSTGRES ? 'CONSTRAINT' : 'FOREIGN KEY'} FK_mail_account_oauth2_token_config_id_id, DROP COLUMN oauth2_token_config_id`,
        );
      if (done < 3) await fix.rows('ALTER TABLE mail_account DROP COLUMN authentication_type');
      if (done < 2) await fix.rows('DROP TABLE oauth2_token');
      if (done < 1) await fix.rows('DROP TABLE oauth2_token_config');
      expect(await createTokenTables(fix.helpdesk, OLD)).to.deep.equal(ALL.slice(done));
      expect(await facts()).to.deep.equal(genuine);
    }
  });

  it('are created once by several runs that start together', async () => {
    await dropTokenTables(fix.helpdesk, OLD);
    const several = [1, 2, 3].map(() => openDatabase(fix.helpdeskAddress));
    const added = await Promise.all(several.map((db) => createTokenTables(db, OLD)));
    await Promise.all(several.map((db) => db.close()));
    expect(added.filter((names) => names.length > 0)).to.deep.equal([ALL]);
    expect(await facts()).to.deep.equal(genuine);
  });

  it('are not created for a helpdesk whose own update did not finish', async () => {
    await dropTokenTables(fix.helpdesk, OLD);
    const error = await failure(createTokenTables(fix.helpdesk, NEW));
    expect(error.detail).to.match(/^Missing: oauth2_token_config, .*run the migration scripts of its update/);
    expect((await facts()).tables).to.have.length(1);
    await createTokenTables(fix.helpdesk, OLD);
  });

  it('are not removed while a mail account uses a token', async () => {
    await fix.rows(
      `INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES ('used', '{}', 1, NOW(), 1, NOW(), 1)`,
    );
    await fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, authentication_type, oauth2_token_config_id, valid_id, create_time, create_by, change_time, change_by)
       SELECT 'user', 'x', 'mail', 'IMAP', 1, 0, 'oauth2_token', id, 1, NOW(), 1, NOW(), 1 FROM oauth2_token_config`,
    );
    expect((await failure(dropTokenTables(fix.helpdesk, OLD))).code).to.equal('token-config-in-use');
    expect(await facts()).to.deep.equal(genuine);
  });
});

describe('token tables of another kind', function () {
  this.timeout(120_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());

  it('are named and left alone where they belong to OTRS Community Edition (Centuran)', async () => {
    // As its scripts/DBUpdateTo6/UpgradeDatabaseStructure makes them.
    await fix.rows('ALTER TABLE oauth2_token RENAME COLUMN token_config_id TO config_id');
    await fix.rows('ALTER TABLE mail_account RENAME COLUMN authentication_type TO auth_method');
    const before = await tableFacts(fix, fix.helpdesk.name, TABLES);
    for (const work of [
      () => checkSchema(createColumnReader(fix.helpdesk)),
      () => createTokenTables(fix.helpdesk, OLD),
      () => createTokenTables(fix.helpdesk, NEW),
      () => dropTokenTables(fix.helpdesk, OLD),
    ]) {
      const error = await failure(work());
      expect(error.code).to.equal('schema-unknown');
      expect(error.detail).to.match(/Community Edition 6\.0\.37 or newer by Centuran/);
    }
    expect(await tableFacts(fix, fix.helpdesk.name, TABLES)).to.deep.equal(before);
  });

  it('are named where they belong to an add-on for Znuny 6.0, whose update would leave them behind', async () => {
    const other = await fixture();
    await dropTokenTables(other.helpdesk, OLD);
    await other.rows('CREATE TABLE z4o_oauth2_token (id INTEGER NOT NULL PRIMARY KEY)');
    for (const work of [
      () => checkSchema(createColumnReader(other.helpdesk)),
      () => createTokenTables(other.helpdesk, OLD),
    ])
      expect((await failure(work())).detail).to.match(
        /tables of its own \(z4o_oauth2_token\).*Update the helpdesk first/,
      );
    await other.close();
  });
});
