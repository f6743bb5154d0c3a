import type { AlertChannels, ChannelName, ChannelSetup, Delivery } from '../../domain/alert/alert-channel.js';
import type { AlertMessage } from '../../domain/alert/alert-message.js';
import type { AlertStore } from '../../domain/alert/alert-store.js';
import { writeMessage } from '../../domain/alert/write-message.js';
import { sendWithin } from './deliver-alert.js';
import { newMessageId, type TellAlertsDeps } from './tell-alerts.js';

export interface TestAlertsDeps extends Pick<TellAlertsDeps, 'settings' | 'reader' | 'link' | 'clock'> {
  alerts: Pick<AlertStore, 'note'>;
  channels: AlertChannels;
}

export interface AlertTest extends ChannelSetup {
  /** null: nothing was sent, because the channel is off or is not configured correctly. */
  delivery: Delivery | null;
}

/**
 * Sends a message that says that it is a test, over each of these channels, and notes the outcome: one that
 * arrives ends the finding about the channel.
 */
export async function testAlerts(deps: TestAlertsDeps, names: readonly ChannelName[]): Promise<AlertTest[]> {
  const settings = await deps.settings.current();
  const [setups, channels, heartbeat] = await Promise.all([
    deps.channels.setups(),
    deps.channels.current(),
    deps.channels.heartbeat(),
  ]);
  const message: AlertMessage = writeMessage(
    {
      id: newMessageId(),
      type: 'test',
      at: deps.clock(),
      host: settings.text('FQDN'),
      link: deps.link(settings),
    },
    { alerts: [] },
    deps.reader(settings),
    new Map(),
  );

  async function test(setup: ChannelSetup): Promise<AlertTest> {
    const channel = channels.find(({ name }) => name === setup.name);
    const send =
      setup.name === 'heartbeat' ? heartbeat?.send : channel && (() => sendWithin(channel, message));
    if (setup.state !== 'on' || !send) return { ...setup, delivery: null };
    const delivery = await send();
    await deps.alerts.note(setup.name, deps.clock(), delivery.ok ? null : delivery.answer);
    return { ...setup, delivery };
  }
  return Promise.all(setups.filter(({ name }) => names.includes(name)).map(test));
}
