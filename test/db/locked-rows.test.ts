import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { despiteLocks } from '../../db/despite-locks.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { LONGEST_UNSEEN } from '../../plugin/domain/token/due-time.js';
import type { Attempt, RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import type { StateMark } from '../../plugin/domain/token/state-mark.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { SidecarError } from '../../plugin/errors.js';
import { findForgotten } from '../../plugin/usecases/find-forgotten.js';
import { EPOCH } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';

const noon = Date.parse('2026-07-01T12:00:00Z');
const at = (ms: number): Date => new Date(noon + ms);
const HOUR = 3_600_000;
const MARK: StateMark = {
  kind: 'valid',
  rank: 7,
  notice: false,
  endsAt: at(HOUR),
  provider: 'provider.example',
  told: { kind: 'valid', rank: 7 },
};
/** A renewal that succeeded and is next due in an hour. */
const STORED: Attempt = {
  event: { at: at(0), actor: null, what: 'renewal', outcome: 'ok', code: null, durationMs: 10 },
  state: {
    ...{ failures: 0, outcome: 'renewed', retryAt: null, failingSince: null, error: null },
    ...{ dueAt: at(HOUR), reason: 'not_due', succeededAt: at(0), receivedAt: at(0), expiresAt: at(2 * HOUR) },
  },
  mark: MARK,
  holder: 'a',
};
const OURS = 'oauth2_sidecar_renewal';
const TOKENS = 'oauth2_token';

describe('a locked row', () => {
  let fix: Fixture;
  let renewals: RenewalStore;
  let tokens: TokenStore;
  let ids: number[];
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
  });
  after(() => fix.close());
  beforeEach(async () => {
    renewals = createRenewalStore(fix);
    tokens = createTokenStore(fix);
    fix.clock.now = at(0);
    for (const table of [TOKENS, 'oauth2_token_config', OURS]) await fix.rows(`DELETE FROM ${table}`);
    const configs = createTokenConfigStore(fix);
    ids = [];
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const id = await configs.insert(config(name), 1);
      ids.push(id);
      const values = { accessToken: name, refreshToken: 'r', accessTokenExpiresAt: at(HOUR) };
      await tokens.save(await tokens.get(id), values, 1);
    }
    await renewals.reconcile(at(0));
  });
  const third = () => ids[2] as number;
  const others = () => ids.filter((id) => id !== third());
  const column = async (name: string) =>
    Object.fromEntries(
      (await fix.rows(`SELECT token_config_id AS id, ${name} AS value FROM ${OURS}`)).map((row) => [
        Number(row.id),
        row.value === null ? null : Number(row.value),
      ]),
    );
  async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
    const lock = await fix.helpdesk.knex.transaction();
    try {
      await lock(table).where({ token_config_id: third() }).forUpdate().select();
      await work();
    } finally {
      await lock.rollback();
    }
  }

  it('does not keep other rows from their due times, and stays due itself', async () => {
    const entries = ids.map((configId) => ({
      configId,
      at: at(HOUR),
      reason: 'not_due' as const,
      mark: MARK,
    }));
    await whileLocked(OURS, () => renewals.schedule(entries, at(0)));
    const due = await column('due_at');
    for (const id of others()) expect(due[id]).to.equal(noon + HOUR);
    expect(due[third()]).to.equal(noon);
  }).timeout(60_000);

  it('does not keep other rows from their leases', async () => {
    await whileLocked(OURS, async () => {
      const leases = await Promise.all(ids.map((id) => renewals.acquire(id, 'holder', 120_000)));
      expect(leases).to.deep.equal(['taken', 'taken', null, 'taken', 'taken', 'taken']);
    });
    expect(await renewals.acquire(third(), 'holder', 120_000)).to.equal('taken');
  }).timeout(60_000);

  for (const table of [OURS, TOKENS])
    it(`does not delay the changes of other rows (${table})`, async () => {
      await renewals.schedule(
        ids.map((configId) => ({ configId, at: at(HOUR), reason: 'not_due', mark: MARK })),
      );
      await fix.rows(`UPDATE ${TOKENS} SET refresh_token = CONCAT(refresh_token, '2')`);
      await whileLocked(table, async () => {
        await renewals.reconcile(at(1));
      });
      const due = await column('due_at');
      for (const id of others()) expect(due[id]).to.equal(noon + 1);
      await renewals.reconcile(at(2));
      expect((await column('due_at'))[third()], 'taken in later').to.be.oneOf([noon + 1, noon + 2]);
    }).timeout(60_000);

  it('is not due at once because a renewal was being stored while changes by others were taken in', async () => {
    await fix.rows(`UPDATE ${TOKENS} SET error_code = 'changed' WHERE token_config_id = ${third()}`);
    let save = (): void => undefined;
    const maySave = new Promise<void>((resolve) => {
      save = resolve;
    });
    let other: Promise<void> = Promise.resolve();
    await new Promise<void>((resolve, reject) => {
      other = fix.db.transaction('other', async (db) => {
        await db.knex(OURS).where({ token_config_id: third() }).forUpdate().select();
        resolve();
        await maySave;
        const store = createTokenStore({ ...fix, db });
        const answer = { accessToken: 'new', refreshToken: 'r2' };
        expect(await store.save(await store.get(third()), answer, 1, STORED)).to.equal(true);
      });
      other.catch(reject);
    });
    const pass = renewals.reconcile(at(0));
    // Until the pass waits for the row.
    await pause(500);
    save();
    await Promise.all([other, pass]);
    expect((await column('due_at'))[third()]).to.equal(noon + HOUR);
    expect(await renewals.reconcile(at(0)), 'taken for a change by others').to.equal(0);
  }).timeout(60_000);

  it('does not keep other rows from being checked again', async () => {
    await whileLocked(OURS, () => renewals.lookAgain(at(5)));
    const due = await column('due_at');
    for (const id of others()) expect(due[id]).to.equal(noon + 5);
    expect(due[third()]).to.equal(noon);
  }).timeout(60_000);

  it('is set back later than the others after the clock was set back, and every row only once', async () => {
    await fix.rows(`UPDATE ${OURS} SET received_at = ${noon + HOUR}, expires_at = ${noon + 2 * HOUR}`);
    await whileLocked(TOKENS, async () => {
      expect(await failure(renewals.setBack(at(0), HOUR))).to.include({ code: 'database-busy' });
    });
    await renewals.setBack(at(0), HOUR);
    const received = await column('received_at');
    const ends = await column('expires_at');
    for (const id of ids) expect([received[id], ends[id]]).to.deep.equal([noon, noon + HOUR]);
  }).timeout(60_000);

  it('is waited for separately after the first time, so that no other row waits for it again', async () => {
    await whileLocked(TOKENS, async () => {
      const rows = await Promise.all(ids.map((id) => tokens.get(id)));
      const save = (n: number, value: string) =>
        tokens.save(rows[n] as never, { accessToken: value }, 1).then(
          () => 'saved',
          (error: SidecarError) => error.code,
        );
      expect(await Promise.all([save(1, 'x'), save(2, 'x'), save(3, 'x')])).to.deep.equal([
        'saved',
        'database-busy',
        'saved',
      ]);
      const order: string[] = [];
      await Promise.all(
        [2, 4, 5].map((n) => save(n, 'y').then((outcome) => void order.push(`${n} ${outcome}`))),
      );
      expect(order.at(-1)).to.equal('2 database-busy');
      const gathered = await fix.queries(() => Promise.all([save(0, 'z'), save(2, 'z')]));
      expect(
        gathered.filter((sql) => sql.includes(`UPDATE ${TOKENS}`) && sql.includes('CASE')),
      ).to.have.length(0);
    });
  }).timeout(60_000);

  it('among several thousand costs a few statements for the others, not one each', async () => {
    const items = Array.from({ length: 2000 }, (_, n) => n);
    let calls = 0;
    const locked = await despiteLocks(fix.db.dialect, items, async (part) => {
      calls++;
      if (part.includes(1234)) throw new SidecarError('database-busy');
    });
    expect(locked).to.deep.equal([1234]);
    expect(calls).to.equal(1 + 10 + 200);
  });

  it('is waited for a few times only, where many are locked', async () => {
    const tried: number[][] = [];
    const locked = await despiteLocks(fix.db.dialect, [...Array(100).keys()], async (part) => {
      tried.push(part);
      throw new SidecarError('database-busy');
    });
    expect(locked).to.have.length(100);
    expect(tried.length).to.be.below(1 + 16 + 4);
  });

  it('does not hide another failure', async () => {
    const fault = new SidecarError('schema-unknown');
    const work = async (part: number[]) => {
      throw part.length > 1 ? new SidecarError('database-busy') : fault;
    };
    expect(await failure(despiteLocks(fix.db.dialect, [1, 2], work))).to.equal(fault);
  });
});

describe('configurations that the due list has lost', () => {
  let fix: Fixture;
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
  });
  after(() => fix.close());

  it('are found, page by page, where they can be renewed and nobody holds their lease', async () => {
    const renewals = createRenewalStore(fix);
    const configs = createTokenConfigStore(fix);
    const tokens = createTokenStore(fix);
    fix.clock.now = at(0);
    const ids: number[] = [];
    for (const name of ['due', 'without', 'years ahead', 'held', 'switched off', 'without token']) {
      const id = await configs.insert(config(name, {}, name === 'switched off' ? 2 : 1), 1);
      ids.push(id);
      if (name !== 'without token')
        await tokens.save(await tokens.get(id), { accessToken: 'a', refreshToken: 'r' }, 1);
    }
    await renewals.reconcile(at(0));
    await fix.rows(`UPDATE ${OURS} SET due_at = NULL, reason = 'not_due' WHERE token_config_id <> ${ids[0]}`);
    await fix.rows(
      `UPDATE ${OURS} SET due_at = ${noon + LONGEST_UNSEEN + 2 * HOUR} WHERE token_config_id = ${ids[2]}`,
    );
    await fix.rows(
      `UPDATE ${OURS} SET lease_holder = 'x', lease_until = (${EPOCH} + 60) * 1000 WHERE token_config_id = ${ids[3]}`,
    );
    await fix.rows(`UPDATE ${OURS} SET reason = 'never_fetched' WHERE token_config_id = ${ids[5]}`);
    const names = async (page?: number) =>
      (await findForgotten(renewals, at(0), page)).map((row) => row.config.name);
    expect(await names()).to.deep.equal(['without', 'years ahead']);
    expect(await names(1)).to.deep.equal(['without', 'years ahead']);
    expect((await renewals.figures(at(0))).forgotten).to.equal(1);
    await fix.rows(`UPDATE ${OURS} SET lease_until = 0 WHERE token_config_id = ${ids[3]}`);
    expect(await names(2)).to.deep.equal(['without', 'years ahead', 'held']);
    expect((await renewals.figures(at(0))).forgotten).to.equal(2);
  }).timeout(60_000);
});
