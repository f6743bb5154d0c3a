import { expect } from 'chai';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { Attempt, RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import type { StoredToken, TokenAnswer } from '../../plugin/domain/token/token.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { IS_POSTGRES } from '../support/database.js';
import { config, type Fixture, fixture } from './fixture.js';

const noon = Date.parse('2026-07-01T12:00:00Z');
const HOUR = 3_600_000;
const at = (ms: number): Date => new Date(noon + ms);
const NAMES = ['A', 'B', 'C', 'D', 'E', 'F'];

/** Values of the n-th token: all differ, so that none can be mistaken for another's. */
const attempt = (n: number): Attempt => ({
  event: { at: at(n), actor: null, what: 'renewal', outcome: 'ok', code: null, durationMs: 10 + n },
  state: {
    failures: 0,
    outcome: 'renewed',
    retryAt: null,
    failingSince: null,
    error: null,
    dueAt: n === 1 ? null : at(n * HOUR),
    reason: 'not_due',
    succeededAt: at(n),
    receivedAt: at(n),
    expiresAt: at(2 * n * HOUR),
    ...(n === 2 ? {} : { refreshTokenIssuedAt: at(n) }),
  },
  mark: {
    kind: 'valid',
    rank: 7,
    notice: n === 3,
    endsAt: at(2 * n * HOUR),
    provider: `p${n}.example`,
    told: { kind: 'valid', rank: 7 },
  },
  holder: 'a',
});

/** The third brings no refresh token, so the old one stays. */
const answer = (n: number): TokenAnswer => ({
  accessToken: `new ${n}`,
  accessTokenExpiresAt: at(2 * n * HOUR),
  ...(n === 2 ? {} : { refreshToken: `new-r ${n}` }),
});

describe('tokens that are saved together', () => {
  let fix: Fixture;
  let renewals: RenewalStore;
  let tokens: TokenStore;
  let ids: number[];
  let read: StoredToken[];
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
  });
  after(() => fix.close());
  beforeEach(async () => {
    for (const table of [
      'oauth2_token',
      'oauth2_token_config',
      'oauth2_sidecar_renewal',
      'oauth2_sidecar_event',
    ])
      await fix.rows(`DELETE FROM ${table}`);
    renewals = createRenewalStore(fix);
    tokens = createTokenStore(fix);
    const configs = createTokenConfigStore(fix);
    ids = [];
    for (const name of NAMES) {
      const id = await configs.insert(config(name), 1);
      const old = { accessToken: `a ${name}`, refreshToken: `r ${name}`, accessTokenExpiresAt: at(HOUR) };
      await tokens.save(await tokens.get(id), old, 1);
      ids.push(id);
    }
    await renewals.reconcile(at(0));
    for (const id of ids) await renewals.acquire(id, 'a', 60_000);
    read = await Promise.all(ids.map((id) => tokens.get(id)));
  });

  const save = (n: number) => tokens.save(read[n] as StoredToken, answer(n), 1, attempt(n));
  const saveAll = () => Promise.all(NAMES.map((_name, n) => save(n)));
  const stored = async () =>
    (await Promise.all(ids.map((id) => tokens.get(id)))).map((row) => row.accessToken);
  const events = async () =>
    (await fix.rows("SELECT * FROM oauth2_sidecar_event WHERE what = 'renewal' ORDER BY at")).map(
      ({ token_config_id, name, at: time, duration_ms }) => [token_config_id, name, time, duration_ms],
    );
  const recorded = (n: number) => [ids[n], NAMES[n], noon + n, 10 + n];

  it('take one transaction of few statements, and each caller gets its own result', async () => {
    const sent = await fix.queries(async () => {
      expect(await saveAll()).to.deep.equal(NAMES.map(() => true));
    });
    expect(sent.map((sql) => sql.split(' ')[0])).to.deep.equal([
      'BEGIN;',
      'UPDATE',
      'INSERT',
      // Before an update by a join, the rows are locked.
      ...(IS_POSTGRES ? ['select'] : []),
      'UPDATE',
      'COMMIT;',
    ]);
    for (const [n, id] of ids.entries()) {
      expect(await tokens.get(id)).to.include({
        accessToken: `new ${n}`,
        refreshToken: n === 2 ? 'r C' : `new-r ${n}`,
        errorMessage: null,
      });
      expect((await tokens.get(id)).accessTokenExpiresAt).to.deep.equal(at(2 * n * HOUR));
      expect(
        (await fix.rows('SELECT * FROM oauth2_sidecar_renewal WHERE token_config_id = ?', [id]))[0],
      ).to.include({
        lease_holder: null,
        lease_until: 0,
        due_at: n === 1 ? null : noon + n * HOUR,
        last_success_at: noon + n,
        expires_at: noon + 2 * n * HOUR,
        refresh_token_issued_at: n === 2 ? null : noon + n,
        notice: n === 3 ? 1 : 0,
        provider: `p${n}.example`,
      });
    }
    expect(await events()).to.deep.equal(NAMES.map((_name, n) => recorded(n)));
    expect(await renewals.reconcile(at(9)), 'our own changes are no changes of others').to.equal(0);
  });

  it('leave out one that somebody else has changed, whose token stays', async () => {
    await fix.rows("UPDATE oauth2_token SET token = 'of Perl' WHERE token_config_id = ?", [ids[4] as number]);
    expect(await saveAll()).to.deep.equal([true, true, true, true, false, true]);
    expect(await stored()).to.deep.equal(['new 0', 'new 1', 'new 2', 'new 3', 'of Perl', 'new 5']);
    expect(await events()).to.deep.equal([0, 1, 2, 3, 5].map(recorded));
    const held = await fix.rows(
      'SELECT token_config_id FROM oauth2_sidecar_renewal WHERE lease_holder IS NOT NULL',
    );
    expect(held).to.deep.equal([{ token_config_id: ids[4] }]);
  });

  it('do not wait for one whose row is locked for long', async () => {
    const lock = await fix.helpdesk.knex.transaction();
    try {
      await lock('oauth2_token').where({ token_config_id: ids[4] }).forUpdate().select();
      const codes = NAMES.map((_name, n) => save(n).catch((error) => error.code));
      const others = codes.filter((_code, n) => n !== 4);
      expect(await Promise.all(others)).to.deep.equal(others.map(() => true));
      expect(await codes[4]).to.equal('database-busy');
    } finally {
      await lock.rollback();
    }
    expect(await stored()).to.deep.equal(['new 0', 'new 1', 'new 2', 'new 3', 'a E', 'new 5']);
    expect(await save(4), 'as soon as the row is free').to.equal(true);
    expect(await events()).to.deep.equal(NAMES.map((_name, n) => recorded(n)));
  }).timeout(60_000);

  it('store one of two for the same configuration', async () => {
    const twice = [
      save(0),
      save(1),
      tokens.save(read[1] as StoredToken, { accessToken: 'second' }, 1, attempt(1)),
    ];
    expect(await Promise.all(twice)).to.have.members([true, true, false]);
    expect((await events()).map(([id]) => id)).to.have.members([ids[0], ids[1]]);
  });

  it('create their row of the due list where it is missing', async () => {
    await fix.rows('DELETE FROM oauth2_sidecar_renewal WHERE token_config_id IN (?, ?)', [
      ids[1],
      ids[3],
    ] as number[]);
    expect(await saveAll()).to.deep.equal(NAMES.map(() => true));
    const rows = await fix.rows(
      'SELECT last_success_at FROM oauth2_sidecar_renewal ORDER BY token_config_id',
    );
    expect(rows.map((row) => row.last_success_at)).to.deep.equal(NAMES.map((_name, n) => noon + n));
  });
});
