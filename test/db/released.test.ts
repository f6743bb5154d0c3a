import { expect } from 'chai';
import { type Database, openDatabase } from '../../db/database.js';
import { migrate } from '../../db/migrate.js';
import { withMigrationLock } from '../../db/migration-lock.js';
import { createEventStore } from '../../db/repositories/events.js';
import { IS_POSTGRES } from '../support/database.js';
import { failure } from './fixture.js';
import { dumpsIn, expectRowsKept, type UpgradeDatabase, upgradeDatabase } from './upgraded-tables.js';

/** One file for each released version: its tables with rows of every kind. None of them knew PostgreSQL. */
const RELEASED = IS_POSTGRES ? [] : dumpsIn('.');

/**
 * It dies at every sixth statement, at others each day, so that all have had their turn after six days. EACH_STATEMENT=1
 * takes all of them.
 */
const EACH = Number(process.env.EACH_STATEMENT || 6);
const FIRST_DEATH = 1 + (Math.floor(Date.now() / 86_400_000) % EACH);

describe("an upgrade of the sidecar's own tables", function () {
  this.timeout(120_000);
  const open: { close(): Promise<void> }[] = [];
  after(() => Promise.all(open.map((one) => one.close())));

  async function database(): Promise<UpgradeDatabase> {
    const opened = await upgradeDatabase();
    open.push(opened);
    return opened;
  }

  let fresh: Awaited<ReturnType<UpgradeDatabase['facts']>>;
  before(async () => {
    const opened = await database();
    await migrate(opened.db);
    fresh = await opened.facts();
  });

  it('is tested from every released version', () => {
    expect(RELEASED).to.deep.equal(IS_POSTGRES ? [] : ['0.1.0']);
  });

  for (const version of RELEASED) {
    it(`from ${version} keeps every row, and results in the tables of a new installation`, async () => {
      const opened = await database();
      await opened.load(version);
      await expectRowsKept(opened);
      expect(await opened.facts()).to.deep.equal(fresh);
      const { events } = await createEventStore(opened).history({ configId: 7, page: 1, pageSize: 1 });
      expect(events[0]).to.include({ actor: 3, what: 'consent', name: 'Grün & € <b>"x"</b>' });
    });
  }

  /** From the n-th changing statement on, nothing reaches the server, as if the process had died. */
  function dieAt(db: Database, nth: number): { reached: number } {
    const seen = { reached: 0 };
    const client = db.knex.client;
    const send = client._query.bind(client);
    client._query = (connection: unknown, query: { sql: string }) => {
      if (/^\s*(create|alter|drop|insert|update)/i.test(query.sql)) seen.reached++;
      return seen.reached >= nth
        ? Promise.reject(Object.assign(new Error('died'), { code: 'ECONNRESET' }))
        : send(connection, query);
    };
    return seen;
  }

  it('is completed by the next start when it dies at any of its statements', async () => {
    let reached = Number.POSITIVE_INFINITY;
    const opened = await database();
    for (let nth = FIRST_DEATH; nth <= reached; nth += EACH) {
      await opened.empty();
      for (const version of RELEASED.slice(0, 1)) await opened.load(version);
      const dying = openDatabase(opened.address);
      const seen = dieAt(dying, nth);
      const outcome = await migrate(dying).catch((error) => error.code);
      await dying.close();
      reached = seen.reached;
      if (Array.isArray(outcome)) break;
      expect(outcome).to.equal('database-unavailable');
      // Its lease would end by itself, twenty seconds later.
      if ((await opened.own()).includes('oauth2_sidecar_migrating'))
        await opened.rows('UPDATE oauth2_sidecar_migrating SET lease_until = 0');
      await migrate(opened.db);
      expect(await opened.facts(), `statement ${nth}`).to.deep.equal(fresh);
      reached = Number.POSITIVE_INFINITY;
    }
  }).timeout(300_000);

  it('waits for another upgrade that is running, and takes over when that one is dead', async () => {
    const opened = await database();
    let finish: () => void = () => undefined;
    const order: string[] = [];
    let begun: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (begun = resolve));
    const first = withMigrationLock(opened.db.knex, opened.db.dialect, () => {
      begun();
      return new Promise<void>((resolve) => (finish = resolve));
    }).then(() => order.push('first'));
    await started;
    const second = migrate(opened.db).then(() => order.push('second'));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(order).to.deep.equal([]);
    finish();
    await Promise.all([first, second]);
    expect(order).to.deep.equal(['first', 'second']);

    await opened.rows(
      `UPDATE oauth2_sidecar_migrating SET holder = 'dead', lease_until = ${opened.db.dialect.expressions.millisecondNow} + 700`,
    );
    await withMigrationLock(opened.db.knex, opened.db.dialect, async () => order.push('third'));
    expect(order).to.deep.equal(['first', 'second', 'third']);
    const impatient = await failure(
      withMigrationLock(opened.db.knex, opened.db.dialect, () =>
        withMigrationLock(opened.db.knex, opened.db.dialect, async () => undefined, { waitMs: 300 }),
      ),
    );
    expect(impatient.code).to.equal('database-unavailable');
  });
});
