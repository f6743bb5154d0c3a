import { expect } from 'chai';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { policyOf } from '../../plugin/domain/token/renewal.js';
import { toHelpdeskTime } from '../../plugin/lib/helpdesk-time.js';
import { createDueBatch } from '../../plugin/renewal-service/due-batch.js';
import { refreshToken } from '../../plugin/usecases/refresh-token.js';
import { MemoryJournal } from '../support/memory-journal.js';
import { settingsOf, settingsReader } from '../support/samples.js';
import { config, type Fixture, fixture } from './fixture.js';

const noon = Date.parse('2026-07-01T12:00:00Z');
const at = (ms: number): Date => new Date(noon + ms);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OURS = 'oauth2_sidecar_renewal';

describe('a helpdesk whose time zone is changed', () => {
  let fix: Fixture;
  let zone = 'UTC';
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
  });
  after(() => fix.close());
  beforeEach(async () => {
    zone = 'UTC';
    fix.clock.now = at(0);
    for (const table of ['oauth2_token', 'oauth2_token_config', OURS]) await fix.rows(`DELETE FROM ${table}`);
  });

  function stores() {
    const deps = { ...fix, zone: () => zone };
    return {
      renewals: createRenewalStore(deps),
      tokens: createTokenStore(deps),
      configs: createTokenConfigStore(deps),
    };
  }
  /** As the sidecar does during a look. */
  async function look({ renewals }: ReturnType<typeof stores>): Promise<number[]> {
    const due: number[] = [];
    await renewals.reconcile(fix.clock.now);
    const renew = ({ config: { id } }: { config: { id: number } }) => void due.push(id);
    const batch = createDueBatch({ renewals, clock: fix.clock, batch: 100, renew });
    await batch.one(policyOf(settingsOf()));
    return due;
  }
  /** As the helpdesk's Perl writes: a text in its time zone. */
  const byPerl = (id: number, end: Date, refreshEnd: Date | null = null) =>
    fix.rows(
      `UPDATE oauth2_token SET token = ?, token_expiration_date = ?, change_time = ?,
         refresh_token = 'r', refresh_token_expiration_date = ${refreshEnd ? '?' : 'NULL'} WHERE token_config_id = ?`,
      [
        `perl ${end.getTime()}`,
        toHelpdeskTime(end, zone),
        toHelpdeskTime(fix.clock.now, zone),
        ...(refreshEnd ? [toHelpdeskTime(refreshEnd, zone)] : []),
        id,
      ],
    );

  for (const [from, to] of [
    ['UTC', 'America/Los_Angeles'],
    ['Asia/Tokyo', 'UTC'],
    ['UTC', 'Asia/Kathmandu'],
    ['Pacific/Kiritimati', 'Pacific/Pago_Pago'],
  ] as const) {
    it(`has our token renewed when it is due, from ${from} to ${to}`, async () => {
      zone = from;
      const { renewals, tokens, configs } = stores();
      const id = await configs.insert(config('ours'), 1);
      const old = { accessToken: 'a', refreshToken: 'r', accessTokenExpiresAt: at(60_000) };
      await tokens.save(await tokens.get(id), old, 1);
      await renewals.reconcile(at(0));
      const deps = {
        ...stores(),
        journal: new MemoryJournal(),
        endpoint: {
          post: async () => ({ access_token: 'b', expires_in: 3600, refresh_token: 'r2' }),
        },
        caches: { forgetTokenConfigs: async () => undefined },
        settings: settingsReader(),
        clock: fix.clock,
        holder: 'a',
      };
      expect(await refreshToken(deps, { configId: id, userId: 1, actor: null, force: true })).to.include({
        outcome: 'renewed',
      });
      zone = to;
      expect((await renewals.one(id))?.token.accessTokenExpiresAt).to.deep.equal(at(HOUR));
      expect((await renewals.figures(at(0))).nearestEnd).to.deep.equal(at(HOUR));
      fix.clock.now = at(30 * 60_000);
      await renewals.lookAgain(fix.clock.now);
      expect(await look(stores())).to.deep.equal([]);
      fix.clock.now = at(50 * 60_000);
      expect(await look(stores())).to.deep.equal([id]);
    }).timeout(60_000);

    it(`has its own token renewed when it is due, from ${from} to ${to}`, async () => {
      zone = from;
      const { renewals, tokens, configs } = stores();
      const id = await configs.insert(config('by Perl'), 1);
      await tokens.get(id);
      await byPerl(id, at(HOUR), at(30 * DAY));
      expect(await look(stores())).to.deep.equal([]);
      zone = to;
      const row = await renewals.one(id);
      expect([row?.token.accessTokenExpiresAt, row?.token.refreshTokenExpiresAt]).to.deep.equal([
        at(HOUR),
        at(30 * DAY),
      ]);
      expect(row?.renewal.receivedAt).to.deep.equal(at(0));
      fix.clock.now = at(50 * 60_000);
      expect(await look(stores())).to.deep.equal([id]);
      // What is written from now on is in the new time zone.
      await byPerl(id, at(3 * HOUR));
      await look(stores());
      expect((await renewals.one(id))?.token.accessTokenExpiresAt).to.deep.equal(at(3 * HOUR));
    }).timeout(60_000);
  }

  it('does not make the sidecar read a note of an earlier token as one of the current token', async () => {
    const { renewals, tokens, configs } = stores();
    const id = await configs.insert(config('stale'), 1);
    await tokens.get(id);
    await byPerl(id, at(HOUR));
    await renewals.reconcile(at(0));
    await fix.rows(`UPDATE ${OURS} SET expires_at = ${noon + HOUR + 1234_000}`);
    expect((await renewals.one(id))?.token.accessTokenExpiresAt).to.deep.equal(at(HOUR));
    await fix.rows(`UPDATE ${OURS} SET expires_at = ${noon + HOUR + 2 * DAY}`);
    expect((await renewals.one(id))?.token.accessTokenExpiresAt).to.deep.equal(at(HOUR));
  }).timeout(60_000);

  it('does not make the sidecar note the times of a token that was written again since it was read', async () => {
    const { renewals, tokens, configs } = stores();
    const id = await configs.insert(config('quick'), 1);
    await tokens.get(id);
    await byPerl(id, at(HOUR));
    await renewals.reconcile(at(0));
    const read = await renewals.due(at(0), 10);
    await byPerl(id, at(2 * HOUR));
    await renewals.reconcile(at(1));
    await renewals.noteTimes(read);
    expect((await renewals.one(id))?.token.accessTokenExpiresAt).to.deep.equal(at(2 * HOUR));
  }).timeout(60_000);
});
