import { type AlertChannel, type Delivery, SEND_LIMIT } from '../../domain/alert/alert-channel.js';
import type { AlertStore, WaitingMessage } from '../../domain/alert/alert-store.js';
import { channelPause, GIVE_UP_AFTER, messageWait } from '../../domain/alert/back-off.js';
import type { Clock } from '../../domain/clock.js';
import type { Log } from '../../domain/log.js';
import type { Metrics } from '../../domain/metrics.js';
import { inTime } from '../../lib/in-time.js';

export interface DeliverAlertDeps {
  alerts: Pick<AlertStore, 'sent' | 'failed'>;
  metrics: Pick<Metrics, 'alert'>;
  clock: Clock;
  log: Log;
}

/** Sends, and never rejects or takes for ever, whatever the channel does. */
export async function sendWithin(
  channel: AlertChannel,
  message: WaitingMessage['message'],
  limit = SEND_LIMIT + 2000,
): Promise<Delivery> {
  try {
    return await inTime(channel.send(message), limit);
  } catch (error) {
    return { ok: false, answer: error instanceof Error ? error.name : typeof error };
  }
}

/**
 * Sends one message that this sidecar has taken, and notes the outcome. If the sidecar ends between the two,
 * the message is sent again, with the same ID.
 * @returns whether it arrived
 */
export async function deliverAlert(
  { alerts, metrics, clock, log }: DeliverAlertDeps,
  row: WaitingMessage,
  channel: AlertChannel,
): Promise<boolean> {
  const delivery = await sendWithin(channel, row.message);
  const now = clock();
  const facts = { channel: channel.name, message: row.message.id, type: row.message.type };
  metrics.alert(channel.name, delivery.ok ? 'sent' : 'failed');
  if (delivery.ok) {
    await alerts.sent(row, now);
    log.info(facts, 'alert sent');
    return true;
  }
  const failures = row.failures + 1;
  const wait = Math.max(messageWait(failures), Math.min(delivery.retryAfter ?? 0, GIVE_UP_AFTER));
  const isOver = delivery.gone === true || now.getTime() + wait - row.createdAt.getTime() > GIVE_UP_AFTER;
  const at = (ms: number) => new Date(now.getTime() + ms);
  await alerts.failed(row, now, {
    answer: delivery.answer,
    retryAt: isOver ? null : at(wait),
    pauseUntil: at(channelPause(failures)),
  });
  const more = { ...facts, failures, answer: delivery.answer };
  if (isOver) log.error(more, 'alert discarded');
  else log.warn(more, 'alert not sent');
  return false;
}
