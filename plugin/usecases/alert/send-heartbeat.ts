import type { AlertChannels } from '../../domain/alert/alert-channel.js';
import { alertPolicy } from '../../domain/alert/alert-settings.js';
import type { AlertStore } from '../../domain/alert/alert-store.js';
import type { Clock } from '../../domain/clock.js';
import type { SettingsReader } from '../../domain/helpdesk/settings.js';
import type { Log } from '../../domain/log.js';
import type { Metrics } from '../../domain/metrics.js';

export interface SendHeartbeatDeps {
  alerts: Pick<AlertStore, 'takeHeartbeat' | 'note'>;
  channels: Pick<AlertChannels, 'heartbeat'>;
  settings: SettingsReader;
  /** Does this sidecar work, and does the helpdesk fetch mail? */
  isWell(): boolean;
  metrics: Pick<Metrics, 'alert'>;
  clock: Clock;
  log: Log;
}

/** Milliseconds until a call that failed is repeated. */
const AGAIN = 60_000;

/**
 * Calls the address of the heartbeat if it is due and all is well. What watches that address raises the alarm
 * when no call arrives, so it also notices that this machine is down.
 */
export async function sendHeartbeat(deps: SendHeartbeatDeps): Promise<void> {
  const heartbeat = await deps.channels.heartbeat();
  if (!heartbeat || !deps.isWell()) return;
  const { every } = heartbeat;
  const { delay } = alertPolicy(await deps.settings.current());
  if (!(await deps.alerts.takeHeartbeat(deps.clock(), { every, delay }))) return;
  const delivery = await heartbeat.send();
  const now = deps.clock();
  deps.metrics.alert('heartbeat', delivery.ok ? 'sent' : 'failed');
  const wait = delivery.ok ? every : Math.min(every, AGAIN);
  await deps.alerts.note(
    'heartbeat',
    now,
    delivery.ok ? null : delivery.answer,
    new Date(now.getTime() + wait),
  );
  if (!delivery.ok) deps.log.warn({ answer: delivery.answer }, 'heartbeat not sent');
}
