import { type Phrase, phrase } from '../../lib/phrase.js';
import type { ChannelName, ChannelSetup } from './alert-channel.js';
import type { ChannelHealth } from './alert-store.js';

/** A channel with what is known of its last attempts. */
export interface ChannelReport extends Omit<ChannelSetup, 'state'> {
  /** failing: it is set up correctly, and messages do not arrive. */
  state: ChannelSetup['state'] | 'failing';
  /** null: nothing was sent yet. */
  health: ChannelHealth | null;
}

/** A channel that failed once may have met a server that restarts. */
const FAILURES = 3;
const MINUTES = 10;

/** Has the channel failed for longer than a passing fault takes? */
const fails = ({ failures, failingSince }: ChannelHealth, now: Date): boolean =>
  failures >= FAILURES ||
  (failingSince !== null && now.getTime() - failingSince.getTime() > MINUTES * 60_000);

/** Combines what the settings say about the channels with what happened. */
export const channelReports = (
  setups: readonly ChannelSetup[],
  health: readonly ChannelHealth[],
  now: Date,
): ChannelReport[] =>
  setups.map((setup) => {
    const known = health.find(({ channel }) => channel === setup.name) ?? null;
    const state = setup.state === 'on' && known && fails(known, now) ? 'failing' : setup.state;
    return { ...setup, state, health: known };
  });

export const CHANNEL_LABELS: Record<ChannelName, Phrase> = {
  mail: phrase('Mail'),
  webhook: phrase('Webhook'),
  command: phrase('Command'),
  heartbeat: phrase('Heartbeat'),
};

/** What is wrong with a channel, in words; none where it works or is off. */
export function channelFaults({ state, remarks, health }: ChannelReport, name: string): Phrase[] {
  if (state === 'problem') return remarks;
  if (state !== 'failing' || !health) return [];
  return [
    phrase(
      'Alerts are not delivered through this channel: %s. Last response: %s',
      name,
      health.lastError ?? '?',
    ),
  ];
}
