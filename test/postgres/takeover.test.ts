import { expect } from 'chai';
import type { Knex } from 'knex';
import { createColumnReader } from '../../db/columns.js';
import { type Database, type DatabaseAddress, openDatabase } from '../../db/database.js';
import { createOverviewStore } from '../../db/repositories/overview.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { refreshToken } from '../../plugin/usecases/refresh-token.js';
import { config, failure, ZONE } from '../db/fixture.js';
import { until } from '../lab/ports.js';
import { SIDECAR_USER } from '../lab/sidecar-user.js';
import { MemoryJournal } from '../support/memory-journal.js';
import { postgresPair } from '../support/postgres-pair.js';
import { settingsReader } from '../support/samples.js';

const READ_ONLY =
  'It answers, but accepts no changes (read-only). If it is a replica, name the server that accepts changes in DatabaseDSN in Kernel/Config.pm.';
const ROWS = 12;
/** Longer than it takes. */
const LEASE = 600_000;
const now = new Date('2026-07-01T12:00:00Z');
const clock = () => now;
const zone = () => ZONE;

describe('a PostgreSQL whose standby takes over', function () {
  this.timeout(180_000);
  let pair: Awaited<ReturnType<typeof postgresPair>>;
  /** As the sidecar: through the pooler, and at the standby itself. */
  let pooled: Database;
  let direct: Database;
  /** As the helpdesk: at the primary, and later at the standby. */
  let primary: Database;
  let standby: Database;
  const opened: Database[] = [];
  const open = (address: DatabaseAddress): Database => {
    const db = openDatabase(address, { timeoutMs: 5000 });
    opened.push(db);
    return db;
  };
  const ids: number[] = [];

  before(async () => {
    pair = await postgresPair('takeover');
    const at = (port: number, user = {}): DatabaseAddress => ({
      ...pair.primary.database,
      ...user,
      port,
      socket: null,
    });
    pooled = open(at(pair.pooler.port, SIDECAR_USER));
    direct = open(at(pair.standby.ports.mariadb, SIDECAR_USER));
    primary = open(at(pair.primary.ports.mariadb));
    standby = open(at(pair.standby.ports.mariadb));
    for (let number = 0; number < ROWS; number++)
      ids.push(await configs(primary).insert(config(`Mailbox ${number}`), 1));
    await pair.caughtUp();
  });
  after(async () => {
    for (const db of opened) await db.close();
    await pair.remove();
  });

  const configs = (db: Database) =>
    createTokenConfigStore({ db, zone, clock, columns: createColumnReader(db) });
  const tokens = (db: Database) => createTokenStore({ db, zone, clock, columns: createColumnReader(db) });
  const renewals = (db: Database) => createRenewalStore({ db, zone });
  const idOf = (number: number): number => ids[number] as number;
  const touch = (knex: Knex, number: number) =>
    knex('oauth2_token_config')
      .where({ id: idOf(number) })
      .update({ config: `{"at":"${process.hrtime.bigint()}"}` });
  /** What a write must do to the sign, whoever looks. */
  async function noticed(through: Database, number: number, write: () => Promise<unknown>): Promise<void> {
    const before = await renewals(through).lastWrite();
    await write();
    const after = await renewals(through).lastWrite();
    expect(after.at).to.not.equal(before.at);
    if (after.written) expect(after.written).to.include(idOf(number));
    const again = await renewals(through).lastWrite();
    expect([again.at, again.written]).to.deep.equal([after.at, []]);
  }
  const replicated = async (write: Promise<unknown>) => {
    await write;
    await pair.caughtUp();
  };

  it('can be read at the standby, and says that it is read-only when something is to be stored', async () => {
    const { total } = await createOverviewStore({ db: direct, zone }).list({ page: 1, pageSize: 5 });
    expect(total).to.equal(ROWS);
    for (const work of [
      () => configs(direct).insert(config('New'), 1),
      () => renewals(direct).acquire(idOf(0), 'a', LEASE),
    ]) {
      const error = await failure(work());
      expect([error.code, error.detail]).to.deep.equal(['database-unavailable', READ_ONLY]);
    }
  });

  it('shows at the standby what has been written, also by a transaction that others have overtaken', async () => {
    await noticed(direct, 1, () => replicated(touch(primary.knex, 1)));
    const slow = await primary.knex.transaction();
    await touch(slow, 2);
    await noticed(direct, 3, () => replicated(touch(primary.knex, 3)));
    await noticed(direct, 2, () => replicated(slow.commit()));
  });

  it('keeps leases and renewals, one of them under way, and is renewed through the same pooler', async () => {
    const holder = 'sidecar';
    const [held, stored, under] = [4, 5, 6].map(idOf) as [number, number, number];
    const save = async (db: Database, id: number, name: string) => {
      const store = tokens(db);
      const values = { accessToken: name, refreshToken: `${name} refresh`, accessTokenExpiresAt: now };
      return store.save(await store.get(id), values, 1);
    };
    for (const id of [stored, under]) await save(pooled, id, 'old');
    await renewals(pooled).reconcile(now);
    expect(await renewals(pooled).acquire(held, holder, LEASE)).to.equal('taken');
    expect(await save(pooled, stored, 'new')).to.equal(true);
    // It ends with the primary.
    const open = await primary.knex.transaction();
    await touch(open, 7);
    const before = await renewals(pooled).lastWrite();

    const journal = new MemoryJournal();
    let asked = 0;
    const deps = {
      ...{ tokens: tokens(pooled), renewals: renewals(pooled), journal, clock, holder },
      settings: settingsReader(),
      caches: { forgetTokenConfigs: async () => undefined },
      endpoint: {
        async post() {
          asked++;
          await pair.caughtUp();
          await pair.kill();
          const lost = await failure(renewals(pooled).lastWrite());
          expect(lost.code).to.equal('database-unavailable');
          pair.pooler.lead(pair.standby.ports.mariadb);
          const read = () => renewals(pooled).one(under);
          await until('the standby through the pooler', () => read().then(Boolean, () => false));
          const refused = await failure(renewals(pooled).acquire(idOf(8), holder, LEASE));
          expect([refused.code, refused.detail]).to.deep.equal(['database-unavailable', READ_ONLY]);
          await pair.promote();
          return { access_token: 'newest', refresh_token: 'successor', expires_in: 3600 };
        },
      },
    };
    const { outcome } = await refreshToken(deps, { configId: under, userId: 1, actor: null });
    expect(outcome).to.equal('renewed');
    // The pool waits for it.
    await open.rollback().catch(() => undefined);
    expect([asked, await journal.length()]).to.deep.equal([1, 0]);
    expect((await tokens(standby).get(under)).refreshToken).to.equal('successor');
    expect((await tokens(standby).get(stored)).accessToken).to.equal('new');
    expect(await renewals(pooled).acquire(held, 'another', LEASE)).to.equal(null);
    expect(await renewals(pooled).acquire(stored, 'another', LEASE)).to.equal('taken');
    const after = await renewals(pooled).lastWrite();
    expect(after.at).to.not.equal(before.at);
    expect(after.written, 'all are to be looked at').to.equal(undefined);
  });

  it('shows each later write, through the pooler and to those who looked at it as a standby', async () => {
    for (const number of [9, 10, 11])
      for (const through of [pooled, direct])
        await noticed(through, number, () => touch(standby.knex, number));
  });
});
