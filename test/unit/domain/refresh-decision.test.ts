import { expect } from 'chai';
import { decideRefresh } from '../../../plugin/domain/refresh-decision.js';
import { configOf, documentOf, tokenOf } from '../../support/memory-stores.js';

const noon = new Date('2026-11-24T12:00:00Z');
const at = (time: string) => new Date(`2026-11-24T${time}Z`);

describe('decision to renew', () => {
  for (const [what, config, token, now, refresh, reason] of [
    ['half an hour left of one', {}, {}, noon, false, 'not_due'],
    ['a few minutes left', {}, {}, at('12:25:00'), true, 'expires_soon'],
    ['past its end', {}, {}, at('12:30:01'), true, 'expired'],
    ['exactly at its end', {}, {}, at('12:30:00'), true, 'expired'],
    ['no access token but a refresh token', {}, { accessToken: null }, noon, true, 'expired'],
    ['no end', {}, { accessTokenExpiresAt: null }, noon, false, 'never_expires'],
    ['no refresh token', {}, { refreshToken: null }, at('12:29:00'), false, 'no_refresh_token'],
    [
      'expired refresh token',
      {},
      { refreshTokenExpiresAt: at('11:59:59') },
      at('12:29:00'),
      false,
      'refresh_token_expired',
    ],
    ['configuration invalid', { validId: 2 }, {}, at('12:29:00'), false, 'switched_off'],
    ['configuration invalid-temporarily', { validId: 3 }, {}, at('12:29:00'), false, 'switched_off'],
    [
      'no request for it',
      { document: documentOf('google-mail', { Requests: {} }) },
      {},
      at('12:29:00'),
      false,
      'not_configured',
    ],
    ['grant dead', {}, { errorMessage: 'invalid_grant' }, at('12:29:00'), false, 'grant_dead'],
    ['consent wanted', {}, { errorMessage: 'interaction_required' }, at('12:29:00'), false, 'grant_dead'],
    ['client rejected', {}, { errorMessage: 'invalid_client' }, at('11:44:59'), false, 'client_rejected'],
    [
      'client rejected a while ago',
      {},
      { errorMessage: 'invalid_client' },
      at('12:29:00'),
      true,
      'expires_soon',
    ],
    ['grant dead by the code', {}, { errorCode: 'invalid_grant' }, at('12:29:00'), false, 'grant_dead'],
    [
      'grant dead, configuration changed in the same second',
      { changeTime: at('11:30:00') },
      { errorMessage: 'invalid_grant' },
      at('12:29:00'),
      true,
      'expires_soon',
    ],
    [
      'grant dead, but configuration changed since',
      { changeTime: at('11:40:00') },
      { errorMessage: 'invalid_grant' },
      at('12:29:00'),
      true,
      'expires_soon',
    ],
    [
      'client rejected, but configuration changed since',
      { changeTime: at('11:40:00') },
      { errorMessage: 'invalid_client' },
      at('12:29:00'),
      true,
      'expires_soon',
    ],
    ['a failure that passes', {}, { errorMessage: 'timeout' }, at('12:31:00'), true, 'expired'],
  ] as const)
    it(`${what}: ${reason}`, () => {
      expect(decideRefresh(configOf(config), tokenOf(token), now)).to.include({ refresh, reason });
    });

  it('renews a token of two minutes in the second half of its life, not at once', () => {
    const short = tokenOf({ changeTime: noon, accessTokenExpiresAt: at('12:02:00') });
    expect(decideRefresh(configOf(), short, at('12:00:59')).reason).to.equal('not_due');
    expect(decideRefresh(configOf(), short, at('12:01:00')).reason).to.equal('expires_soon');
  });

  it('renews a fifth of the life ahead, 10 minutes at least, half the life at most', () => {
    const due = (changed: string, end: string, failed = {}) =>
      decideRefresh(
        configOf(),
        tokenOf({ changeTime: at(changed), accessTokenExpiresAt: at(end), ...failed }),
        at('00:00:01'),
      ).at?.toISOString();
    expect(due('00:00:00', '01:00:00')).to.equal('2026-11-24T00:48:00.000Z');
    expect(due('00:00:00', '20:00:00')).to.equal('2026-11-24T16:00:00.000Z');
    expect(due('00:00:00', '00:30:00')).to.equal('2026-11-24T00:20:00.000Z');
    expect(due('00:00:00', '00:12:00')).to.equal('2026-11-24T00:06:00.000Z');
    // A failure was written since: the row no longer tells when the token was fetched.
    expect(due('00:00:00', '00:30:00', { errorMessage: 'timeout' })).to.equal('2026-11-24T00:18:00.000Z');
    // A clock that went back.
    expect(due('02:00:00', '01:00:00')).to.equal('2026-11-24T00:48:00.000Z');
  });
});
