import { expect } from 'chai';
import { type Alert, type CauseFacts, decideAlert, holdOf } from '../../../../plugin/domain/alert/alert.js';
import { channelPause, GIVE_UP_AFTER, messageWait } from '../../../../plugin/domain/alert/back-off.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = new Date('2026-11-24T12:00:00Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);
const inMs = (ms: number) => new Date(NOW.getTime() + ms);
const policy = { delay: 2 * MINUTE, reminder: 24 * HOUR, minimum: 'warning' } as const;

const alert = (facts: Partial<Alert> = {}): Alert => ({
  subject: 'configuration:1',
  name: 'Support',
  state: 'client-rejected',
  cause: 'client-rejected@a.example',
  severity: 'error',
  since: ago(10 * MINUTE),
  changedAt: ago(10 * MINUTE),
  told: null,
  episodes: 0,
  ...facts,
});
const told = (state = 'client-rejected', severity: 'error' | 'warning' = 'error', at = ago(2 * HOUR)) => ({
  state,
  severity,
  at,
});
const alone: CauseFacts = { toldAt: null, open: 1, known: 0, changedAt: ago(10 * MINUTE) };
const decide = (facts: Partial<Alert>, cause: Partial<CauseFacts> = {}, more: object = {}) =>
  decideAlert(alert(facts), { ...alone, ...cause }, NOW, { ...policy, ...more });

describe('an alert', () => {
  it('is told when the state has lasted for the delay', () => {
    expect(decide({ since: ago(MINUTE) })).to.deep.equal({ do: 'wait', lookAt: inMs(MINUTE) });
    expect(decide({ since: ago(2 * MINUTE) })).to.deep.equal({ do: 'tell-problem' });
  });

  it('waits for the next hour where people know its cause', () => {
    const toldAt = ago(10 * MINUTE);
    expect(decide({}, { toldAt, known: 3 })).to.deep.equal({ do: 'wait', lookAt: inMs(50 * MINUTE) });
    expect(decide({}, { toldAt: ago(HOUR), known: 3 })).to.deep.equal({ do: 'tell-problem' });
    expect(decide({}, { toldAt, known: 0 }), 'told as over').to.deep.equal({ do: 'tell-problem' });
  });

  it('ends without a word when an admin mutes what is broken, or takes it out of use', () => {
    for (const state of ['muted', 'mail-off']) {
      expect(decide({ told: told(), severity: null, state }), state).to.deep.equal({ do: 'forget' });
      expect(decide({ severity: null, state, episodes: 3 }), state).to.deep.equal({ do: 'forget' });
    }
    expect(decide({ told: told(), severity: null, state: 'valid' }).do).not.to.equal('forget');
  });

  it('is told once while nothing changes', () => {
    expect(decide({ told: told() })).to.deep.equal({ do: 'wait', lookAt: null });
  });

  it('is told again at once where a warning became an error, and within an hour for another state', () => {
    expect(decide({ told: told('client-rejected', 'warning', ago(MINUTE)) })).to.deep.equal({
      do: 'tell-problem',
    });
    expect(decide({ told: told('expired', 'error', ago(20 * MINUTE)) })).to.deep.equal({
      do: 'wait',
      lookAt: inMs(40 * MINUTE),
    });
    expect(decide({ told: told('expired', 'error', ago(HOUR)) })).to.deep.equal({ do: 'tell-problem' });
  });

  it('is told as over when the subject has been well for ten minutes, longer after each episode', () => {
    const well = { severity: null, told: told(), episodes: 1 };
    const over = (ms: number) => ({ changedAt: ago(ms), open: 0 });
    expect(decide({ ...well, changedAt: ago(MINUTE) }, over(MINUTE))).to.deep.equal({
      do: 'wait',
      lookAt: inMs(9 * MINUTE),
    });
    expect(decide({ ...well, changedAt: ago(10 * MINUTE) }, over(10 * MINUTE))).to.deep.equal({
      do: 'tell-resolved',
    });
    expect([1, 2, 3, 6, 7, 100].map((episodes) => holdOf(episodes) / MINUTE)).to.deep.equal([
      10, 20, 40, 320, 360, 360,
    ]);
  });

  it('is told as over with the last one of its cause, or after an hour', () => {
    const well = { severity: null, told: told(), episodes: 1, changedAt: ago(30 * MINUTE) };
    expect(decide(well, { open: 0, changedAt: ago(MINUTE) })).to.deep.equal({
      do: 'wait',
      lookAt: inMs(9 * MINUTE),
    });
    expect(decide(well, { open: 2, toldAt: ago(20 * MINUTE) })).to.deep.equal({
      do: 'wait',
      lookAt: inMs(40 * MINUTE),
    });
    expect(decide(well, { open: 2, toldAt: ago(HOUR) })).to.deep.equal({ do: 'tell-resolved' });
  });

  it('is forgotten where nobody was told, after a day where somebody was', () => {
    expect(decide({ severity: null })).to.deep.equal({ do: 'forget' });
    expect(
      decide({ severity: null, episodes: 1, changedAt: ago(HOUR) }, { changedAt: ago(HOUR) }),
    ).to.deep.equal({ do: 'wait', lookAt: inMs(23 * HOUR) });
  });

  it('is not told where only errors are and it is a warning', () => {
    expect(decide({ severity: 'warning' }, {}, { minimum: 'error' })).to.deep.equal({
      do: 'wait',
      lookAt: null,
    });
    expect(decide({ severity: 'error' }, {}, { minimum: 'error' })).to.deep.equal({ do: 'tell-problem' });
  });
});

describe('the back-off of alerts', () => {
  it('grows from seconds to two hours, and never beyond the time after which a message is given up', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50].map((failures) => messageWait(failures) / 1000)).to.deep.equal([
      5, 30, 120, 600, 1800, 3600, 7200, 7200,
    ]);
    expect(messageWait(50)).to.be.lessThan(GIVE_UP_AFTER);
  });

  it('pauses a channel for five minutes at most', () => {
    expect([1, 3, 4, 50].map((failures) => channelPause(failures) / 1000)).to.deep.equal([5, 120, 300, 300]);
  });
});
