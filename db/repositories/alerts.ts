import type { Knex } from 'knex';
import type { Alert, AlertDecision, AlertPolicy, CauseFacts } from '../../plugin/domain/alert/alert.js';
import type { AlertChannelName } from '../../plugin/domain/alert/alert-channel.js';
import type { AlertPlan, AlertStore, DueAlerts } from '../../plugin/domain/alert/alert-store.js';
import type { Database } from '../database.js';
import type { Dialect } from '../dialect/dialect.js';
import { addMessages } from './alert-messages.js';
import { ALERT, type AlertRow, rankOf, toAlert } from './alert-rows.js';

const CHANNEL = 'oauth2_sidecar_alert_channel';
/** How many alerts one call decides. */
const PAGE = 500;
/** How many subjects a reminder may name. */
const LASTING = 200;
const DAY = 86_400_000;

/** What is told at all. */
const least = ({ minimum }: AlertPolicy): number => rankOf(minimum);

async function causesOf(knex: Knex, causes: string[], policy: AlertPolicy): Promise<Map<string, CauseFacts>> {
  if (causes.length === 0) return new Map();
  const rows = await knex(ALERT)
    .whereIn('cause', causes)
    .groupBy('cause')
    .select('cause', {
      told_at: knex.raw('MAX(told_at)'),
      changed_at: knex.raw('MAX(changed_at)'),
      open: knex.raw('SUM(CASE WHEN severity <= ? THEN 1 ELSE 0 END)', [least(policy)]),
      known: knex.raw('SUM(CASE WHEN severity <= ? AND told_severity IS NOT NULL THEN 1 ELSE 0 END)', [
        least(policy),
      ]),
    });
  return new Map(
    rows.map(({ cause, told_at, changed_at, open, known }) => [
      cause,
      {
        toldAt: told_at === null ? null : new Date(Number(told_at)),
        open: Number(open),
        known: Number(known),
        changedAt: new Date(Number(changed_at)),
      },
    ]),
  );
}

/** Due alerts, and those that are over together with the last of their cause; locked. */
async function readDue(
  knex: Knex,
  now: Date,
  policy: AlertPolicy,
): Promise<Pick<DueAlerts, 'alerts' | 'causes'>> {
  const due = await knex(ALERT)
    .where('look_at', '<=', now.getTime())
    .orderBy('look_at')
    .limit(PAGE)
    .select('subject', 'cause');
  const causes = await causesOf(knex, [...new Set(due.map(({ cause }) => cause))], policy);
  const over = [...causes].flatMap(([cause, { open }]) => (open === 0 ? [cause] : []));
  const others: string[] =
    over.length === 0
      ? []
      : await knex(ALERT).whereIn('cause', over).whereNotNull('told_severity').limit(PAGE).pluck('subject');
  const subjects = [...new Set([...due.map(({ subject }) => subject), ...others])];
  if (subjects.length === 0) return { alerts: [], causes };
  const rows: AlertRow[] = await knex(ALERT).whereIn('subject', subjects).orderBy('subject').forUpdate();
  return { alerts: rows.map(toAlert), causes };
}

async function readLasting(
  knex: Knex,
  policy: AlertPolicy,
): Promise<Pick<DueAlerts, 'lasting' | 'lastingCount'>> {
  const lasting = () => knex(ALERT).whereNotNull('told_severity').where('severity', '<=', least(policy));
  const rows: AlertRow[] = await lasting().orderBy(['severity', 'since', 'subject']).limit(LASTING);
  const [count] = await lasting().count({ total: '*' });
  return { lasting: rows.map(toAlert), lastingCount: Number(count?.total ?? 0) };
}

/** Writes what was decided: one statement for each kind of decision. */
async function apply(
  knex: Knex,
  { expressions }: Dialect,
  { alerts, decisions, now }: { alerts: Alert[]; decisions: ReadonlyMap<string, AlertDecision>; now: Date },
): Promise<void> {
  const those = (kind: AlertDecision['do'], more: (alert: Alert) => boolean = () => true): string[] =>
    alerts
      .filter((alert) => decisions.get(alert.subject)?.do === kind && more(alert))
      .map(({ subject }) => subject);
  const set = async (subjects: string[], values: Record<string, unknown>): Promise<void> => {
    if (subjects.length > 0)
      await knex(ALERT)
        .whereIn('subject', subjects)
        .update(values as never);
  };
  const told = {
    told_state: knex.ref('state'),
    told_severity: knex.ref('severity'),
    told_at: now.getTime(),
    look_at: null,
  };
  await set(
    those('tell-problem', (alert) => alert.told !== null),
    told,
  );
  await set(
    those('tell-problem', (alert) => alert.told === null),
    {
      ...told,
      episodes: knex.raw('episodes + 1'),
    },
  );
  await set(those('tell-resolved'), {
    told_state: null,
    told_severity: null,
    told_at: now.getTime(),
    look_at: now.getTime() + DAY,
  });
  const waits = alerts.flatMap(({ subject }) => {
    const decision = decisions.get(subject);
    return decision?.do === 'wait' ? [{ subject, at: decision.lookAt?.getTime() ?? null }] : [];
  });
  await set(
    waits.map(({ subject }) => subject),
    {
      look_at: knex.raw(
        `CASE subject ${waits.map(({ at }) => `WHEN ? THEN ${expressions.parameter(at)}`).join(' ')} END`,
        waits.flatMap(({ subject, at }) => [subject, at]) as Knex.RawBinding[],
      ),
    },
  );
  const forgotten = those('forget');
  if (forgotten.length > 0) await knex(ALERT).whereIn('subject', forgotten).delete();
}

async function tell(
  knex: Knex,
  dialect: Dialect,
  {
    now,
    channels,
    policy,
    plan,
  }: {
    now: Date;
    channels: readonly AlertChannelName[];
    policy: AlertPolicy;
    plan: (due: DueAlerts) => AlertPlan;
  },
): Promise<number> {
  // Its lock lets one sidecar at a time decide; the next one finds it done.
  const all = await knex(CHANNEL).where({ channel: 'all' }).forUpdate().first('next_at');
  const known: string[] = await knex(CHANNEL).whereIn('channel', channels).pluck('channel');
  const added = channels.filter((channel) => !known.includes(channel));
  const isReminder = policy.reminder > 0 && all.next_at !== null && Number(all.next_at) <= now.getTime();
  const due = await readDue(knex, now, policy);
  const lasting =
    isReminder || added.length > 0 ? await readLasting(knex, policy) : { lasting: [], lastingCount: 0 };
  const { decisions, messages } = plan({ ...due, ...lasting });
  await apply(knex, dialect, { alerts: due.alerts, decisions, now });
  if (added.length > 0)
    await dialect.statements.insertMissing(
      knex,
      CHANNEL,
      added.map((channel) => ({ channel, seen_at: now.getTime() })),
      'channel',
    );
  const written = messages.flatMap((message) =>
    // A channel that is new learns what others already know.
    (message.type === 'reminder' && !isReminder ? added : channels).map((channel) => ({ channel, message })),
  );
  await addMessages(knex, written, now);
  const begins = messages.some(({ type }) => type === 'problem');
  if (isReminder || (begins && all.next_at === null))
    await knex(CHANNEL)
      .where({ channel: 'all' })
      .update({
        next_at:
          policy.reminder > 0 && (begins || due.alerts.length > 0 || lasting.lastingCount > 0)
            ? now.getTime() + policy.reminder
            : null,
      });
  return written.length;
}

type Store = Pick<AlertStore, 'isDue' | 'due' | 'tell' | 'follow'>;

export function createAlerts({ db }: { db: Database }): Store {
  return {
    isDue: (now, channels) =>
      db.run('alerts.is-due', async (knex) => {
        if (channels.length === 0) return false;
        const rows = await knex(CHANNEL).select('channel', 'next_at', {
          look_at: knex(ALERT).min('look_at'),
        });
        const isPast = (ms: unknown) => ms !== null && Number(ms) <= now.getTime();
        return (
          rows.some(
            ({ channel, next_at, look_at }) => isPast(look_at) || (channel === 'all' && isPast(next_at)),
          ) || channels.some((name) => !rows.some(({ channel }) => channel === name))
        );
      }),

    due: (now, limit) =>
      db.run('alerts.due', async (knex) => {
        const rows: AlertRow[] = await knex(ALERT)
          .where('look_at', '<=', now.getTime())
          .orderBy('look_at')
          .limit(limit);
        return rows.map(toAlert);
      }),

    tell: (now, channels, policy, plan) =>
      db.transaction('alerts.tell', ({ run }) =>
        run('alerts.tell', (knex, dialect) => tell(knex, dialect, { now, channels, policy, plan })),
      ),

    follow: (now) => db.run('alerts.follow', (knex) => follow(knex, now)),
  };
}

/** Marks deleted configurations as over, and takes in severities that grew while the state stayed the same. */
async function follow(knex: Knex, now: Date): Promise<void> {
  const at = now.getTime();
  await knex(ALERT)
    // Mailboxes end when they are judged: outbound mail may go on with another configuration.
    .where('subject', 'like', 'configuration:%')
    .where('severity', '<', rankOf(null))
    .whereNotExists(
      knex('oauth2_token_config').select(knex.raw('1')).whereRaw('oauth2_token_config.id = config_id'),
    )
    .update({ severity: rankOf(null), state: 'deleted', changed_at: at, look_at: at });
  const worse: string[] = await knex
    .from({ a: ALERT })
    .join({ r: 'oauth2_sidecar_renewal' }, 'r.token_config_id', 'a.config_id')
    .where('a.severity', rankOf('warning'))
    .whereRaw('r.token_state = a.state')
    .where('r.token_urgency', '<=', 1)
    .limit(PAGE)
    .pluck('a.subject');
  if (worse.length > 0)
    await knex(ALERT)
      .whereIn('subject', worse)
      .where('severity', rankOf('warning'))
      .update({ severity: rankOf('error'), changed_at: at, look_at: at });
}
