import type { AlertChannel, AlertChannels } from '../../domain/alert/alert-channel.js';
import type { AlertStore } from '../../domain/alert/alert-store.js';
import type { Metrics } from '../../domain/metrics.js';
import { codeOf } from '../../errors.js';
import { type DeliverAlertDeps, deliverAlert } from './deliver-alert.js';
import { listChannels } from './list-channels.js';
import { type SendHeartbeatDeps, sendHeartbeat } from './send-heartbeat.js';
import { type TellAlertsDeps, tellAlerts } from './tell-alerts.js';

export interface AlertServiceDeps extends TellAlertsDeps, DeliverAlertDeps, SendHeartbeatDeps {
  alerts: AlertStore;
  metrics: Pick<Metrics, 'alert' | 'alertChannels'>;
  channels: AlertChannels;
  /** Identifies this process in leases. */
  holder: string;
}

/** Milliseconds between two looks. */
const LOOK = 5000;
const MINUTE = 60_000;
/** How long a sidecar may take to send a message before another one may; more than any channel takes. */
const LEASE = 60_000;

/**
 * Writes alerts and sends them. A slow or broken channel delays neither the other channels nor anything else:
 * each has one message on its way at most, and the looks do not wait for it.
 */
export function createAlertService(deps: AlertServiceDeps) {
  const { alerts, channels, clock, log, holder } = deps;
  const onTheirWay = new Map<string, Promise<void>>();
  let followedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = true;
  /** The code of the last failure, so that one that lasts is logged once. */
  let failing: string | null = null;

  /** Work that only needs doing now and then. */
  async function tidy(names: AlertChannel['name'][]): Promise<void> {
    const now = clock();
    if (now.getTime() - followedAt < MINUTE && now.getTime() >= followedAt) return;
    followedAt = now.getTime();
    await alerts.follow(now);
    const discarded = await alerts.discard(now, names);
    if (discarded > 0) log.error({ messages: discarded }, 'alerts discarded');
    await alerts.prune(now);
    const reports = (await listChannels(deps)).filter(({ state }) => state !== 'off');
    deps.metrics.alertChannels(new Map(reports.map(({ name, state }) => [name, state === 'on'])));
  }

  async function deliverWaiting(list: AlertChannel[]): Promise<void> {
    const idle = list.filter(({ name }) => !onTheirWay.has(name));
    const rows = await alerts.takeWaiting(
      clock(),
      idle.map(({ name }) => name),
      holder,
      LEASE,
    );
    for (const row of rows) {
      const channel = idle.find(({ name }) => name === row.channel);
      if (!channel) continue;
      const sending = deliverAlert(deps, row, channel)
        .catch((error: unknown) => {
          log.error(
            { channel: row.channel, code: codeOf(error) },
            'the outcome of an alert could not be stored',
          );
          return false;
        })
        .then((arrived) => {
          onTheirWay.delete(row.channel);
          // The next message for this channel need not wait for the next look.
          if (arrived && !stopped) wake();
        });
      onTheirWay.set(row.channel, sending);
    }
  }

  function callHeartbeat(): void {
    const calling = sendHeartbeat(deps)
      .catch((error: unknown) =>
        log.error(
          { channel: 'heartbeat', code: codeOf(error) },
          'the outcome of a heartbeat could not be stored',
        ),
      )
      .finally(() => onTheirWay.delete('heartbeat'));
    onTheirWay.set('heartbeat', calling);
  }

  async function look(): Promise<void> {
    try {
      const list = await channels.current();
      const names = list.map(({ name }) => name);
      await tidy(names);
      await tellAlerts(deps, names);
      await deliverWaiting(list);
      if (!onTheirWay.has('heartbeat')) callHeartbeat();
      failing = null;
    } catch (error) {
      const code = codeOf(error);
      if (code !== failing) log.error({ code }, 'alerts could not be checked');
      failing = code;
    }
  }

  function schedule(wait: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      looking = look().finally(() => {
        looking = undefined;
        if (!stopped) schedule(LOOK);
      });
    }, wait);
  }

  function wake(): void {
    if (!looking) schedule(0);
  }

  return {
    /** One look, and everything that it sent; for tests. */
    async tick(): Promise<void> {
      await look();
      await Promise.all(onTheirWay.values());
    },
    start(): void {
      stopped = false;
      schedule(0);
    },
    /** Waits for messages on their way; each has a time limit. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await Promise.all(onTheirWay.values());
    },
  };
}
