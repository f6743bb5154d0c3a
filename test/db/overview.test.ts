import { expect } from 'chai';
import { createOverviewStore } from '../../db/repositories/overview.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { TokenConfigStore } from '../../plugin/domain/configuration/token-config-store.js';
import type { ListQuery, OverviewStore } from '../../plugin/domain/token/overview.js';
import { USUAL_POLICY } from '../../plugin/domain/token/renewal.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { createRenewalService } from '../../plugin/renewal-service/renewal-service.js';
import { tokenProblems } from '../../plugin/usecases/token-problems.js';
import { neverQuiet } from '../support/never-quiet.js';
import { noUsage, settingsReader, usagesOf } from '../support/samples.js';
import { config, type Fixture, fixture } from './fixture.js';

const hour = (n: number): Date => new Date(Date.parse('2026-07-01T12:00:00Z') + n * 3_600_000);

describe('tokens', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let configs: TokenConfigStore;
  let overview: OverviewStore;
  let tokens: TokenStore;
  before(async () => {
    fix = await fixture();
    configs = createTokenConfigStore(fix);
    overview = createOverviewStore(fix);
    tokens = createTokenStore(fix);
  });
  after(() => fix.close());
  beforeEach(async () => {
    fix.clock.now = hour(0);
    await fix.rows('DELETE FROM oauth2_sidecar_renewal');
    await fix.rows('DELETE FROM oauth2_token');
    await fix.rows('DELETE FROM oauth2_token_config');
  });
  const add = async (
    name: string,
    token: { access?: string; expires?: Date; refresh?: string; refreshExpires?: Date },
    document = {},
    validId = 1,
  ): Promise<number> => {
    const configId = await configs.insert(config(name, document, validId), 1);
    await tokens.save(
      await tokens.get(configId),
      {
        ...(token.access !== undefined && { accessToken: token.access }),
        ...(token.expires && { accessTokenExpiresAt: token.expires }),
        ...(token.refresh !== undefined && { refreshToken: token.refresh }),
        ...(token.refreshExpires && { refreshTokenExpiresAt: token.refreshExpires }),
      },
      1,
    );
    return configId;
  };

  /** One look of the renewal service, which renews nothing but stores the states. */
  const look = (now: Date): Promise<void> => {
    fix.clock.now = now;
    const silent = () => undefined;
    return createRenewalService({
      quiet: neverQuiet,
      announce: async () => 0,
      renewals: createRenewalStore(fix),
      events: { prune: async () => 0 },
      refresh: async () => ({ outcome: 'busy' }),
      replay: async () => 0,
      policy: async () => ({ ...USUAL_POLICY, keepEvents: 1e9 }),
      clock: fix.clock,
      log: { info: silent, warn: silent, error: silent },
    }).tick();
  };
  const problems = async () => {
    const found = await tokenProblems({
      tokens,
      usages: usagesOf({ ...noUsage, smtp: true }),
      settings: settingsReader(),
      clock: fix.clock,
    });
    return found.problems.map(({ row, state }) => [row.config.name, state.kind] as const);
  };

  it('with problems are listed as the notification bar shows them', async () => {
    const off = { Notifications: { NotifyOnExpiredToken: 0, NotifyOnExpiredRefreshToken: 0 } };
    const fine = { access: 'a', expires: hour(3), refresh: 'r' };
    await add('fine', fine);
    await add('never expires', { access: 'a', refresh: 'r' });
    await add('expired', { ...fine, expires: hour(1) });
    await add('expired, switched off', { ...fine, expires: hour(1) }, off);
    await add(
      'expired, switched off as text',
      { ...fine, expires: hour(1) },
      { Notifications: { NotifyOnExpiredToken: '0', NotifyOnExpiredRefreshToken: '' } },
    );
    await add(
      'expired, switched on as text',
      { ...fine, expires: hour(1) },
      { Notifications: { NotifyOnExpiredToken: '1' } },
    );
    await add(
      'expired, on by true',
      { ...fine, expires: hour(1) },
      { Notifications: { NotifyOnExpiredToken: true } },
    );
    await add('expired, no Notifications', { ...fine, expires: hour(1) }, { Notifications: undefined });
    await add('expired, invalid', { ...fine, expires: hour(1) }, {}, 2);
    await add('refresh token gone', { access: 'a', expires: hour(3) });
    await add('refresh token gone, cannot refresh', { access: 'a', expires: hour(3) }, { Requests: {} });
    await add('refresh token past its date', { ...fine, refreshExpires: hour(1) });
    await add('both expired', { ...fine, expires: hour(1), refreshExpires: hour(1) });
    for (const [name, document, errorCode, errorMessage] of [
      ['grant dead', {}, 'invalid_grant', null],
      ['grant dead, word in the message', {}, '70000', 'invalid_grant'],
      ['grant dead, switched off', off, 'invalid_grant', null],
      ['wrong secret', {}, 'invalid_client', 'invalid_client'],
    ] as const) {
      const configId = await add(name, fine, document);
      await tokens.saveError(configId, { errorMessage, errorDescription: null, errorCode }, 1);
    }
    const failed = await configs.insert(config('failed before it ever worked'), 1);
    await tokens.saveError(
      failed,
      { errorMessage: 'access_denied', errorDescription: null, errorCode: null },
      1,
    );
    await tokens.get(await configs.insert(config('looked at, never used'), 1));
    const broken = await add('broken document', { ...fine, expires: hour(1) });
    await fix.rows("UPDATE oauth2_token_config SET config = '{broken' WHERE id = ?", [broken]);

    const expected = {
      expired: 'expired',
      'expired, switched on as text': 'expired',
      'expired, on by true': 'expired',
      'refresh token gone': 'consent-needed',
      'refresh token past its date': 'consent-needed',
      'both expired': 'consent-needed',
      'grant dead': 'consent-needed',
      'grant dead, word in the message': 'consent-needed',
      'wrong secret': 'client-rejected',
      'failed before it ever worked': 'consent-needed',
    };
    // Nobody has looked at them for two hours, so the stored states are not trusted.
    fix.clock.now = hour(2);
    expect(Object.fromEntries(await problems())).to.deep.equal(expected);
    await look(hour(2));
    const found = await problems();
    expect(Object.fromEntries(found)).to.deep.equal(expected);
    // Where mail already stands still comes first.
    expect(found.slice(0, 5).map(([name]) => name)).to.have.members([
      'both expired',
      'expired',
      'expired, on by true',
      'expired, switched on as text',
      'failed before it ever worked',
    ]);
    expect((await fix.queries(() => tokens.problems(hour(2), 20))).length).to.equal(2);
    const two = await tokens.problems(hour(2), 2);
    expect([two.rows.length, two.total]).to.deep.equal([2, 10]);
  });

  it('without problems are no row of the notification bar, which one query over one table says', async () => {
    await add('fine', { access: 'a', expires: hour(3), refresh: 'r' });
    await look(hour(2));
    const found: unknown[] = [];
    const sent = await fix.queries(async () => found.push(await tokens.problems(hour(2), 20)));
    expect(found).to.deep.equal([{ rows: [], total: 0 }]);
    expect(sent.length).to.equal(1);
    expect(sent[0]).to.not.include('oauth2_token_config');
  });

  it('are searched, filtered, sorted and paged for the overview by the database, with two queries for a search', async () => {
    const google = {
      Requests: { TokenByRefreshToken: { Request: { URL: 'https://oauth2.googleapis.com/token' } } },
    };
    await add('Beta', { access: 'a', expires: hour(3), refresh: 'r' });
    await add('Alpha', { access: 'a', expires: hour(9), refresh: 'r' }, google);
    await add('Gamma', { access: 'a', refresh: 'r' });
    await add('Expired', { access: 'a', expires: hour(1), refresh: 'r' }, google);
    await add('Consent', { access: 'a', expires: hour(4) });
    await configs.insert(config('New'), 1);
    await configs.insert(config('Off', {}, 2), 1);
    await look(hour(2));
    const names = async (query: Partial<ListQuery>) => {
      const { rows, total } = await overview.list({ page: 1, pageSize: 25, ...query });
      return [total, ...rows.map((row) => row.config.name)];
    };
    expect(await names({})).to.deep.equal([7, 'Alpha', 'Beta', 'Consent', 'Expired', 'Gamma', 'New', 'Off']);
    expect(await names({ descending: true, pageSize: 2 })).to.deep.equal([7, 'Off', 'New']);
    expect(await names({ pageSize: 3, page: 3 })).to.deep.equal([7, 'Off']);
    expect(await names({ state: 'valid' })).to.deep.equal([3, 'Alpha', 'Beta', 'Gamma']);
    expect(await names({ state: 'expired' })).to.deep.equal([1, 'Expired']);
    expect(await names({ state: 'attention', sort: 'urgency' })).to.deep.equal([2, 'Expired', 'Consent']);
    expect(await names({ provider: 'oauth2.googleapis.com' })).to.deep.equal([2, 'Alpha', 'Expired']);
    expect(await names({ provider: 'oauth2.googleapis.com', state: 'valid' })).to.deep.equal([1, 'Alpha']);
    expect(await names({ search: 'a', state: 'valid' })).to.deep.equal([3, 'Alpha', 'Beta', 'Gamma']);
    expect(await names({ search: 'alp', sort: 'expiry' })).to.deep.equal([1, 'Alpha']);
    expect((await names({ sort: 'expiry' })).slice(0, 5)).to.deep.equal([
      7,
      'Expired',
      'Beta',
      'Consent',
      'Alpha',
    ]);
    expect((await names({ sort: 'urgency' })).slice(0, 3)).to.deep.equal([7, 'Expired', 'Consent']);
    expect(await overview.facets()).to.deep.equal({
      states: { expired: 1, 'consent-needed': 1, 'never-requested': 1, valid: 3, 'switched-off': 1 },
      attention: 2,
      providers: ['oauth2.googleapis.com', 'provider.example'],
    });
    for (const sort of ['name', 'urgency', 'expiry', 'renewal'] as const)
      expect(
        (await fix.queries(() => overview.list({ sort, state: 'valid', search: 'a', page: 1, pageSize: 2 })))
          .length,
      ).to.equal(2);
    const beyond = await overview.list({ search: 'a', state: 'valid', page: 9, pageSize: 2 });
    expect([beyond.rows.length, beyond.total]).to.deep.equal([0, 3]);
  });

  it('are listed in pages with three queries, whatever their number', async () => {
    const ids: number[] = [];
    for (let n = 0; n < 30; n++)
      ids.push(await configs.insert(config(`Mail ${String(n).padStart(2, '0')}`), 1));
    await tokens.save(await tokens.get(ids[11] as number), { accessToken: 'a' }, 1);
    const small = await fix.queries(() => overview.list({ page: 1, pageSize: 1 }));
    const large = await fix.queries(() => overview.list({ page: 1, pageSize: 30 }));
    expect([small.length, large.length]).to.deep.equal([3, 3]);

    const { rows, total } = await overview.list({ page: 2, pageSize: 10 });
    expect(total).to.equal(30);
    expect(rows.map(({ config: { name } }) => name)).to.deep.equal(
      Array.from({ length: 10 }, (_, n) => `Mail ${n + 10}`),
    );
    expect(rows.map(({ token }) => token.accessToken)).to.deep.equal([null, 'a', ...Array(8).fill(null)]);
    expect((await overview.list({ page: 4, pageSize: 10 })).rows).to.deep.equal([]);
  });

  it('are found by a part of the name, with wildcards and quotes as plain characters', async () => {
    for (const name of ['100% sure', '100 sure', 'under_score', 'underXscore', "o'clock!", 'back\\slash'])
      await configs.insert(config(name), 1);
    const found = async (search: string): Promise<string[]> =>
      (await overview.list({ search, page: 1, pageSize: 10 })).rows.map(({ config: { name } }) => name);
    expect(await found('100%')).to.deep.equal(['100% sure']);
    expect(await found('r_s')).to.deep.equal(['under_score']);
    expect(await found("o'CLOCK!")).to.deep.equal(["o'clock!"]);
    expect(await found('\\')).to.deep.equal(['back\\slash']);
    expect(await found('😀'), 'cannot be there').to.deep.equal([]);
    expect(await configs.byName('😀')).to.equal(null);
    expect((await found('  ')).length).to.equal(6);
    expect((await overview.list({ search: 'sure', page: 1, pageSize: 1 })).total).to.equal(2);
  });

  it('are found by client ID by all who see it, by an address with credentials only by those who may change it', async () => {
    const URL = 'https://client:hidden-word@id.example.org/token';
    const Requests = { TokenByRefreshToken: { Request: { URL } } };
    await configs.insert(config('Searched', { ClientID: 'client-4711', ClientSecret: 'kept', Requests }), 1);
    const found = async (search: string, reach?: ListQuery['reach']): Promise<number> =>
      (await overview.list({ search, ...(reach && { reach }), page: 1, pageSize: 10 })).total;
    expect([
      await found('4711'),
      await found('4711', 'shown'),
      await found('4711', 'everything'),
    ]).to.deep.equal([0, 1, 1]);
    expect([await found('hidden-w', 'shown'), await found('hidden-w', 'everything')]).to.deep.equal([0, 1]);
    expect(await found('kept', 'everything')).to.equal(0);
    // With characters that a document may escape, and keys of the document, which are no match.
    expect(await found('id.example.org/token', 'everything')).to.equal(1);
    expect(await found('ClientID', 'everything')).to.equal(0);
  });
});
