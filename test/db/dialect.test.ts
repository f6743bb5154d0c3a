import { expect } from 'chai';
import type { Knex } from 'knex';
import { accountRemoval } from '../../db/database-user.js';
import type { Dialect } from '../../db/dialect/dialect.js';
import { listOf } from '../../db/dialect/list.js';
import { IS_MYSQL, IS_POSTGRES, server } from '../support/database.js';
import { lab } from '../support/instance.js';
import { type Fixture, failure, fixture } from './fixture.js';

/** What every dialect promises (db/dialect), on the genuine server. */
describe('the dialect of the database', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let knex: Knex;
  let dialect: Dialect;
  before(async () => {
    fix = await fixture();
    ({ knex, dialect } = fix.helpdesk);
    const { types } = dialect.tables;
    await dialect.tables.createOnce(knex, 'trial_parent', (table) => {
      table.increments('id');
      table.specificType('word', types.word(10)).nullable();
      table.string('name', 20).notNullable().unique();
      table.dateTime('at', { useTz: false }).nullable();
      table.integer('number').notNullable().defaultTo(0);
    });
    await dialect.tables.createOnce(knex, 'trial_child', (table) => {
      table.integer('parent_id').unsigned().notNullable().primary().references('trial_parent.id');
      table.integer('number').notNullable().defaultTo(0);
    });
  });
  after(() => fix.close());
  beforeEach(async () => {
    await knex('trial_child').delete();
    await knex('trial_parent').delete();
  });

  const add = (name: string, more: Record<string, string | number | null> = {}): Promise<number> =>
    dialect.statements.insertNew(knex, 'trial_parent', { name, ...more });
  /** One value of one row. */
  async function oneValue(sql: string, bindings: (string | number | null)[] = []): Promise<unknown> {
    const [row] = await dialect.statements.rows<Record<string, unknown>>(
      knex,
      `SELECT ${sql} AS one`,
      bindings,
    );
    return row?.one;
  }
  const holds = async (sql: string, bindings: (string | number | null)[] = []): Promise<boolean> =>
    Number(await oneValue(`CASE WHEN ${sql} THEN 1 ELSE 0 END`, bindings)) === 1;

  describe('recognises', () => {
    const thrown = (work: Promise<unknown>): Promise<unknown> =>
      work.then(() => null).catch((error) => error);
    const meanings = (error: unknown): string[] =>
      (
        ['isBusy', 'isCollision', 'isDuplicate', 'isReferenced', 'isDenied', 'isTableMissing'] as const
      ).filter((meaning) => dialect.errors[meaning](error));
    const codeOf = (error: unknown): unknown =>
      (dialect.errors.translate(error, 'test') as { code?: string }).code;

    it('a unique key that is taken', async () => {
      await add('a');
      const error = await thrown(add('a'));
      expect([meanings(error), codeOf(error)]).to.deep.equal([['isDuplicate'], 'internal']);
    });

    it('a row that another row still refers to', async () => {
      await knex('trial_child').insert({ parent_id: await add('a') });
      const error = await thrown(knex('trial_parent').delete());
      expect([meanings(error), codeOf(error)]).to.deep.equal([['isReferenced'], 'internal']);
    });

    it('a missing table or column', async () => {
      const table = await thrown(knex('trial_nothing').select());
      expect([meanings(table), codeOf(table)]).to.deep.equal([['isTableMissing'], 'schema-unknown']);
      const column = await thrown(knex('trial_parent').select('nothing'));
      expect([meanings(column), codeOf(column)]).to.deep.equal([[], 'schema-unknown']);
    });

    it('a right that the user lacks, for a table and for a column', async () => {
      const table = await thrown(fix.db.knex('trial_parent').select());
      expect([meanings(table), codeOf(table)]).to.deep.equal([['isDenied'], 'database-right-missing']);
      const column = await thrown(fix.db.knex('users').select('pw'));
      expect([meanings(column), codeOf(column)]).to.deep.equal([['isDenied'], 'database-right-missing']);
    });

    it('a value that a column cannot hold', async () => {
      const error = await thrown(add('x'.repeat(21)));
      expect([meanings(error), codeOf(error)]).to.deep.equal([[], 'value-too-long']);
    });

    it('a row that somebody holds locked', async () => {
      const id = await add('a');
      const lock = await knex.transaction();
      try {
        await lock('trial_parent').where({ id }).forUpdate().select();
        const error = await thrown(knex('trial_parent').where({ id }).update({ number: 1 }));
        expect([meanings(error), codeOf(error)]).to.deep.equal([['isBusy'], 'database-busy']);
        expect(dialect.errors.isBusy(dialect.errors.translate(error, 'test'))).to.equal(true);
      } finally {
        await lock.rollback();
      }
    });

    it('a deadlock, after which the server has ended one of two transactions', async () => {
      const ids = [await add('a'), await add('b')];
      const both = [await knex.transaction(), await knex.transaction()] as const;
      const update = (at: 0 | 1, id: number | undefined) =>
        both[at]('trial_parent').where({ id }).update({ number: 1 });
      await update(0, ids[0]);
      await update(1, ids[1]);
      const errors = await Promise.all([thrown(update(0, ids[1])), thrown(update(1, ids[0]))]);
      await Promise.all(both.map((transaction) => transaction.rollback().catch(() => undefined)));
      const [error] = errors.filter(Boolean);
      expect([meanings(error), codeOf(error)]).to.deep.equal([['isBusy', 'isCollision'], 'database-busy']);
    });

    it('other errors, which it leaves as they are', () => {
      const error = new TypeError('ours');
      expect([meanings(error), dialect.errors.translate(error, 'test')]).to.deep.equal([[], error]);
    });
  });

  describe('has expressions for', () => {
    it("the server's clock, whatever the time zone of the session", async () => {
      const { secondNow, millisecondNow } = dialect.expressions;
      const row = (sql: string) => oneValue(sql).then(Number);
      expect((await row(secondNow)) % 1000).to.equal(0);
      const [earlier, now, later] = [await row(secondNow), await row(millisecondNow), await row(secondNow)];
      expect(now).to.be.within(earlier, later + 1000);
      const clock = await dialect.catalog.now(knex);
      expect(clock.getTime() - (await row(secondNow))).to.be.within(-5000, 1000);
    });

    it('an earlier date', async () => {
      await add('a', { at: '2026-03-01 00:00:30' });
      await dialect.statements.change(
        knex,
        `UPDATE trial_parent SET at = ${dialect.expressions.earlier('at')}`,
        [31],
      );
      expect((await knex('trial_parent').first('at')).at).to.equal('2026-02-28 23:59:59');
    });

    it('texts of a JSON document, whatever else the column holds', async () => {
      const sql = dialect.expressions.jsonParts('d.text', ['$.a', '$.b.url']);
      const parts = async (text: string) => {
        const [row] = await dialect.statements.rows<{ one: string | null }>(
          knex,
          `SELECT ${sql} AS one FROM (SELECT ${IS_POSTGRES ? 'CAST(? AS VARCHAR)' : '?'} AS text) d`,
          [text],
        );
        // A driver may return a list in place of its text.
        return JSON.stringify(row?.one ?? null);
      };
      const found = await parts('{ "a": "x y", "b": { "url" : "https://z/" }, "c": "hidden" }');
      expect(found).to.include('x y').and.include('https://z/').and.not.include('hidden');
      for (const none of ['', 'no JSON', '{"a": 7', '{"c": "a"}', '[]'])
        expect(await parts(none), none).to.equal('null');
    });

    it('a checksum that never changes', async () => {
      const { checksum } = dialect.expressions;
      const sum = Number(await oneValue(checksum("'abc'")));
      expect(sum).to.be.within(0, 2 ** 32 - 1);
      // Stored marks were computed with it.
      expect(sum).to.equal(IS_POSTGRES ? 0xba7816bf : 0x352441c2);
      expect(Number(await oneValue(checksum("'abd'")))).to.not.equal(sum);
      expect(await oneValue(checksum('NULL'))).to.equal(null);
    });

    it('joined texts, and NULL where one of them is NULL', async () => {
      const { concat } = dialect.expressions;
      expect(await oneValue(concat("'a'", "'/'", '7'))).to.equal('a/7');
      expect(await oneValue(concat("'a'", 'NULL'))).to.equal(null);
    });

    it('a comparison byte by byte', async () => {
      const { sameBytes } = dialect.expressions;
      await add('abc');
      const same = (text: string) =>
        holds(`EXISTS (SELECT 1 FROM trial_parent WHERE ${sameBytes('name', '?')})`, [text]);
      expect([await same('abc'), await same('ABC'), await same('abc '), await same('äbc')]).to.deep.equal([
        true,
        false,
        false,
        false,
      ]);
    });

    it('a comparison with texts that the column cannot hold', async () => {
      await add('a', { word: 'plain' });
      const found = (text: string) =>
        holds(`EXISTS (SELECT 1 FROM trial_parent WHERE ${dialect.expressions.anyText('word')} = ?)`, [text]);
      expect([await found('plain'), await found('😀'), await found('ö')]).to.deep.equal([true, false, false]);
    });

    it('a comparison that ignores case and outer spaces, but not accents', async () => {
      const { plainText } = dialect.expressions;
      const same = (a: string, b: string) => holds(`${plainText('?')} = ${plainText('?')}`, [a, b]);
      expect(await same(' Grün@Example.com', 'grün@example.COM ')).to.equal(true);
      expect(await same('grün', 'grun')).to.equal(false);
    });

    it('a part of a text, whose characters are not wildcards', async () => {
      await add('100% of\\it!_');
      const found = async (part: string): Promise<boolean> => {
        const { sql, bindings } = dialect.expressions.contains('name', part);
        return holds(`EXISTS (SELECT 1 FROM trial_parent WHERE ${sql})`, bindings);
      };
      for (const part of ['100%', '% OF', 'f\\i', '!_', 't!']) expect(await found(part), part).to.equal(true);
      for (const part of ['1%f', '_00', '😀']) expect(await found(part), part).to.equal(false);
    });
  });

  describe('has statements', () => {
    const names = (): Promise<string[]> => knex('trial_parent').orderBy('id').pluck('name');

    it('that return the number of rows found, changed or not', async () => {
      await add('a');
      await add('b');
      const change = () => dialect.statements.change(knex, 'UPDATE trial_parent SET number = ?', [5]);
      expect([await change(), await change()]).to.deep.equal([2, 2]);
      const these = listOf(['a', 'c']);
      const sql = `DELETE FROM trial_parent WHERE name IN ${these.sql}`;
      expect(await dialect.statements.change(knex, sql, these.bindings)).to.equal(1);
    });

    it('that add only missing rows', async () => {
      const id = await add('a');
      const { insertMissing } = dialect.statements;
      await insertMissing(knex, 'trial_parent', [{ name: 'a' }, { name: 'b' }], 'name');
      expect(await names()).to.deep.equal(['a', 'b']);
      await insertMissing(knex, 'trial_child', [{ parent_id: id }, { parent_id: id + 1000 }], 'parent_id');
      expect(await knex('trial_child').pluck('parent_id')).to.deep.equal([id]);
    });

    it('that add a row or overwrite it', async () => {
      const { upsert } = dialect.statements;
      for (const number of [1, 2]) await upsert(knex, 'trial_parent', { name: 'a', number }, 'name');
      expect(await knex('trial_parent').select('name', 'number')).to.deep.equal([{ name: 'a', number: 2 }]);
    });

    it('that return the ID of a new row', async () => {
      const [first, second] = [await add('a'), await add('b')];
      expect(await knex('trial_parent').orderBy('id').pluck('id')).to.deep.equal([first, second]);
    });

    it('that change or delete only the first rows', async () => {
      for (const [number, name] of ['c', 'a', 'b'].entries()) await add(name, { number });
      const { atMost } = dialect.statements;
      expect(await atMost(knex('trial_parent').orderBy('name'), 2, 'id').update({ number: 9 })).to.equal(2);
      expect(await knex('trial_parent').where({ number: 9 }).orderBy('name').pluck('name')).to.deep.equal([
        'a',
        'b',
      ]);
      expect(await atMost(knex('trial_parent').where({ number: 9 }), 1, 'id').delete()).to.equal(1);
      expect(await names()).to.have.length(2);
    });

    it('that change rows by those of other tables', async () => {
      const [a, b] = [await add('a', { number: 3 }), await add('b', { number: 4 })];
      for (const id of [a, b]) await knex('trial_child').insert({ parent_id: id, number: 1 });
      const update = {
        table: 'trial_child',
        alias: 'c',
        key: 'parent_id',
        from: 'trial_parent p LEFT JOIN trial_parent q ON q.id = p.id',
        on: 'p.id = c.parent_id',
        set: { number: 'q.number + c.number + ?' },
      };
      const { joinedUpdate } = dialect.statements;
      const b10 = { ids: [a, b], where: 'p.name = ?', bindings: { set: [10], where: ['b'] } };
      expect(await joinedUpdate(knex, { ...update, ...b10 })).to.equal(1);
      expect(await knex('trial_child').orderBy('parent_id').pluck('number')).to.deep.equal([1, 15]);
      expect(await joinedUpdate(knex, { ...update, ids: [a], bindings: { set: [20] } })).to.equal(1);
      expect(await knex('trial_child').orderBy('parent_id').pluck('number')).to.deep.equal([24, 15]);
    });

    it('that wait for a locked row and then use the rows of other tables as they are', async () => {
      const id = await add('a', { number: 3 });
      await knex('trial_child').insert({ parent_id: id, number: 1 });
      const other = await knex.transaction();
      await other('trial_child').update({ number: 100 });
      await other('trial_parent').update({ number: 1000 });
      const sent = new Promise((resolve) => knex.once('query', resolve));
      const waits = dialect.statements.joinedUpdate(knex, {
        table: 'trial_child',
        alias: 'c',
        key: 'parent_id',
        ids: [id],
        from: 'trial_parent p',
        on: 'p.id = c.parent_id',
        set: { number: 'p.number + c.number' },
        bindings: { set: [] },
      });
      await sent;
      // Until the server has begun it.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await other.commit();
      expect(await waits).to.equal(1);
      expect(await knex('trial_child').pluck('number')).to.deep.equal([1100]);
    });

    it('that write a different value into each row, whatever its type', async () => {
      const ids = [await add('a'), await add('b')];
      const { parameter } = dialect.expressions;
      const cases = `CASE id WHEN ? THEN ${parameter(7)} WHEN ? THEN ${parameter(8)} ELSE number END`;
      await dialect.statements.change(knex, `UPDATE trial_parent SET number = ${cases}`, [
        ids[0] as number,
        7,
        ids[1] as number,
        8,
      ]);
      expect(await knex('trial_parent').orderBy('id').pluck('number')).to.deep.equal([7, 8]);
    });

    it('that return the time of the last write to a table', async () => {
      const watched = [{ name: 'trial_parent', key: 'id' }];
      const last = () => dialect.statements.lastWrite(knex, fix.helpdesk.name, watched);
      await add('a');
      const first = await last();
      expect(first.at).to.be.a('string');
      for (let tries = 0; !(await last()).over; tries++) {
        expect(tries).to.be.below(100);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect((await last()).at).to.equal(first.at);
      const id = await add('b');
      const second = await last();
      expect(second.at).to.not.equal(first.at);
      expect(second.written ?? [id]).to.deep.equal([id]);
    });
  });

  describe('lists', () => {
    it('columns in order, and what they can hold', async () => {
      const { columns, columnNames } = dialect.catalog;
      const found = await columns(knex, fix.helpdesk.name, ['trial_parent', 'trial_nothing']);
      expect([...found.keys()]).to.deep.equal(['trial_parent']);
      const limits = found.get('trial_parent');
      expect(limits?.get('word')).to.deep.equal(
        IS_POSTGRES
          ? { maxCharacters: 10, maxBytes: 40, lowest: 1, highest: 0x10ffff }
          : { maxCharacters: 10, maxBytes: 10, highest: 0x7f },
      );
      expect(limits?.get('name')).to.include({ maxCharacters: 20, highest: 0x10ffff });
      expect(limits?.get('number')).to.include({ maxCharacters: null, maxBytes: null });
      const names = await columnNames(knex, fix.helpdesk.name, ['trial_child']);
      expect([...names]).to.deep.equal([['trial_child', ['parent_id', 'number']]]);
      expect((await columnNames(knex, fix.helpdesk.name)).get('valid')?.[0]).to.equal('id');
    });

    it('tables by the beginning of their names, in which an underscore is not a wildcard', async () => {
      await knex.schema.createTable('trialXother', (table) => void table.integer('id'));
      expect(await dialect.catalog.tablesNamed(knex, fix.helpdesk.name, 'trial_')).to.deep.equal([
        'trial_child',
        'trial_parent',
      ]);
    });

    it('the version, and whether it is older than any that was tested', async () => {
      const { version, oldVersion } = dialect.catalog;
      expect(await version(knex)).to.match(
        IS_POSTGRES ? /^PostgreSQL 1[3-9]\./ : IS_MYSQL ? /^[89]\./ : /MariaDB/,
      );
      expect(oldVersion(await version(knex))).to.equal(null);
      for (const old of IS_POSTGRES
        ? ['PostgreSQL 12.9', 'PostgreSQL 9.6.24']
        : ['10.1.48-MariaDB', '5.7.44'])
        expect(oldVersion(old), old).to.not.equal(null);
      for (const tested of IS_POSTGRES
        ? ['PostgreSQL 13.0', 'PostgreSQL 17.2']
        : ['10.2.0-MariaDB', '11.4.2-MariaDB', '8.0.36', '9.1.0'])
        expect(oldVersion(tested), tested).to.equal(null);
    });

    it('the same server name on every connection', async () => {
      expect(await dialect.catalog.serverName(fix.db.knex)).to.equal(await dialect.catalog.serverName(knex));
    });
  });

  describe('changes tables', () => {
    it('in steps that may run again', async () => {
      const { createOnce, alterOnce } = dialect.tables;
      for (let again = 0; again < 2; again++) {
        await createOnce(knex, 'trial_step', (table) => {
          table.integer('id').notNullable().primary();
          table.integer('a').notNullable().index('trial_step_a');
        });
        await alterOnce(knex, 'trial_step', 'b', (table) => {
          table.string('b', 10).nullable();
          table.integer('c').notNullable().defaultTo(3);
          table.index(['b'], 'trial_step_b');
        });
      }
      const { columnNames } = dialect.catalog;
      const names = await columnNames(knex, fix.helpdesk.name, ['trial_step']);
      expect(names.get('trial_step')).to.deep.equal(['id', 'a', 'b', 'c']);
      await knex('trial_step').insert({ id: 1, a: 1, b: '😀' });
      expect(await knex('trial_step').first()).to.deep.equal({ id: 1, a: 1, b: '😀', c: 3 });
    });

    it('by adding a flag that the server maintains', async () => {
      const { createOnce, types } = dialect.tables;
      await createOnce(knex, 'trial_flag', (table) => {
        table.integer('id').notNullable().primary();
        table.specificType('a', types.word(5)).nullable();
        table.specificType('is_b', types.flag("a IS NOT NULL AND a <> 'x'"));
      });
      await knex('trial_flag').insert([{ id: 1 }, { id: 2, a: 'x' }, { id: 3, a: 'y' }]);
      await knex('trial_flag').where({ id: 2 }).update({ a: 'X' });
      expect(await knex('trial_flag').orderBy('id').pluck('is_b')).to.deep.equal([0, 1, 1]);
    });

    it('by adding a lease, whichever process comes first', async () => {
      await Promise.all([1, 2, 3, 4].map(() => dialect.tables.prepareLease(knex, 'trial_lease')));
      const rows = await knex('trial_lease').select();
      expect(rows).to.deep.equal([{ id: 1, holder: '', lease_until: 0 }]);
      await knex('trial_lease').update({ holder: 'h', lease_until: 5 });
      await dialect.tables.prepareLease(knex, 'trial_lease');
      expect(await knex('trial_lease').pluck('holder')).to.deep.equal(['h']);
    });
  });

  it('names accounts with their host', async () => {
    const { accounts } = dialect;
    const account = await accounts.current(fix.db.knex);
    expect(account.user).to.equal(fix.address.user);
    expect(accounts.byHand.account(account)).to.include(account.user);
    const removal = accountRemoval(fix.db, account);
    if (!IS_POSTGRES) return expect((await failure(removal)).code).to.equal('database-right-missing');
    const whole = [`DROP OWNED BY "${account.user}"`, `DROP ROLE "${account.user}"`];
    const here = [
      ...['ALL TABLES IN SCHEMA', 'ALL SEQUENCES IN SCHEMA', 'SCHEMA'].map(
        (what) => `REVOKE ALL ON ${what} "public" FROM "${account.user}"`,
      ),
      `REVOKE ALL ON DATABASE "${fix.db.name}" FROM "${account.user}"`,
    ];
    // On the lab's own server, its sidecar uses the account in another database.
    const staysElsewhere = server === lab;
    return expect(await removal).to.deep.equal({ statements: staysElsewhere ? here : whole, staysElsewhere });
  });
});
