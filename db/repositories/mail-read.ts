import type { Knex } from 'knex';
import { protocolOf } from '../../plugin/domain/mailbox/fetch-cause.js';
import { NO_FETCHES } from '../../plugin/domain/mailbox/fetch-facts.js';
import type { MailReader } from '../../plugin/domain/mailbox/mail-watch.js';
import { datesOf, type Zone } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import { eventsOf, PAGE, readOutbound, readRows } from './mail-log.js';
import { WATCH } from './mail-look.js';
import {
  FETCH_COLUMNS,
  type FetchRow,
  fetchColumns,
  MAILBOX,
  toFetchFacts,
  writeRows,
} from './mailbox-row.js';
import { time } from './renewal-row.js';

/** How much of a log that has never been read is read: it may have grown for years. */
const FIRST = 5000;

interface WatchRow {
  log_id: number | null;
  looked_at: number | null;
  fetched_at: number | null;
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

/** Reads one page of the log; the row of `oauth2_sidecar_mail_watch` is locked. */
export async function readOn(
  knex: Knex,
  dialect: Dialect,
  { now, zone, add }: { now: Date; zone: Zone; add: Parameters<MailReader['readOn']>[1] },
): ReturnType<MailReader['readOn']> {
  const watch: WatchRow = await knex(WATCH).where('id', 1).first('log_id', 'looked_at', 'fetched_at');
  const { after, anew } = await startOf(knex, watch.log_id === null ? null : Number(watch.log_id));
  const open: number[] = await knex(MAILBOX)
    .whereNotNull('open_id')
    .orderBy('open_id', 'desc')
    .pluck('open_id');
  const lookedAt = time(watch.looked_at);
  const rows = await readRows(knex, after, anew ? [] : open.map(Number).filter((id) => id <= after));
  const fresh = rows.filter(({ id }) => id > after);
  const times = { dates: await datesOf(zone), now, lookedAt: anew ? null : lookedAt };
  const fetches = rows.filter(({ direction }) => direction === 'Incoming');
  const outbound = await readOutbound(knex, fresh.at(-1)?.id ?? after);
  const events = (await eventsOf(knex, [...outbound, ...fetches], times)).filter(
    ({ at }) => !anew || !lookedAt || at > lookedAt,
  );
  const accountIds = [...new Set(events.map(({ accountId }) => accountId))];
  await writeFacts(knex, dialect, { accountIds, events, add, anew, now });
  // A fetch whose row was purged will never be seen to end.
  const seen = new Set(rows.map(({ id }) => id));
  const lost = anew ? open.map(Number) : open.map(Number).filter((id) => id <= after && !seen.has(id));
  if (lost.length > 0)
    await knex(MAILBOX).whereIn('open_id', lost).update({ open_id: null, open_since: null });
  // A fetch that has not ended is read again at each look, and did not begin then.
  const begun = events.filter((event) => event.accountId !== 0 && event.logId > after).map(({ at }) => +at);
  await knex(WATCH)
    .where('id', 1)
    .update({
      log_id: fresh.at(-1)?.id ?? after,
      looked_at: now.getTime(),
      fetched_at: Math.max(Number(watch.fetched_at ?? 0), ...begun) || null,
    });
  return { more: fresh.length === PAGE };
}

async function writeFacts(
  knex: Knex,
  dialect: Dialect,
  {
    accountIds,
    events,
    add,
    anew,
    now,
  }: {
    accountIds: number[];
    events: Awaited<ReturnType<typeof eventsOf>>;
    add: Parameters<MailReader['readOn']>[1];
    anew: boolean;
    now: Date;
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
  // Due at once, so that another sidecar judges them where this one does not get that far.
  const due = { changes_at: now.getTime() };
  await writeRows(
    knex,
    dialect,
    [...facts].map(([account_id, one]) => ({ account_id, ...fetchColumns(one), ...due })),
  );
}
