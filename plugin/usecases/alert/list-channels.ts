import type { AlertChannels } from '../../domain/alert/alert-channel.js';
import type { AlertStore } from '../../domain/alert/alert-store.js';
import { type ChannelReport, channelReports } from '../../domain/alert/channel-report.js';
import type { Clock } from '../../domain/clock.js';

export interface ListChannelsDeps {
  alerts: Pick<AlertStore, 'health'>;
  channels: Pick<AlertChannels, 'setups'>;
  clock: Clock;
}

/** All channels and the heartbeat: how they are set up, and whether they work. Two queries. */
export async function listChannels({ alerts, channels, clock }: ListChannelsDeps): Promise<ChannelReport[]> {
  const now = clock();
  const [setups, health] = await Promise.all([channels.setups(), alerts.health(now)]);
  return channelReports(setups, health, now);
}
