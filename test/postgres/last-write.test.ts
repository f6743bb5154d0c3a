import { expect } from 'chai';
import type { Knex } from 'knex';
import { type Database, openDatabase } from '../../db/database.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { type Fixture, fixture } from '../db/fixture.js';
import { startPgbouncer } from '../support/pgbouncer.js';
import { createRandom } from '../support/random.js';

const ROWS = 40;
const TABLE = 'oauth2_token_config';
const COLUMNS = 'name, config, valid_id, create_time, create_by, change_time, change_by';

/** Where a pooler gives each statement any of these, the sign depends on nothing that a connection remembers. */
const CONNECTIONS = 2;

describe('the sign on PostgreSQL that somebody wrote', function () {
  this.timeout(60_000);
  describe('directly', () => tests(false));
  describe('through PgBouncer in transaction mode', () => tests(true));
});

function tests(pooled: boolean): void {
  let fix: Fixture;
  let db: Database;
  let stop = async () => {};
  let value = 0;
  before(async () => {
    fix = await fixture();
    db = fix.db;
    if (!pooled) return;
    const { port, user, password } = fix.address;
    const pooler = await startPgbouncer(port, { [user]: password }, CONNECTIONS);
    db = openDatabase({ ...fix.address, port: pooler.port });
    stop = async () => {
      await db.close();
      await pooler.stop();
    };
  });
  beforeEach(async () => {
    await fix.rows('DELETE FROM oauth2_token');
    await fix.rows(`DELETE FROM ${TABLE}`);
    for (let number = 0; number < ROWS; number++) await insert(fix.helpdesk.knex, number);
  });
  after(async () => {
    await stop();
    await fix.close();
  });

  const fresh = () => `value ${++value}`;
  const insert = (knex: Knex, number: number) =>
    knex.raw(`INSERT INTO ${TABLE} (${COLUMNS}) VALUES (?, ?, 1, now(), 1, now(), 1)`, [
      `name ${number}`,
      fresh(),
    ]);
  /** Neither column has an index, so the new row usually stays on its page, and no index is touched (HOT). */
  const update = (knex: Knex, number: number) =>
    knex.raw(`UPDATE ${TABLE} SET config = ? WHERE name = ?`, [fresh(), `name ${number}`]);
  const rename = (knex: Knex, number: number) =>
    knex.raw(`UPDATE ${TABLE} SET name = ? WHERE name = ?`, [fresh(), `name ${number}`]);
  const remove = (knex: Knex, number: number) =>
    knex.raw(`DELETE FROM ${TABLE} WHERE name = ?`, [`name ${number}`]);
  const look = async () => {
    const { over, ...seen } = await createRenewalStore({ ...fix, db }).lastWrite();
    expect(over).to.equal(true);
    return seen;
  };
  const last = async () => (await look()).at;
  const idOf = async (number: number) =>
    (await fix.rows<{ id: number }>(`SELECT id FROM ${TABLE} WHERE name = 'name ${number}'`))[0]
      ?.id as number;
  const begun: Knex.Transaction[] = [];
  const begin = async () => {
    const transaction = await fix.helpdesk.knex.transaction();
    begun.push(transaction);
    return transaction;
  };
  // A failed test may have left some open, and they hold locks.
  afterEach(async () => {
    for (const transaction of begun.splice(0)) if (!transaction.isCompleted()) await transaction.rollback();
  });

  /** What happens, and whether it counts as a write. */
  const HAPPENINGS: Record<string, [work: (knex: Knex) => Promise<unknown>, counts: boolean]> = {
    'an added row': [(knex) => insert(knex, ROWS), true],
    'an update in place': [(knex) => update(knex, 3), true],
    'an update of a column with an index': [(knex) => rename(knex, 3), true],
    'a deleted row': [(knex) => remove(knex, 3), true],
    'a row that replaces another one': [
      (knex) =>
        knex.transaction(async (transaction) => {
          await remove(transaction, 3);
          await insert(transaction, 3);
        }),
      true,
    ],
    'an update in a subtransaction': [
      (knex) =>
        knex.transaction((transaction) => transaction.transaction((savepoint) => update(savepoint, 3))),
      true,
    ],
    'an emptied table': [(knex) => knex.raw('TRUNCATE oauth2_token'), true],
    'an update that is rolled back': [
      async (knex) => {
        const transaction = await knex.transaction();
        await update(transaction, 3);
        await transaction.rollback();
      },
      false,
    ],
    'a locked row': [(knex) => knex.transaction((trx) => trx(TABLE).forUpdate().select('id')), false],
    'a write to another table': [(knex) => knex.raw('UPDATE valid SET change_time = now()'), false],
    'VACUUM FREEZE': [(knex) => knex.raw(`VACUUM (FREEZE) ${TABLE}`), false],
  };
  for (const [happening, [work, counts]] of Object.entries(HAPPENINGS))
    it(`${happening} ${counts ? 'is a write' : 'is none'}`, async () => {
      await insert(fix.helpdesk.knex, ROWS + 1);
      await fix.rows(`INSERT INTO oauth2_token (token_config_id, create_time, create_by, change_time, change_by)
        SELECT MIN(id), now(), 1, now(), 1 FROM ${TABLE}`);
      const before = await last();
      expect(await last()).to.equal(before);
      await work(fix.helpdesk.knex);
      const after = await last();
      expect(after === before).to.equal(!counts);
      expect(await last()).to.equal(after);
    });

  it('shows a transaction when it commits, whatever was written and looked at while it ran', async () => {
    const first = await begin();
    const second = await begin();
    await update(first, 1);
    const seen = [await last()];
    await update(fix.helpdesk.knex, 2);
    seen.push(await last());
    // It begins to write after later transactions have committed, in a subtransaction.
    await second.transaction((savepoint) => update(savepoint, 3));
    await update(fix.helpdesk.knex, 4);
    seen.push(await last());
    expect(await last()).to.equal(seen[2]);
    await first.commit();
    seen.push(await last());
    await second.commit();
    seen.push(await last());
    expect(new Set(seen).size).to.equal(5);
  });

  it('shows a prepared transaction when it commits', async () => {
    const name = `prepared ${process.pid}`;
    const transaction = await begin();
    await update(transaction, 1);
    await transaction.raw(`PREPARE TRANSACTION '${name}'`);
    await transaction.commit();
    await update(fix.helpdesk.knex, 2);
    const before = await last();
    await fix.rows(`COMMIT PREPARED '${name}'`);
    expect(await last()).to.not.equal(before);
  });

  it('misses no write after VACUUM FULL has moved the rows', async () => {
    await remove(fix.helpdesk.knex, 0);
    await last();
    await fix.rows(`VACUUM FULL ${TABLE}`);
    const moved = await last();
    expect(await last()).to.equal(moved);
    await update(fix.helpdesk.knex, 7);
    expect(await last()).to.not.equal(moved);
  });

  it('gives two simultaneous looks no sign that a later write has, too', async () => {
    for (let number = 0; number < 5; number++) {
      await update(fix.helpdesk.knex, number);
      const both = await Promise.all([last(), last(), update(fix.helpdesk.knex, number + 10)]);
      await update(fix.helpdesk.knex, number);
      expect(both.slice(0, 2)).to.not.include(await last());
    }
  });

  it('names the configurations that have been written, or whose token has been, and no others', async () => {
    await last();
    expect((await look()).written).to.deep.equal([]);
    const [third, fourth] = [await idOf(3), await idOf(4)];
    await update(fix.helpdesk.knex, 3);
    expect((await look()).written).to.deep.equal([third]);
    await fix.rows(`INSERT INTO oauth2_token (token_config_id, create_time, create_by, change_time, change_by)
      VALUES (${fourth}, now(), 1, now(), 1)`);
    expect((await look()).written).to.deep.equal([fourth]);
    await remove(fix.helpdesk.knex, 5);
    expect((await look()).written).to.deep.equal([]);
    // It wrote before the last look, and commits after it.
    const transaction = await begin();
    await update(transaction, 3);
    await fix.rows(`UPDATE oauth2_token SET token = 'x' WHERE token_config_id = ${fourth}`);
    expect((await look()).written).to.deep.equal([fourth]);
    await transaction.commit();
    expect((await look()).written).to.include(third);
    expect((await look()).written).to.deep.equal([]);
  });

  it('names none where too many have been written, so that all are looked at', async () => {
    await last();
    await fix.rows(`INSERT INTO ${TABLE} (${COLUMNS})
      SELECT 'many ' || n, '{}', 1, now(), 1, now(), 1 FROM generate_series(1, 1200) n`);
    expect((await look()).written).to.equal(undefined);
    await update(fix.helpdesk.knex, 3);
    expect((await look()).written).to.deep.equal([await idOf(3)]);
  });

  it('reads each table once after a write to another one, and a second time only what has been written', async () => {
    await last();
    await fix.rows('UPDATE valid SET change_time = now()');
    const plan = await planOf(db.knex, last);
    expect(scansOf(plan, TABLE)).to.equal(1);
    expect(scansOf(plan, 'oauth2_token')).to.equal(1);
    await update(fix.helpdesk.knex, 3);
    const written = await planOf(db.knex, last);
    expect(scansOf(written, TABLE)).to.equal(2);
    expect(scansOf(written, 'oauth2_token')).to.equal(1);
  });

  it('changes exactly when the rows do, in any order of three transactions', async () => {
    const random = createRandom(20_261);
    const open: (Knex.Transaction | undefined)[] = [];
    const content = async () => {
      const rows = await fix.rows<{ id: number }>(`SELECT id, name, config FROM ${TABLE} ORDER BY id`);
      return new Map(rows.map((row) => [row.id, JSON.stringify(row)]));
    };
    const same = (one: Map<number, string>, other: Map<number, string>) =>
      JSON.stringify([...one]) === JSON.stringify([...other]);
    let [before, known] = [await last(), await content()];
    let writes = 0;
    for (let step = 0; step < 300; step++) {
      // Each transaction has rows of its own, so that none waits for another.
      const own = random.below(3);
      const row = own + 3 * random.below(10);
      const running = open[own];
      const write = random.pick([update, rename, remove, insertAnew]);
      if (random.chance(0.2)) {
        if (running) await (random.chance(0.5) ? running.commit() : running.rollback());
        open[own] = running ? undefined : await begin();
      } else if (running && random.chance(0.3)) {
        await running
          .transaction(async (savepoint) => {
            await write(savepoint, row);
            if (random.chance(0.5)) throw new Error('rolled back');
          })
          .catch((error: Error) => expect(error.message).to.equal('rolled back'));
      } else await write(running ?? fix.helpdesk.knex, row);
      if (random.chance(0.3)) continue;
      const [{ at, written }, now] = [await look(), await content()];
      expect(at !== before, `step ${step}`).to.equal(!same(now, known));
      const differing = [...now].flatMap(([id, text]) => (known.get(id) === text ? [] : [id]));
      expect(written, `step ${step}`).to.include.members(differing);
      if (!same(now, known)) writes++;
      [before, known] = [at, now];
    }
    expect(writes).to.be.above(50);
  });

  /** A row of this name, whether or not there was one. */
  async function insertAnew(knex: Knex, number: number): Promise<void> {
    await remove(knex, number);
    await insert(knex, number);
  }
}

interface Plan {
  'Relation Name'?: string;
  'Actual Loops': number;
  Plans?: Plan[];
}

/** How the server runs the statement that the work sends. */
async function planOf(knex: Knex, work: () => Promise<unknown>): Promise<Plan> {
  const sent: { sql: string; bindings: unknown[] }[] = [];
  const note = (query: (typeof sent)[number]) => void sent.push(query);
  knex.on('query', note);
  try {
    await work();
  } finally {
    knex.removeListener('query', note);
  }
  expect(sent.length).to.equal(1);
  const [{ sql, bindings } = { sql: '', bindings: [] }] = sent;
  // What was known is among its values, so it answers the same once more.
  const connection = await knex.client.acquireConnection();
  try {
    const { rows } = await connection.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, bindings);
    return rows[0]['QUERY PLAN'][0].Plan;
  } finally {
    await knex.client.releaseConnection(connection);
  }
}

/** How many times a plan has read a table. */
const scansOf = (plan: Plan, table: string): number =>
  (plan['Relation Name'] === table ? plan['Actual Loops'] : 0) +
  (plan.Plans ?? []).reduce((sum, part) => sum + scansOf(part, table), 0);
