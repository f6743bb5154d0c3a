import { expect } from 'chai';
import type { Notifier, StateChange } from '../../../plugin/domain/mailbox/state-change.js';
import { SidecarError } from '../../../plugin/errors.js';
import { notifyMetrics } from '../../../plugin/health/notify-metrics.js';
import { announceChanges } from '../../../plugin/usecases/announce-changes.js';
import { notifyLog } from '../../../plugin/usecases/notify-log.js';
import { fixedClock } from '../../support/fixed-clock.js';

const change = (configId: number, changes: Partial<StateChange> = {}): StateChange => ({
  subject: { kind: 'configuration', id: configId },
  name: `Mailbox ${configId}`,
  from: 'valid',
  to: 'expired',
  severity: 'error',
  needsAttention: true,
  cause: 'expired@a.example',
  at: new Date('2026-11-24T12:00:00Z'),
  ...changes,
});

function testDeps(pages: StateChange[][]) {
  const lines: unknown[] = [];
  const write = (level: string) => (facts: unknown, message: string) =>
    void lines.push([level, facts, message]);
  const log = { info: write('info'), warn: write('warn'), error: write('error') };
  const told: (readonly StateChange[])[] = [];
  const notifier: Notifier = { name: 'test', notify: async (changes) => void told.push(changes) };
  const stateChanges = { take: async () => pages.shift() ?? [] };
  return { clock: fixedClock(), log, lines, told, notifier, stateChanges };
}

describe('changes of state', () => {
  it('are announced page by page until none is left', async () => {
    const full = Array.from({ length: 500 }, (_none, at) => change(at));
    const it = testDeps([full, [change(500)]]);
    expect(await announceChanges({ ...it, notifiers: [it.notifier] })).to.equal(501);
    expect(it.told).to.deep.equal([full, [change(500)]]);
  });

  it('are announced to nobody where there are none', async () => {
    const it = testDeps([]);
    expect(await announceChanges({ ...it, notifiers: [it.notifier] })).to.equal(0);
    expect(it.told).to.deep.equal([]);
  });

  it('reach every notifier, although one of them fails', async () => {
    const it = testDeps([[change(7)]]);
    const broken: Notifier = {
      name: 'broken',
      notify: () => Promise.reject(new SidecarError('provider-unreachable')),
    };
    await announceChanges({ ...it, notifiers: [broken, it.notifier] });
    expect(it.told).to.deep.equal([[change(7)]]);
    expect(it.lines).to.deep.equal([
      ['error', { notifier: 'broken', code: 'provider-unreachable' }, 'state changes could not be announced'],
    ]);
  });

  it('are written to the log: as a warning where somebody must act, not at all for the first state', async () => {
    const it = testDeps([]);
    await notifyLog(it.log).notify([
      change(1),
      change(2, { from: 'expired', to: 'valid', needsAttention: false }),
      change(3, { from: null }),
    ]);
    expect(it.lines).to.deep.equal([
      ['warn', { configId: 1, from: 'valid', to: 'expired' }, 'state changed'],
      ['info', { configId: 2, from: 'expired', to: 'valid' }, 'state changed'],
    ]);
  });

  it('are named in the log up to twenty, and counted beyond that', async () => {
    const it = testDeps([]);
    await notifyLog(it.log).notify(Array.from({ length: 300 }, (_none, at) => change(at)));
    expect(it.lines).to.have.length(21);
    expect(it.lines.at(-1)).to.deep.equal(['warn', { number: 280 }, 'further state changes']);
  });

  it('are counted by their new state', async () => {
    const counted: string[] = [];
    await notifyMetrics({ stateChanged: (state) => void counted.push(state) }).notify([
      change(1),
      change(2, { to: 'overdue' }),
      change(3, { from: null }),
    ]);
    expect(counted).to.deep.equal(['expired', 'overdue']);
  });
});
