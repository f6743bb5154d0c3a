import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { type Database, openDatabase } from '../../db/database.js';
import { migrate, ownTables } from '../../db/migrate.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { Attempt } from '../../plugin/domain/token/renewal-store.js';
import { config, type Fixture, fixture } from '../db/fixture.js';
import { scratchDatabase } from '../support/database.js';
import { startPgbouncer } from '../support/pgbouncer.js';

const noon = Date.parse('2026-07-01T12:00:00Z');
const at = (ms: number): Date => new Date(noon + ms);
const HOUR = 3_600_000;
/** More renewals at once than the pooler has connections. */
const COUNT = 12;
const CONNECTIONS = 2;

const renewed = (dueAt: Date): Attempt => ({
  event: { at: at(0), actor: null, what: 'renewal', outcome: 'ok', code: null, durationMs: 10 },
  state: {
    ...{ failures: 0, outcome: 'renewed', retryAt: null, failingSince: null, error: null },
    ...{ dueAt, reason: 'not_due', succeededAt: at(0), receivedAt: at(0), expiresAt: at(2 * HOUR) },
  },
  mark: {
    ...{ kind: 'valid', rank: 7, notice: false, endsAt: at(2 * HOUR), provider: 'provider.example' },
    told: { kind: 'valid', rank: 7 },
  },
  holder: 'a',
});

describe('PgBouncer in transaction mode', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let pooler: Awaited<ReturnType<typeof startPgbouncer>>;
  let db: Database;
  before(async () => {
    fix = await fixture();
    const { user, password } = fix.helpdeskAddress;
    const users = { [user]: password, [fix.address.user]: fix.address.password };
    pooler = await startPgbouncer(fix.address.port, users, CONNECTIONS);
    db = openDatabase({ ...fix.address, port: pooler.port });
  });
  after(async () => {
    await db.close();
    await pooler.stop();
    await fix.close();
  });

  it('gives each session the settings that install has stored with the role', async () => {
    const settings = async (name: string) => {
      const rows = await db.run('test', (knex, { statements }) =>
        statements.rows<Record<string, string>>(knex, `SHOW ${name}`),
      );
      return Object.values(rows[0] ?? {})[0];
    };
    expect(await settings('lock_timeout')).to.equal('3s');
    expect(await settings('idle_in_transaction_session_timeout')).to.equal('1min');
    expect(await settings('default_transaction_isolation')).to.equal('read committed');
    expect(await settings('datestyle')).to.match(/^ISO/);
  });

  it('carries many leases and renewals at once, and none is taken for a change by others', async () => {
    const through = { ...fix, db, columns: createColumnReader(db) };
    const renewals = createRenewalStore(through);
    const tokens = createTokenStore(through);
    const configs = createTokenConfigStore(through);
    fix.clock.now = at(0);
    const ids: number[] = [];
    for (let number = 0; number < COUNT; number++) {
      const id = await configs.insert(config(`pooled ${number}`), 1);
      ids.push(id);
      await tokens.save(await tokens.get(id), { accessToken: `a ${id}`, refreshToken: `r ${id}` }, 1);
    }
    expect(await renewals.reconcile(at(0))).to.equal(COUNT);
    const leases = await Promise.all(
      ['a', 'b'].flatMap((holder) => ids.map((id) => renewals.acquire(id, holder, 60_000))),
    );
    expect(leases.filter((lease) => lease === 'taken')).to.have.length(COUNT);
    const rows = await Promise.all(ids.map((id) => tokens.get(id)));
    const saved = await Promise.all(
      rows.map((row, n) =>
        tokens.save(row, { accessToken: `new ${n}`, refreshToken: `next ${n}` }, 1, renewed(at(n * HOUR))),
      ),
    );
    expect(saved).to.deep.equal(ids.map(() => true));
    expect(await renewals.reconcile(at(1))).to.equal(0);
    const due = await fix.rows<{ due_at: number }>(
      'SELECT due_at FROM oauth2_sidecar_renewal ORDER BY token_config_id',
    );
    expect(due.map((row) => Number(row.due_at))).to.deep.equal(ids.map((_id, n) => noon + n * HOUR));
    expect((await tokens.get(ids[3] as number)).refreshToken).to.equal('next 3');
  });

  it('carries a migration, and another one that begins at the same moment', async () => {
    const scratch = await scratchDatabase();
    const { port } = pooler;
    const both = [1, 2].map(() => openDatabase({ ...scratch.connection, port, socket: null }));
    try {
      await Promise.all(both.map((one) => migrate(one)));
      expect(await ownTables(both[0] as Database)).to.deep.equal(await ownTables(fix.helpdesk));
    } finally {
      await Promise.all(both.map((one) => one.close()));
      await scratch.drop();
    }
  });
});
