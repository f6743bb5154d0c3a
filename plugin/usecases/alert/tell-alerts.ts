import { randomUUID } from 'node:crypto';
import { type Alert, type AlertDecision, decideAlert } from '../../domain/alert/alert.js';
import type { AlertChannelName } from '../../domain/alert/alert-channel.js';
import type { AlertMessage, AlertType } from '../../domain/alert/alert-message.js';
import { alertPolicy } from '../../domain/alert/alert-settings.js';
import type { AlertStore, DueAlerts } from '../../domain/alert/alert-store.js';
import { type AlertReader, type Description, writeMessage } from '../../domain/alert/write-message.js';
import type { Clock } from '../../domain/clock.js';
import type { Settings, SettingsReader } from '../../domain/helpdesk/settings.js';

export interface TellAlertsDeps {
  alerts: Pick<AlertStore, 'isDue' | 'due' | 'tell'>;
  settings: SettingsReader;
  /** The language and time zone of the alerts. */
  reader(settings: Settings): AlertReader;
  /** Describes subjects, by their keys; those that cannot be described are missing. */
  describe(subjects: string[], reader: AlertReader): Promise<ReadonlyMap<string, Description>>;
  /** URL of the overview. */
  link(settings: Settings): string;
  clock: Clock;
}

/** How many alerts are described; the others share a cause with one of them, or are only counted. */
const MOST_DESCRIBED = 500;

export const newMessageId = (): string => `msg_${randomUUID().replaceAll('-', '')}`;

/**
 * Writes messages about what is due to be told, for these channels. One message tells everything that broke
 * together, one what is over, one is the reminder.
 * @returns how many messages were written
 */
export async function tellAlerts(
  deps: TellAlertsDeps,
  channels: readonly AlertChannelName[],
): Promise<number> {
  const now = deps.clock();
  if (!(await deps.alerts.isDue(now, channels))) return 0;
  const settings = await deps.settings.current();
  const policy = alertPolicy(settings);
  const reader = deps.reader(settings);
  // Outside the transaction, which holds locks.
  const subjects = (await deps.alerts.due(now, MOST_DESCRIBED)).map(({ subject }) => subject);
  const descriptions = await deps.describe(subjects, reader);
  const write = (type: AlertType, alerts: Alert[], count?: number): AlertMessage =>
    writeMessage(
      { id: newMessageId(), type, at: now, host: settings.text('FQDN'), link: deps.link(settings) },
      { alerts, ...(count === undefined ? {} : { count }) },
      reader,
      descriptions,
    );

  function plan({ alerts, causes, lasting, lastingCount }: DueAlerts) {
    const decisions = new Map<string, AlertDecision>(
      alerts.map((alert) => {
        const cause = causes.get(alert.cause) ?? {
          toldAt: null,
          open: 0,
          known: 0,
          changedAt: alert.changedAt,
        };
        return [alert.subject, decideAlert(alert, cause, now, policy)];
      }),
    );
    const those = (kind: AlertDecision['do']) =>
      alerts.filter(({ subject }) => decisions.get(subject)?.do === kind);
    const problems = those('tell-problem');
    const resolved = those('tell-resolved');
    return {
      decisions,
      messages: [
        ...(problems.length > 0 ? [write('problem', problems)] : []),
        ...(resolved.length > 0 ? [write('resolved', resolved)] : []),
        ...(lastingCount > 0 ? [write('reminder', lasting, lastingCount)] : []),
      ],
    };
  }

  return deps.alerts.tell(now, channels, policy, plan);
}
