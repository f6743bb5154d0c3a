import { expect } from 'chai';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { TokenConfigStore, TokenStore } from '../../plugin/domain/ports.js';
import { config, type Fixture, fixture } from './fixture.js';

const hour = (n: number): Date => new Date(Date.parse('2026-07-01T12:00:00Z') + n * 3_600_000);

describe('tokens', function () {
  this.timeout(60_000);
  let fix: Fixture;
  let configs: TokenConfigStore;
  let tokens: TokenStore;
  before(async () => {
    fix = await fixture();
    configs = createTokenConfigStore(fix);
    tokens = createTokenStore(fix);
  });
  after(() => fix.close());
  beforeEach(async () => {
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

  it('with problems, as the bar shows them', async () => {
    const kinds = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await tokens.problems(hour(2), 50)).map(({ name, kind }) => [name, kind]));
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

    expect(await kinds()).to.deep.equal({
      expired: 'expired-token',
      'expired, switched on as text': 'expired-token',
      'expired, on by true': 'expired-token',
      'refresh token gone': 'expired-refresh-token',
      'refresh token past its date': 'expired-refresh-token',
      'both expired': 'expired-refresh-token',
      'grant dead': 'expired-refresh-token',
      'grant dead, word in the message': 'expired-refresh-token',
      'failed before it ever worked': 'expired-refresh-token',
    });
    expect((await fix.queries(() => tokens.problems(hour(2), 50))).length).to.equal(1);
    expect((await tokens.problems(hour(2), 2)).map(({ name }) => name)).to.deep.equal([
      'both expired',
      'expired',
    ]);
    expect((await tokens.problems(hour(-1), 50)).map(({ name }) => name)).not.to.include('expired');
  });
});
