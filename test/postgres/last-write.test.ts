import { expect } from 'chai';
import type { Knex } from 'knex';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { type Fixture, fixture } from '../db/fixture.js';
import { createRandom } from '../support/random.js';

const ROWS = 40;
const TABLE = 'oauth2_token_config';
const COLUMNS = 'name, config, valid_id, create_time, create_by, change_time, change_by';

describe('the sign on PostgreSQL that somebody wrote', function () {
  this.timeout(60_000);
  let fix: Fixture;
  let value = 0;
  before(async () => {
    fix = await fixture();
  });
  beforeEach(async () => {
    await fix.rows('DELETE FROM oauth2_token');
    await fix.rows(`DELETE FROM ${TABLE}`);
    for (let number = 0; number < ROWS; number++) await insert(fix.helpdesk.knex, number);
  });
  after(() => fix.close());

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
  const last = async () => {
    const { at, over } = await createRenewalStore(fix).lastWrite();
    expect(over).to.equal(true);
    return at;
  };
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

  it('changes exactly when the rows do, in any order of three transactions', async () => {
    const random = createRandom(20_261);
    const open: (Knex.Transaction | undefined)[] = [];
    const content = async () =>
      JSON.stringify(await fix.rows(`SELECT name, config FROM ${TABLE} ORDER BY name`));
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
      const [at, now] = [await last(), await content()];
      expect(at !== before, `step ${step}`).to.equal(now !== known);
      if (now !== known) writes++;
      [before, known] = [at, now];
    }
    expect(writes).to.be.above(50);
  });

  /** A row of this name, whether or not there was one. */
  async function insertAnew(knex: Knex, number: number): Promise<void> {
    await remove(knex, number);
    await insert(knex, number);
  }
});
