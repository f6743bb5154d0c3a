import { CHANNEL_LABELS, channelFaults } from '../domain/alert/channel-report.js';
import { phrase } from '../lib/phrase.js';
import { listChannels } from '../usecases/alert/list-channels.js';
import type { MessageBox } from './respond.js';
import type { ScreenCall } from './screen-call.js';
import { screenUrl } from './screen-url.js';

/** Alert channels that are switched on and do not work. */
export async function channelWarnings({ deps, reader: { t } }: ScreenCall): Promise<MessageBox[]> {
  const reports = await listChannels(await deps.alerting());
  return reports.flatMap((report) =>
    channelFaults(report, t(CHANNEL_LABELS[report.name])).map(
      (fault): MessageBox => ({
        kind: 'Warning',
        text: t(fault),
        url: screenUrl('Alerts'),
        urlText: t(phrase('Channels and a test message')),
      }),
    ),
  );
}
