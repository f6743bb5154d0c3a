import type { Knex } from 'knex';
import type { AlertChannelName } from '../../plugin/domain/alert/alert-channel.js';
import type { AlertMessage } from '../../plugin/domain/alert/alert-message.js';
import type { AlertStore, ChannelHealth, WaitingMessage } from '../../plugin/domain/alert/alert-store.js';
import type { Database } from '../database.js';
import type { Dialect } from '../dialect/dialect.js';
import { isFree } from './leases.js';

/** Messages that wait to be sent, and for a week those that were. */
const TABLE = 'oauth2_sidecar_alert_message';
const CHANNEL = 'oauth2_sidecar_alert_channel';
const ALERT = 'oauth2_sidecar_alert';
/** How many messages may wait for one channel. */
const MOST_WAITING = 100;
const WEEK = 7 * 86_400_000;
const DAY = 86_400_000;
const BATCH = 1000;
/** How long no sidecar must have had a channel before it counts as switched off. Milliseconds. */
const UNSEEN = 10 * 60_000;

/** Adds messages inside the transaction that decides to write them. */
export async function addMessages(
  knex: Knex,
  messages: { channel: string; message: AlertMessage }[],
  now: Date,
): Promise<void> {
  if (messages.length === 0) return;
  await knex(TABLE).insert(
    messages.map(({ channel, message }) => ({
      message_id: message.id,
      channel,
      message: JSON.stringify(message),
      created_at: now.getTime(),
      next_at: now.getTime(),
    })),
  );
}

/** Takes the messages that have waited longest for their channels. */
async function takeWaiting(
  knex: Knex,
  dialect: Dialect,
  {
    now,
    channels,
    holder,
    leaseMs,
  }: {
    now: Date;
    channels: readonly AlertChannelName[];
    holder: string;
    leaseMs: number;
  },
): Promise<WaitingMessage[]> {
  const free = isFree(knex, dialect, leaseMs);
  const waiting = await knex
    .from({ m: TABLE })
    .leftJoin({ c: CHANNEL }, 'c.channel', 'm.channel')
    .whereIn('m.channel', channels)
    .where('m.next_at', '<=', now.getTime())
    .where((query) => query.whereNull('c.next_at').orWhere('c.next_at', '<=', now.getTime()))
    .where(free)
    .orderBy(['m.next_at', 'm.id'])
    .limit(MOST_WAITING * channels.length)
    .select('m.id', 'm.channel');
  const ids = channels.flatMap((channel) => waiting.find((row) => row.channel === channel)?.id ?? []);
  if (ids.length === 0) return [];
  await knex(TABLE)
    .whereIn('id', ids)
    .where(free)
    .whereNotNull('next_at')
    .update({
      lease_holder: holder,
      lease_until: knex.raw(`${dialect.expressions.secondNow} + ?`, [leaseMs]),
    });
  const rows = await knex(TABLE).whereIn('id', ids).where({ lease_holder: holder }).whereNotNull('next_at');
  return rows.map(
    (row): WaitingMessage => ({
      id: Number(row.id),
      channel: row.channel,
      message: JSON.parse(row.message) as AlertMessage,
      failures: row.failures,
      createdAt: new Date(Number(row.created_at)),
    }),
  );
}

const ended = (now: Date, outcome: 'sent' | 'given-up') => ({
  next_at: null,
  lease_until: 0,
  ended_at: now.getTime(),
  outcome,
});

/**
 * Notes that a channel works, or what is wrong with it. Its row exists since the first message was written for
 * it; a test adds none, because a channel without a row is told what others already know.
 */
async function noteChannel(
  knex: Knex,
  channel: string,
  facts: { now: Date; error: string | null; pauseUntil?: Date | undefined },
): Promise<void> {
  const at = facts.now.getTime();
  const pauseUntil = facts.pauseUntil?.getTime() ?? null;
  await knex(CHANNEL)
    .where({ channel })
    .update(
      facts.error === null
        ? { failures: 0, failing_since: null, next_at: pauseUntil, last_success_at: at }
        : {
            failures: knex.raw('failures + 1'),
            failing_since: knex.raw('COALESCE(failing_since, ?)', [at]),
            next_at: pauseUntil,
            last_error: facts.error.slice(0, 250),
          },
    );
}

/**
 * Notes which channels this sidecar has. Gives up the messages of channels that no sidecar has had for a while,
 * and forgets those channels, so that one that is switched on again is told what lasts.
 */
async function discard(
  knex: Knex,
  { statements }: Dialect,
  now: Date,
  channels: readonly AlertChannelName[],
): Promise<number> {
  await knex(CHANNEL).whereIn('channel', channels).update({ seen_at: now.getTime() });
  const off = await knex(CHANNEL)
    .whereNotIn('channel', ['all', 'heartbeat', ...channels])
    .where((query) => query.whereNull('seen_at').orWhere('seen_at', '<', now.getTime() - UNSEEN))
    .pluck('channel');
  const waiting = await knex(TABLE)
    .whereNotNull('next_at')
    .groupBy('channel')
    .select('channel', { count: knex.raw('COUNT(*)') });
  let total = 0;
  for (const { channel, count } of waiting) {
    const over = Number(count) - (off.includes(channel) ? 0 : MOST_WAITING);
    if (over > 0)
      total += await statements
        .atMost(knex(TABLE).where({ channel }).whereNotNull('next_at').orderBy('id'), over, 'id')
        .update(ended(now, 'given-up'));
  }
  if (off.length > 0) await knex(CHANNEL).whereIn('channel', off).delete();
  return total;
}

async function health(knex: Knex, now: Date): Promise<ChannelHealth[]> {
  const rows = await knex(CHANNEL).whereNot({ channel: 'all' }).orderBy('channel');
  const counts = await knex(TABLE)
    .where((query) => query.whereNotNull('next_at').orWhere('ended_at', '>', now.getTime() - WEEK))
    .groupBy('channel')
    .select('channel', {
      waiting: knex.raw('SUM(CASE WHEN next_at IS NULL THEN 0 ELSE 1 END)'),
      given_up: knex.raw("SUM(CASE WHEN outcome = 'given-up' THEN 1 ELSE 0 END)"),
    });
  const date = (ms: unknown): Date | null => (ms === null ? null : new Date(Number(ms)));
  return rows.map((row) => {
    const count = counts.find(({ channel }) => channel === row.channel);
    return {
      channel: row.channel,
      failures: row.failures,
      failingSince: date(row.failing_since),
      lastError: row.failures > 0 ? row.last_error : null,
      lastSuccessAt: date(row.last_success_at),
      waiting: Number(count?.waiting ?? 0),
      givenUp: Number(count?.given_up ?? 0),
    };
  });
}

/** One conditional update, so that one sidecar calls. */
async function takeHeartbeat(
  knex: Knex,
  { statements }: Dialect,
  now: Date,
  { every, delay }: { every: number; delay: number },
): Promise<boolean> {
  const channel = 'heartbeat';
  await statements.insertMissing(knex, CHANNEL, { channel }, 'channel');
  const taken = await knex(CHANNEL)
    .where({ channel })
    .where((query) => query.whereNull('next_at').orWhere('next_at', '<=', now.getTime()))
    .whereNotExists(
      knex(ALERT)
        .where((query) => query.where({ severity: 0 }).where('since', '<=', now.getTime() - delay))
        // An error that people know of and that is not over, although it looks like a warning for a moment.
        .orWhere((query) => query.where({ told_severity: 0 }).where('severity', '<', 2))
        .select('subject'),
    )
    .update({ next_at: now.getTime() + every });
  return taken > 0;
}

type Outbox = Pick<
  AlertStore,
  'takeWaiting' | 'sent' | 'failed' | 'discard' | 'note' | 'takeHeartbeat' | 'health' | 'prune'
>;

export function createOutbox({ db }: { db: Database }): Outbox {
  return {
    takeWaiting: (now, channels, holder, leaseMs) =>
      channels.length === 0
        ? Promise.resolve([])
        : db.run('outbox.take', (knex, dialect) =>
            takeWaiting(knex, dialect, { now, channels, holder, leaseMs }),
          ),

    sent: ({ id, channel }, now) =>
      db.run('outbox.sent', async (knex) => {
        await knex(TABLE).where({ id }).update(ended(now, 'sent'));
        await noteChannel(knex, channel, { now, error: null });
      }),

    failed: ({ id, channel }, now, { answer, retryAt, pauseUntil }) =>
      db.run('outbox.failed', async (knex) => {
        // Another sidecar may have delivered it after the lease ended.
        await knex(TABLE)
          .where({ id })
          .whereNotNull('next_at')
          .update({
            failures: knex.raw('failures + 1'),
            ...(retryAt ? { next_at: retryAt.getTime(), lease_until: 0 } : ended(now, 'given-up')),
          });
        await noteChannel(knex, channel, { now, error: answer, pauseUntil });
      }),

    discard: (now, channels) =>
      db.run('outbox.discard', (knex, dialect) => discard(knex, dialect, now, channels)),

    note: (channel, now, error, nextAt) =>
      db.run('outbox.note', (knex) => noteChannel(knex, channel, { now, error, pauseUntil: nextAt })),

    takeHeartbeat: (now, times) =>
      db.run('outbox.heartbeat', (knex, dialect) => takeHeartbeat(knex, dialect, now, times)),

    health: (now) => db.run('outbox.health', (knex) => health(knex, now)),

    prune: (now) =>
      db.run('outbox.prune', async (knex, { statements }) => {
        await knex(ALERT)
          .where('severity', 2)
          .whereNull('told_severity')
          .where('changed_at', '<', now.getTime() - DAY)
          .delete();
        return statements
          .atMost(knex(TABLE).where('ended_at', '<', now.getTime() - WEEK), BATCH, 'id')
          .delete();
      }),
  };
}
