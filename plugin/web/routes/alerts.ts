import { CHANNEL_NAMES } from '../../domain/alert/alert-channel.js';
import { CHANNEL_LABELS, type ChannelReport, channelFaults } from '../../domain/alert/channel-report.js';
import { SidecarError } from '../../errors.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import { listChannels } from '../../usecases/alert/list-channels.js';
import { type AlertTest, testAlerts } from '../../usecases/alert/test-alerts.js';
import { formatTime } from '../locale.js';
import { RESULT_ICONS } from '../presenters/result-icons.js';
import type { MessageBox } from '../respond.js';
import type { ScreenCall } from '../screen-call.js';

const STATES: Record<ChannelReport['state'], { word: Phrase; icon: string }> = {
  on: { word: phrase('On'), icon: RESULT_ICONS.ok },
  off: { word: phrase('Off'), icon: RESULT_ICONS.skipped },
  problem: { word: phrase('Not configured correctly'), icon: RESULT_ICONS.fault },
  failing: { word: phrase('Not delivered'), icon: RESULT_ICONS.fault },
};

/** The channels of the alerts, how they are doing, and a button that sends a test. */
async function showChannels({ deps, reader, showPage }: ScreenCall, messages: MessageBox[]): Promise<void> {
  const { t } = reader;
  const reports = await listChannels(await deps.alerting());
  await showPage({
    title: 'Alerts',
    template: 'alerts',
    messages,
    data: {
      channels: reports.map((report) => {
        const { name, state, remarks, health } = report;
        const label = t(CHANNEL_LABELS[name]);
        return {
          name,
          label,
          state,
          icon: STATES[state].icon,
          word: t(STATES[state].word),
          remarks: [...(state === 'failing' ? channelFaults(report, label) : []), ...remarks].map((text) =>
            t(text),
          ),
          lastSuccess: health?.lastSuccessAt ? formatTime(health.lastSuccessAt, reader) : '',
          waiting: name === 'heartbeat' ? null : (health?.waiting ?? 0),
          mayTest: state === 'on' || state === 'failing',
        };
      }),
    },
  });
}

export const showAlerts = (call: ScreenCall): Promise<void> => showChannels(call, []);

function boxOf({ name, delivery, remarks }: AlertTest, { t }: ScreenCall['reader']): MessageBox {
  const label = t(CHANNEL_LABELS[name]);
  if (delivery?.ok)
    return {
      kind: 'Success',
      text: t(
        phrase('The test message was sent through this channel: %s. Response: %s', label, delivery.answer),
      ),
    };
  if (delivery)
    return {
      kind: 'Error',
      text: t(
        phrase(
          'The test message was not delivered through this channel: %s. Response: %s',
          label,
          delivery.answer,
        ),
      ),
    };
  const why = remarks.map((text) => t(text)).join(' ');
  return {
    kind: 'Error',
    text: t(phrase('This channel is not configured correctly: %s', [label, why].filter(Boolean).join('. '))),
  };
}

/** Sends a test over one channel and shows what the other side answered. */
export async function sendTest(call: ScreenCall): Promise<void> {
  const name = CHANNEL_NAMES.find((one) => one === call.parameters.one('Channel'));
  if (!name) throw new SidecarError('bad-request');
  const tests = await testAlerts(await call.deps.alerting(), [name]);
  await showChannels(
    call,
    tests.map((test) => boxOf(test, call.reader)),
  );
}
