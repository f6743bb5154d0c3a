import { expect } from 'chai';
import type { ChannelSetup } from '../../../plugin/domain/alert/alert-channel.js';
import type { ChannelHealth } from '../../../plugin/domain/alert/alert-store.js';
import type { DoctorDeps } from '../../../plugin/domain/doctor/doctor-ports.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { checkAlerts } from '../../../plugin/usecases/doctor/alert-check.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const setup = (facts: Partial<ChannelSetup> = {}): ChannelSetup => ({
  name: 'webhook',
  state: 'on',
  remarks: [],
  ...facts,
});
const health = (facts: Partial<ChannelHealth>): ChannelHealth => ({
  channel: 'webhook',
  failures: 0,
  failingSince: null,
  lastError: null,
  lastSuccessAt: null,
  waiting: 0,
  givenUp: 0,
  ...facts,
});

async function examine(setups: ChannelSetup[], known: ChannelHealth[] = []) {
  const deps = {
    alerts: async () => ({ health: async () => known }),
    alertChannels: async () => ({ setups: async () => setups }),
    clock: () => NOW,
  } as unknown as DoctorDeps;
  const { result, reason } = await checkAlerts(deps);
  return [result, ...reason.map(inEnglish)];
}

describe('the check of the alert channels', () => {
  it('finds nothing wrong where no channel is wanted, or where all work', async () => {
    expect(await examine([setup({ state: 'off' })])).to.deep.equal([
      'ok',
      'No channel is set up, so problems are shown only in the helpdesk.',
    ]);
    expect(await examine([setup(), setup({ name: 'mail' })], [health({ lastSuccessAt: NOW })])).to.deep.equal(
      ['ok', 'These channels work: Webhook, Mail.'],
    );
  });

  it('takes a single failure for a passing one, and three or ten minutes for a fault', async () => {
    const since = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
    const failing = (failures: number, minutes: number) =>
      examine(
        [setup()],
        [health({ failures, failingSince: since(minutes), lastError: 'HTTP 403: no_team' })],
      );
    const fault = [
      'fault',
      'Alerts are not delivered through this channel: webhook. Last response: HTTP 403: no_team',
    ];
    expect(await failing(2, 9)).to.deep.equal(['ok', 'These channels work: Webhook.']);
    expect(await failing(3, 1)).to.deep.equal(fault);
    expect(await failing(1, 11)).to.deep.equal(fault);
  });

  it('names what is wrong with the settings, and warns about what depends on a token', async () => {
    expect(await examine([setup({ state: 'problem', remarks: ['no host'] })])).to.deep.equal([
      'fault',
      'no host',
    ]);
    expect(await examine([setup({ remarks: ['hangs on a token'] })])).to.deep.equal([
      'warning',
      'hangs on a token',
    ]);
  });
});
