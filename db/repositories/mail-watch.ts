import type { Knex } from 'knex';
import { protocolOf } from '../../plugin/domain/mailbox/fetch-cause.js';
import { NO_FETCHES } from '../../plugin/domain/mailbox/fetch-facts.js';
import { NO_MAIL, writeMailUse } from '../../plugin/domain/mailbox/mail-use.js';
import type { MailWatchStore, WatchedMailbox } from '../../plugin/domain/mailbox/mail-watch.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import { despiteLocks } from '../despite-locks.js';
import type { Dialect } from '../dialect/dialect.js';
import { listOf } from '../dialect/list.js';
import { eventsOf, PAGE, readRows } from './mail-log.js';
import { ACCOUNT_MARK, lookAtMail, WATCH, writeQueue } from './mail-look.js';
import { FETCH_COLUMNS, type FetchRow, fetchColumns, MAILBOX, toFetchFacts } from './mailbox-row.js';
import { ownValues } from './own-values.js';
import { time } from './renewal-row.js';
import { RENEWAL } from './renewal-table.js';

/** How much of a log that has never been read is read: it may have grown for years. */
const FIRST = 5000;
/** How many rows one statement writes. */
const PART = 500;

interface WatchRow {
  log_id: number | null;
  looked_at: number | null;
  fetched_at: number | null;
}

/** Locks the row of marks, which exists then: one sidecar reads on, the others wait for it. */
async function lockWatch(knex: Knex, { statements }: Dialect): Promise<WatchRow> {
  await statements.insertMissing(knex, WATCH, { id: 1 }, 'id');
  return knex(WATCH).where('id', 1).forUpdate().first('log_id', 'looked_at', 'fetched_at');
}

/**
 * Where to read on. A mark beyond the end belongs to a log that was emptied or restored: then what is there is read
 * again, and times keep the fetches apart.
 */
async function startOf(knex: Knex, mark: number | null): Promise<{ after: number; anew: boolean }> {
  const end = await knex('communication_log').max({ id: 'id' }).first();
  const newest = Number(end?.id ?? 0);
  if (mark === null) return { after: Math.max(0, newest - FIRST), anew: false };
  if (end?.id === null || newest >= mark) return { after: mark, anew: false };
  return { after: Math.max(0, newest - FIRST), anew: true };
}

async function readOn(
  knex: Knex,
  dialect: Dialect,
  { now, zone, add }: { now: Date; zone: Zone; add: Parameters<MailWatchStore['readOn']>[1] },
): ReturnType<MailWatchStore['readOn']> {
  const watch = await lockWatch(knex, dialect);
  const { after, anew } = await startOf(knex, watch.log_id === null ? null : Number(watch.log_id));
  const open: number[] = await knex(MAILBOX)
    .whereNotNull('open_id')
    .orderBy('open_id', 'desc')
    .pluck('open_id');
  const lookedAt = time(watch.looked_at);
  const rows = await readRows(knex, after, anew ? [] : open.map(Number).filter((id) => id <= after));
  const fresh = rows.filter(({ id }) => id > after);
  const times = { dates: await datesOf(zone), now, lookedAt: anew ? null : lookedAt };
  const events = (await eventsOf(knex, rows, times)).filter(({ at }) => !anew || !lookedAt || at > lookedAt);
  const accountIds = [...new Set(events.map(({ accountId }) => accountId))];
  await writeFacts(knex, dialect, { accountIds, events, add, anew });
  // A fetch whose row was purged will never be seen to end.
  const seen = new Set(rows.map(({ id }) => id));
  const lost = anew ? open.map(Number) : open.map(Number).filter((id) => id <= after && !seen.has(id));
  if (lost.length > 0)
    await knex(MAILBOX).whereIn('open_id', lost).update({ open_id: null, open_since: null });
  const begun = events.filter(({ accountId }) => accountId !== 0).map(({ at }) => at.getTime());
  await knex(WATCH)
    .where('id', 1)
    .update({
      log_id: fresh.at(-1)?.id ?? after,
      looked_at: now.getTime(),
      fetched_at: Math.max(Number(watch.fetched_at ?? 0), ...begun) || null,
    });
  return { accountIds, more: fresh.length === PAGE };
}

async function writeFacts(
  knex: Knex,
  { statements }: Dialect,
  {
    accountIds,
    events,
    add,
    anew,
  }: {
    accountIds: number[];
    events: Awaited<ReturnType<typeof eventsOf>>;
    add: Parameters<MailWatchStore['readOn']>[1];
    anew: boolean;
  },
): Promise<void> {
  if (anew) await knex(MAILBOX).update({ log_id: 0 });
  if (accountIds.length === 0) return;
  const types: { id: number; account_type: string }[] = await knex('mail_account')
    .whereIn('id', accountIds)
    .select('id', 'account_type');
  const known: (FetchRow & { account_id: number })[] = await knex(MAILBOX)
    .whereIn('account_id', accountIds)
    .select('account_id', ...FETCH_COLUMNS);
  const typeOf = new Map([...types.map((row) => [row.id, row.account_type] as const), [0, 'SMTP'] as const]);
  const facts = new Map(known.map((row) => [row.account_id, toFetchFacts(row)]));
  for (const event of events) {
    const type = typeOf.get(event.accountId);
    // The account was deleted since.
    if (type === undefined) continue;
    facts.set(event.accountId, add(facts.get(event.accountId) ?? NO_FETCHES, event, protocolOf(type)));
  }
  const rows = [...facts].map(([account_id, one]) => ({ account_id, ...fetchColumns(one) }));
  for (let from = 0; from < rows.length; from += PART)
    await statements.upsert(knex, MAILBOX, rows.slice(from, from + PART), 'account_id');
}

interface AccountRow extends FetchRow {
  id: number;
  login: string;
  host: string;
  account_type: string;
  config_id: number;
  is_valid: number;
  muted_until: number | null;
}

const toMailbox = (row: AccountRow): WatchedMailbox => ({
  accountId: row.id,
  login: row.login,
  type: row.account_type,
  host: row.host,
  configId: row.config_id,
  isValid: Number(row.is_valid) === 1,
  fetches: toFetchFacts(row),
  mutedUntil: time(row.muted_until),
});

function watched(knex: Knex): Knex.QueryBuilder {
  return knex
    .from({ m: 'mail_account' })
    .join({ c: 'oauth2_token_config' }, 'c.id', 'm.oauth2_token_config_id')
    .leftJoin({ b: MAILBOX }, 'b.account_id', 'm.id')
    .where('m.authentication_type', 'oauth2_token')
    .orderBy(['m.login', 'm.id'])
    .select('m.id', 'm.login', 'm.host', 'm.account_type', 'c.id as config_id', 'b.muted_until')
    .select(FETCH_COLUMNS.map((name) => `b.${name}`))
    .select(knex.raw('CASE WHEN m.valid_id = 1 AND c.valid_id = 1 THEN 1 ELSE 0 END AS is_valid'));
}

/** What an account's failures were counted for is no longer there: NULL and 0 for all of it. */
const CLEARED = { failures: 0, failing_since: null, causes: null, open_id: null, open_since: null };

async function noteAccounts(knex: Knex, { statements }: Dialect, mark: string): Promise<void> {
  const rows: { id: number; now: string; before: string | null }[] = await knex
    .from({ m: 'mail_account' })
    .leftJoin({ b: MAILBOX }, 'b.account_id', 'm.id')
    .select('m.id', 'b.account_mark as before', knex.raw(`${ACCOUNT_MARK} AS now`));
  const changed = rows.filter((row) => row.before !== row.now);
  const values = changed.map(({ id, now, before }) => ({
    account_id: id,
    account_mark: now,
    ...(before ? CLEARED : {}),
  }));
  const lists = [values.filter((row) => 'failures' in row), values.filter((row) => !('failures' in row))];
  for (const list of lists)
    for (let from = 0; from < list.length; from += PART)
      await statements.upsert(knex, MAILBOX, list.slice(from, from + PART), 'account_id');
  await knex(MAILBOX)
    .where('account_id', '<>', 0)
    .whereNotIn('account_id', knex('mail_account').select('id'))
    .delete();
  await statements.insertMissing(knex, WATCH, { id: 1 }, 'id');
  await knex(WATCH).where('id', 1).update({ account_mark: mark });
}

/** @param deps the helpdesk's database, and the time zone of its rows */
export function createMailWatchStore({ db, zone }: { db: Database; zone: Zone }): MailWatchStore {
  let mark = '';
  return {
    async look(now) {
      const { mark: found, ...look } = await lookAtMail(db, zone, now);
      mark = found;
      return look;
    },

    readOn: (now, add) =>
      db.transaction('mail-watch.read', ({ run }) =>
        run('mail-watch.read', (knex, dialect) => readOn(knex, dialect, { now, zone, add })),
      ),

    noteAccounts: () =>
      db.transaction('mail-watch.accounts', ({ run }) =>
        run('mail-watch.accounts', (knex, dialect) => noteAccounts(knex, dialect, mark)),
      ),

    noteQueue: (queue) =>
      db.run('mail-watch.queue', async (knex, { statements }) => {
        await statements.upsert(knex, WATCH, { id: 1, queue: writeQueue(queue) }, 'id');
      }),

    due: (now) =>
      db.run('mail-watch.due', (knex) =>
        knex(MAILBOX)
          .where('changes_at', '<=', now.getTime())
          .orderBy('changes_at')
          .limit(PAGE)
          .pluck('account_id'),
      ),

    async mailboxes(which) {
      if (which?.accountIds.length === 0) return [];
      const rows: AccountRow[] = await db.run('mail-watch.mailboxes', (knex) => {
        const query = watched(knex);
        if (which)
          query.whereIn(
            'm.oauth2_token_config_id',
            knex('mail_account').whereIn('id', which.accountIds).select('oauth2_token_config_id'),
          );
        return query;
      });
      return rows.map(toMailbox);
    },

    async schedule(times) {
      const rows = times.map(({ accountId, at }) => ({
        account_id: accountId,
        changes_at: at?.getTime() ?? null,
      }));
      for (let from = 0; from < rows.length; from += PART)
        await db.run('mail-watch.schedule', (knex, { statements }) =>
          statements.upsert(knex, MAILBOX, rows.slice(from, from + PART), 'account_id'),
        );
    },

    async noteUses(now, uses, all) {
      const ids = [...uses.keys()];
      const known: { id: number; mail: string | null }[] = await db.run(
        'mail-watch.uses',
        async (knex, { statements }) => {
          // A configuration that the renewal service has not seen yet has no row.
          const rows = ids.map((token_config_id) => ({ token_config_id }));
          if (rows.length > 0) await statements.insertMissing(knex, RENEWAL, rows, 'token_config_id');
          const query = knex(RENEWAL).select('token_config_id as id', 'mail');
          return all ? query : query.whereIn('token_config_id', ids);
        },
      );
      const changed = known.flatMap(({ id, mail }) => {
        const text = writeMailUse(uses.get(id) ?? NO_MAIL);
        return text === mail || (mail === null && !uses.has(id))
          ? []
          : [{ id, values: { mail: text, due_at: now.getTime() } }];
      });
      await despiteLocks(db.dialect, changed, (part) =>
        db.run('mail-watch.uses', (knex, dialect) => {
          const own = ownValues(dialect, 'token_config_id', part);
          const these = listOf(part.map(({ id }) => id));
          return dialect.statements.change(
            knex,
            `UPDATE ${RENEWAL} SET ${own.sql} WHERE token_config_id IN ${these.sql}`,
            [...own.bindings, ...these.bindings],
          );
        }),
      );
    },

    mute: (accountId, until) =>
      db.run('mail-watch.mute', async (knex, { statements }) => {
        const row = { account_id: accountId, muted_until: until?.getTime() ?? null, changes_at: Date.now() };
        await statements.upsert(knex, MAILBOX, row, 'account_id');
      }),
  };
}
