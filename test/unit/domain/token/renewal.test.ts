import { expect } from 'chai';
import type { TokenConfig } from '../../../../plugin/domain/configuration/token-config.js';
import {
  decide,
  fractionOf,
  leadOf,
  NEW_STATE,
  policyOf,
  type RenewalState,
  refreshTokenDiesAt,
  retryAfterFailure,
  USUAL_POLICY,
} from '../../../../plugin/domain/token/renewal.js';
import type { StoredToken } from '../../../../plugin/domain/token/token.js';
import { configOf, documentOf, settingsOf, tokenOf } from '../../../support/samples.js';

const noon = new Date('2026-11-24T12:00:00Z');
const at = (time: string) => new Date(`2026-11-24T${time}Z`);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Given {
  config?: Partial<TokenConfig>;
  token?: Partial<StoredToken>;
  renewal?: Partial<RenewalState>;
}
/** By default received at 11:30 and valid for one hour. */
const decision = ({ config, token, renewal }: Given, now: Date, policy = USUAL_POLICY) =>
  decide(
    { config: configOf(config), token: tokenOf(token), renewal: { ...NEW_STATE, ...renewal } },
    now,
    policy,
  );

describe('the decision to renew', () => {
  const failing = { failures: 1, retryAt: at('12:10:00') };
  for (const [what, given, now, renew, reason] of [
    ['half an hour left of one', {}, at('11:45:00'), false, 'not_due'],
    ['a few minutes left', {}, at('12:25:00'), true, 'expires_soon'],
    ['past its end', {}, at('12:30:01'), true, 'expired'],
    ['exactly at its end', {}, at('12:30:00'), true, 'expired'],
    ['no access token but a refresh token', { token: { accessToken: null } }, noon, true, 'expired'],
    ['no end', { token: { accessTokenExpiresAt: null } }, noon, false, 'not_due'],
    ['no refresh token', { token: { refreshToken: null } }, at('12:29:00'), false, 'no_refresh_token'],
    ['nothing fetched', { token: { accessToken: null, refreshToken: null } }, noon, false, 'never_fetched'],
    [
      'refresh token at its end',
      { token: { refreshTokenExpiresAt: at('12:00:00') } },
      noon,
      false,
      'refresh_token_expired',
    ],
    ['configuration invalid', { config: { validId: 2 } }, at('12:29:00'), false, 'switched_off'],
    ['invalid-temporarily', { config: { validId: 3 } }, at('12:29:00'), false, 'switched_off'],
    [
      'no request for it',
      { config: { document: documentOf('google-mail', { Requests: {} }) } },
      at('12:29:00'),
      false,
      'invalid_config',
    ],
    ['grant dead', { renewal: { outcome: 'grant-dead' } }, at('12:29:00'), false, 'grant_dead'],
    ['timed out', { renewal: { outcome: 'transient', ...failing } }, noon, false, 'backing_off'],
    ['an answer in HTML', { renewal: { outcome: 'invalid-answer', ...failing } }, noon, false, 'backing_off'],
    [
      'client rejected',
      { renewal: { outcome: 'client-rejected', ...failing } },
      noon,
      false,
      'client_rejected',
    ],
    ['request refused', { renewal: { outcome: 'refused', ...failing } }, noon, false, 'invalid_config'],
    [
      'the wait is over',
      { renewal: { outcome: 'transient', ...failing } },
      at('12:29:00'),
      true,
      'expires_soon',
    ],
    [
      'a wait from a clock that was an hour ahead',
      { renewal: { outcome: 'transient', failures: 9, retryAt: at('13:30:01') } },
      at('12:29:00'),
      true,
      'expires_soon',
    ],
    [
      'the error of somebody else in the row',
      { token: { errorMessage: 'invalid_grant' } },
      at('12:29:00'),
      true,
      'expires_soon',
    ],
  ] as const)
    it(`${what}: ${reason}`, () => {
      expect(decision(given as Given, now)).to.include({ renew, reason });
    });

  it('renews a fifth of the lifetime ahead, at least 10 minutes, plus up to half of that at random, half the lifetime at most', () => {
    for (const [hours, least, most] of [
      [1, 12, 18],
      [20, 240, 360],
      [0.5, 10, 15],
      [0.2, 6, 6],
    ] as const) {
      const end = new Date(noon.getTime() + hours * HOUR);
      const leads = Array.from({ length: 200 }, (_, configId) =>
        leadOf(tokenOf({ configId, accessTokenExpiresAt: end }), noon),
      );
      expect(Math.min(...leads) / MINUTE).to.be.within(least, least * 1.05);
      expect(Math.max(...leads) / MINUTE).to.be.within(most * 0.95, most);
    }
  });

  it('counts the lifetime from when the token was received, else from the row, else assumes an hour', () => {
    const token = tokenOf({ configId: 1, changeTime: noon, accessTokenExpiresAt: at('22:00:00') });
    const drift = 1 + fractionOf(1, at('22:00:00').getTime()) / 2;
    const lead = (more: Partial<StoredToken>, receivedAt: Date | null) =>
      Math.round(leadOf({ ...token, ...more }, receivedAt) / drift / MINUTE);
    expect(lead({}, at('17:00:00'))).to.equal(60);
    expect(lead({}, null)).to.equal(120);
    expect(lead({ errorMessage: 'timeout' }, null)).to.equal(12);
    expect(lead({ changeTime: at('23:00:00') }, null), 'a clock that went back').to.equal(12);
  });

  it('lets a thousand tokens that were fetched together drift apart', () => {
    const end = new Date(noon.getTime() + HOUR);
    const due = Array.from({ length: 1000 }, (_, configId) => {
      const token = { configId, changeTime: noon, accessTokenExpiresAt: end };
      return decision({ token }, noon).at?.getTime() ?? 0;
    });
    const inOneMinute = Math.max(
      ...due.map((time) => due.filter((other) => other >= time && other < time + MINUTE).length),
    );
    expect(new Set(due).size).to.be.greaterThan(900);
    expect(inOneMinute).to.be.lessThan(300);
  });

  it('renews before the refresh token ends by itself, but not repeatedly where that end does not move', () => {
    const refreshTokenExpiresAt = new Date(noon.getTime() + 10 * HOUR);
    const token = { accessTokenExpiresAt: null, changeTime: noon, refreshTokenExpiresAt };
    expect(decision({ token }, noon)).to.deep.include({
      renew: false,
      reason: 'not_due',
      at: new Date(noon.getTime() + 8 * HOUR),
    });
    const then = new Date(noon.getTime() + 8 * HOUR);
    expect(decision({ token }, then)).to.include({ renew: true, reason: 'expires_soon' });
    // A Google app in "Testing" loses its consent after seven days whatever is done.
    let receivedAt = noon;
    let renewals = 0;
    for (let time = noon.getTime(); time < refreshTokenExpiresAt.getTime(); time += 5000) {
      if (!decision({ token, renewal: { receivedAt } }, new Date(time)).renew) continue;
      receivedAt = new Date(time);
      renewals++;
    }
    expect(renewals).to.be.within(4, 12);
  });

  it('renews once a day what lives longer or for ever', () => {
    for (const accessTokenExpiresAt of [null, new Date('2027-06-01T00:00:00Z')]) {
      const token = { accessTokenExpiresAt, changeTime: noon };
      const first = decision({ token }, noon);
      expect(first).to.include({ renew: false, reason: 'not_due' });
      const hours = ((first.at?.getTime() ?? 0) - noon.getTime()) / HOUR;
      expect(hours).to.be.within(21.6, 24);
      expect(decision({ token }, new Date(noon.getTime() + 24 * HOUR))).to.include({ reason: 'daily' });
      const renewal = { lastSuccessAt: new Date(noon.getTime() + 23 * HOUR) };
      expect(decision({ token, renewal }, new Date(noon.getTime() + 24 * HOUR)).renew).to.equal(false);
      const byPerl = { ...token, changeTime: new Date(noon.getTime() + 23 * HOUR) };
      expect(
        decision({ token: byPerl, renewal: { lastSuccessAt: noon } }, new Date(noon.getTime() + 24 * HOUR))
          .renew,
      ).to.equal(false);
      const never = { ...USUAL_POLICY, maxAge: 0 };
      expect(decision({ token }, new Date(noon.getTime() + 99 * HOUR), never).renew).to.equal(false);
    }
  });
});

describe('the renewal policy', () => {
  it('comes from the settings, with defaults where they are absent or out of range', () => {
    expect(policyOf(settingsOf())).to.deep.equal(USUAL_POLICY);
    const name = (short: string) => `OAuth2Sidecar::Renewal::${short}`;
    expect(
      policyOf(
        settingsOf({
          [name('LeadMinutes')]: '30',
          [name('LeadPercent')]: '40',
          [name('MaxAgeHours')]: '0',
          [name('RequestsPerProvider')]: '9',
        }),
      ),
    ).to.deep.equal({ lead: 30 * MINUTE, leadShare: 0.4, maxAge: 0, requestsPerProvider: 9 });
    expect(
      policyOf(
        settingsOf({
          [name('LeadMinutes')]: '0',
          [name('LeadPercent')]: '51',
          [name('MaxAgeHours')]: '-1',
          [name('RequestsPerProvider')]: 'many',
        }),
      ),
    ).to.deep.equal(USUAL_POLICY);
  });
});

describe('the wait after a failure', () => {
  const wait = (
    outcome: Parameters<typeof retryAfterFailure>[0]['outcome'],
    failures: number,
    asked: number | null = null,
    { random = 1, end = null as Date | null } = {},
  ) => {
    const until = retryAfterFailure({ outcome, failures, retryAfter: asked, end }, noon, random);
    return until && (until.getTime() - noon.getTime()) / 1000;
  };

  it('doubles from 30 s to 15 min, half of it by chance', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 99].map((failures) => wait('transient', failures))).to.deep.equal([
      30, 60, 120, 240, 480, 900, 900, 900,
    ]);
    expect(wait('invalid-answer', 2, null, { random: 0 })).to.equal(30);
  });

  it('is shorter the closer a working token is to its end', () => {
    const ends = [at('14:00:00'), at('12:08:00'), at('12:01:00'), at('11:59:59')];
    expect(ends.map((end) => wait('transient', 9, null, { end }))).to.deep.equal([900, 60, 30, 900]);
    expect(wait('client-rejected', 9, null, { end: at('12:01:00') })).to.equal(900);
  });

  it('is as long as the provider asks, up to an hour', () => {
    expect([5, 120, 99_999].map((asked) => wait('transient', 1, asked))).to.deep.equal([30, 120, 3600]);
  });

  it('is long for what somebody must correct, and endless where a person is needed', () => {
    expect([wait('client-rejected', 1), wait('refused', 7), wait('grant-dead', 1)]).to.deep.equal([
      900,
      900,
      null,
    ]);
  });
});

describe('the end of a refresh token', () => {
  it('is what the provider said, or its rule for idle grants, or unknown', () => {
    const said = at('15:00:00');
    const days = (url: string) => {
      const end = refreshTokenDiesAt(url, null, noon);
      return end && (end.getTime() - noon.getTime()) / (24 * HOUR);
    };
    expect(refreshTokenDiesAt('https://login.microsoftonline.com/common', said, noon)).to.equal(said);
    expect(days('https://login.microsoftonline.com/common/oauth2/v2.0/token')).to.equal(90);
    expect(days('https://oauth2.googleapis.com/token')).to.equal(183);
    expect(days('https://login.microsoftonline.com.evil.example/token')).to.equal(null);
  });
});
