import { expect } from 'chai';
import { type Database, openDatabase } from '../../db/database.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { config, type Fixture, failure, fixture } from '../db/fixture.js';
import { sql } from '../lab/database-server.js';
import { server } from '../support/database.js';

/** What only PostgreSQL does, on the genuine server. */
describe('what goes wrong in PostgreSQL', function () {
  this.timeout(120_000);
  let fix: Fixture;
  before(async () => {
    fix = await fixture();
  });
  after(() => fix.close());

  const saying = async (work: Promise<unknown>): Promise<string> => {
    const { code, log } = await failure(work);
    return `${code} (${log})`;
  };

  it('is the server that ends the connection: the next statement has a new one', async () => {
    const configs = createTokenConfigStore(fix);
    const id = await configs.insert(config('Ended'), 1);
    const ended = fix.db.transaction('test', async ({ knex }) => {
      const { rows } = await knex.raw('SELECT pg_backend_pid() AS id');
      await sql(server, `SELECT pg_terminate_backend(${rows[0].id})`);
      await knex('oauth2_token_config').where({ id }).update({ name: 'never' });
    });
    expect(await saying(ended)).to.match(
      /^database-unavailable \(test: (57P01|no code: (Connection terminated|Client has encountered))/,
    );
    expect((await configs.byId(id))?.name).to.equal('Ended');
  });

  it('is a database that may not be written to, such as a standby', async () => {
    await sql(server, `ALTER DATABASE "${fix.db.name}" SET default_transaction_read_only = on`);
    const db = openDatabase(fix.address);
    try {
      const configs = createTokenConfigStore({ ...fix, db });
      expect(await saying(configs.insert(config('Standby'), 1))).to.equal(
        'database-unavailable (token-configs.insert: 25006)',
      );
    } finally {
      await db.close();
      await sql(server, `ALTER DATABASE "${fix.db.name}" RESET default_transaction_read_only`);
    }
  });

  it('is a transaction that cannot be put in order with another: it may be tried again', async () => {
    const id = await createTokenConfigStore(fix).insert(config('Order'), 1);
    const other = openDatabase(fix.address);
    const serializable = async (db: Database, meanwhile: () => Promise<unknown>) =>
      db.transaction('test', async ({ knex }) => {
        await knex.raw('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
        await knex('oauth2_token_config').where({ id }).first();
        await meanwhile();
        await knex('oauth2_token_config').where({ id }).update({ valid_id: 2 });
      });
    try {
      const lost = serializable(fix.db, () =>
        other.knex('oauth2_token_config').where({ id }).update({ valid_id: 3 }),
      );
      const error = await failure(lost);
      expect([error.code, error.log]).to.deep.equal(['database-busy', 'test: 40001']);
    } finally {
      await other.close();
    }
  });

  it('is a statement that the server cancels: other statements are not affected', async () => {
    const cancelled = fix.db.run('test', (knex) =>
      knex.transaction(async (own) => {
        await own.raw('SET LOCAL statement_timeout = 50');
        await own.raw('SELECT pg_sleep(5)');
      }),
    );
    expect(await saying(cancelled)).to.equal('database-busy (test: 57014)');
    expect((await createTokenConfigStore(fix).all()).length).to.be.greaterThan(0);
  });

  it('is an encoding that lacks a character: nothing is stored, and nothing is replaced', async () => {
    const name = `${fix.db.name}_latin1`;
    await sql(
      server,
      `CREATE DATABASE "${name}" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 OWNER "${fix.helpdeskAddress.user}"`,
    );
    const db = openDatabase({ ...fix.helpdeskAddress, database: name });
    try {
      await db.knex.schema.createTable('word', (table) => void table.string('text', 20));
      await db.knex('word').insert({ text: 'Grün' });
      expect(await db.knex('word').pluck('text')).to.deep.equal(['Grün']);
      const refused = db.run('test', (knex) => knex('word').insert({ text: 'Grün 😀' }));
      expect(await saying(refused)).to.equal('invalid-token-config (test: 22P05)');
      expect(await db.knex('word').pluck('text')).to.deep.equal(['Grün']);
    } finally {
      await db.close();
      await sql(server, `DROP DATABASE "${name}"`);
    }
  });
});
