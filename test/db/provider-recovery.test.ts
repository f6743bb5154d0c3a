import { expect } from 'chai';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { ProviderError } from '../../plugin/domain/provider/provider-error.js';
import { USUAL_POLICY } from '../../plugin/domain/token/renewal.js';
import type { Attempt, RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { failed } from '../../plugin/usecases/attempts.js';
import { config, type Fixture, fixture } from './fixture.js';

const noon = Date.parse('2026-07-01T12:00:00Z');
const at = (ms: number): Date => new Date(noon + ms);
const HOUR = 3_600_000;
const MINUTE = 60_000;
const OURS = 'oauth2_sidecar_renewal';

describe("a provider's failures in the database", () => {
  let fix: Fixture;
  let renewals: RenewalStore;
  let tokens: TokenStore;
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
    renewals = createRenewalStore(fix);
    tokens = createTokenStore(fix);
  });
  after(() => fix.close());
  beforeEach(async () => {
    fix.clock.now = at(0);
    for (const table of ['oauth2_token', 'oauth2_token_config', OURS]) await fix.rows(`DELETE FROM ${table}`);
  });

  async function add(
    name: string,
    state: Partial<Attempt['state']>,
    provider = 'a.example',
    endsAt = at(HOUR),
  ) {
    const id = await createTokenConfigStore(fix).insert(config(name), 1);
    const answer = { accessToken: name, refreshToken: `r-${name}`, accessTokenExpiresAt: endsAt };
    await tokens.save(await tokens.get(id), answer, 1);
    await renewals.reconcile(at(0));
    const retryAt = at(15 * MINUTE);
    await renewals.note(id, {
      event: null,
      state: {
        failures: 6,
        outcome: 'transient',
        retryAt,
        failingSince: at(-HOUR),
        error: 'timeout',
        dueAt: retryAt,
        reason: 'backing_off',
        ...state,
      },
      mark: {
        kind: 'provider-unavailable',
        rank: 3,
        notice: false,
        endsAt,
        provider,
        told: { kind: 'provider-unavailable', rank: 3 },
      },
      holder: null,
    });
    return id;
  }
  const times = async () =>
    Object.fromEntries(
      (
        await fix.rows(
          `SELECT c.name, r.due_at, r.retry_at FROM ${OURS} r JOIN oauth2_token_config c ON c.id = r.token_config_id`,
        )
      ).map((row) => [row.name, [row.due_at, row.retry_at].map((value) => Number(value) - noon)]),
    );
  const WAITS = [15 * MINUTE, 15 * MINUTE];

  it('make due what backs off after a recovery: spread, the tokens that end first at once, and nothing else', async () => {
    await add('second', {}, 'a.example', at(HOUR));
    await add('first', {}, 'a.example', at(MINUTE));
    await add('third', { outcome: 'invalid-answer' }, 'a.example', at(2 * HOUR));
    await add('elsewhere', {}, 'b.example');
    await add('rejected', { outcome: 'client-rejected' });
    const single = await add('single', {});
    await add('asked to wait', { notBefore: at(10 * MINUTE) });
    expect(await renewals.providerIsBack('a.example', at(0), 125, [single])).to.equal(4);
    const all = await times();
    expect(all.first).to.deep.equal([0, 0]);
    expect(all.second).to.deep.equal([125, 125]);
    expect(all['asked to wait']).to.deep.equal([10 * MINUTE, 10 * MINUTE]);
    expect(all.third).to.deep.equal([375, 375]);
    for (const name of ['elsewhere', 'rejected', 'single']) expect(all[name], name).to.deep.equal(WAITS);
  });

  it('let one renewal at a time ask, the next in turn, and none that the provider asked to wait', async () => {
    await add('later', { retryAt: at(9 * MINUTE), dueAt: at(9 * MINUTE) });
    await add('next', { retryAt: at(5 * MINUTE), dueAt: at(5 * MINUTE) });
    await add('asked to wait', { retryAt: at(MINUTE), dueAt: at(MINUTE), notBefore: at(MINUTE) });
    expect(await renewals.probeProvider('a.example', at(0))).to.equal(true);
    expect(await times()).to.deep.equal({
      later: [9 * MINUTE, 9 * MINUTE],
      next: [0, 0],
      'asked to wait': [MINUTE, MINUTE],
    });
    expect(await renewals.probeProvider('b.example', at(0))).to.equal(false);
  });

  it('keep a lost answer for the refresh token that was sent, and for no other', async () => {
    const id = await add('lost', { lostAnswer: 'cut' });
    const lost = async () => (await renewals.one(id))?.renewal.lostAnswer;
    expect(await lost()).to.equal('cut');
    // The helpdesk's Perl has tried it, too.
    await fix.rows(`UPDATE oauth2_token SET error_message = 'invalid_grant' WHERE token_config_id = ${id}`);
    await renewals.reconcile(at(1));
    expect(await lost()).to.equal('cut');
    await fix.rows(`UPDATE oauth2_token SET refresh_token = 'new' WHERE token_config_id = ${id}`);
    expect(await lost()).to.equal(null);
    await fix.rows(`UPDATE oauth2_token SET refresh_token = 'r-lost' WHERE token_config_id = ${id}`);
    await fix.rows(`UPDATE ${OURS} SET lost_answer = 'of a later version' WHERE token_config_id = ${id}`);
    expect(await lost()).to.equal(null);
  });

  for (const [what, sql] of [
    ['secret', `UPDATE oauth2_token_config SET config = REPLACE(config, 'secret', 'new secret')`],
    ['validity', 'UPDATE oauth2_token_config SET valid_id = 2'],
  ] as const)
    it(`do not count against a configuration that was changed meanwhile (${what})`, async () => {
      const id = await add('edited', {});
      const row = await renewals.one(id);
      if (!row) throw new Error('no row');
      await fix.rows(sql);
      const error = new ProviderError({ outcome: 'grant-dead', error: 'invalid_grant', status: 401 });
      const facts = {
        what: 'renewal',
        actor: null,
        startedAt: at(0),
        holder: 'a',
        policy: USUAL_POLICY,
      } as const;
      // Once by our own screens, which have already taken the change in, and once by the helpdesk's.
      for (const takenIn of [true, false]) {
        if (takenIn) await renewals.reconcile(at(1));
        await renewals.note(id, failed(row, error, facts, at(2)));
        expect((await renewals.one(id))?.renewal.outcome).to.equal('grant-dead');
        expect(await renewals.reconcile(at(3))).to.equal(1);
        expect((await renewals.one(id))?.renewal.outcome).to.equal(null);
        expect((await renewals.due(at(3), 10)).map(({ config: { name } }) => name)).to.deep.equal(['edited']);
      }
      const now = await renewals.one(id);
      if (!now) throw new Error('no row');
      await renewals.note(id, failed(now, error, facts, at(4)));
      expect(await renewals.reconcile(at(5)), 'nobody has changed it').to.equal(0);
    });
});
