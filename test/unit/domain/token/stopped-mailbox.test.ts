import { expect } from 'chai';
import { NO_MAIL } from '../../../../plugin/domain/mailbox/mail-use.js';
import { NEW_STATE, type RenewalState } from '../../../../plugin/domain/token/renewal.js';
import { isNoticed, markOf } from '../../../../plugin/domain/token/state-mark.js';
import { tokenState } from '../../../../plugin/domain/token/token-state.js';
import { configOf, documentOf, tokenOf } from '../../../support/samples.js';

const now = new Date('2026-11-24T12:00:00Z');
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const UNAVAILABLE: Partial<RenewalState> = {
  failures: 9,
  outcome: 'transient',
  error: 'http_502',
  failingSince: hours(-2),
  retryAt: hours(0.1),
};

/** Is a token of the Microsoft template in the bar, while its provider does not answer? */
function inBar(mail: Partial<typeof NO_MAIL> | null, { endsIn, on = 0 }: { endsIn: number; on?: 0 | 1 }) {
  const Notifications = { NotifyOnExpiredToken: on, NotifyOnExpiredRefreshToken: 0 } as const;
  const document = documentOf('microsoft-common', { Notifications });
  const renewal = { ...NEW_STATE, ...UNAVAILABLE, mail: mail && { ...NO_MAIL, ...mail } };
  const token = tokenOf({ accessTokenExpiresAt: hours(endsIn) });
  return isNoticed(tokenState({ config: configOf({ document }), token, renewal, used: true }, now), document);
}

/** What is announced of a token that has expired, or of a mailbox whose token works. */
function announced(mail: Partial<typeof NO_MAIL>, endsIn = -1) {
  const renewal = { ...NEW_STATE, ...UNAVAILABLE, mail: { ...NO_MAIL, ...mail } };
  const token = tokenOf({ accessTokenExpiresAt: hours(endsIn) });
  const config = configOf();
  return markOf(tokenState({ config, token, renewal, used: true }, now), config.document).told;
}

describe('what is announced of a token', () => {
  it('is its own state, whatever its mailboxes do', () => {
    const trouble = {
      what: 'failing' as const,
      severity: 'error' as const,
      accountId: 1,
      mailbox: 'a@example.org',
      cause: 'token-refused',
      said: '',
      since: now,
      count: 2,
    };
    expect(announced({ told: 1 })).to.deep.equal({ kind: 'provider-unavailable', rank: 0 });
    expect(announced({ told: 1, trouble }, 20)).to.deep.equal({ kind: 'provider-unavailable', rank: 5 });
  });

  it('is nothing while every mailbox that uses it is muted', () => {
    expect(announced({ told: 0, muted: 2 })).to.deep.equal({ kind: 'muted', rank: 7 });
    expect(announced({ told: 1, muted: 1 }).kind).to.equal('provider-unavailable');
  });
});

describe('a mailbox whose token has expired', () => {
  it('is in the bar although the switches of its configuration are off', () => {
    expect(inBar({ told: 1 }, { endsIn: -1 })).to.equal(true);
  });

  it('is subject to the switches as long as the token works', () => {
    expect(inBar({ told: 1 }, { endsIn: 0.05 })).to.equal(false);
    expect(inBar({ told: 1 }, { endsIn: 0.05, on: 1 })).to.equal(true);
  });

  it('is subject to the switches where no mailbox uses the token', () => {
    expect(inBar({ told: 0 }, { endsIn: -1 })).to.equal(false);
    expect(inBar(null, { endsIn: -1 })).to.equal(false);
    expect(inBar({ told: 0 }, { endsIn: -1, on: 1 })).to.equal(true);
  });

  it('is not in the bar while every mailbox is muted, whatever the switches say', () => {
    expect(inBar({ told: 0, muted: 2 }, { endsIn: -1, on: 1 })).to.equal(false);
    expect(inBar({ told: 1, muted: 1 }, { endsIn: -1 })).to.equal(true);
  });
});
