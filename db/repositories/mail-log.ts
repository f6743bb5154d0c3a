import type { Knex } from 'knex';
import { isOfOneMail, LONGEST_SAID } from '../../plugin/domain/mailbox/fetch-cause.js';
import type { FetchEvent } from '../../plugin/domain/mailbox/fetch-facts.js';
import type { Dates } from '../dates.js';

/** How many rows of the log one page has. */
export const PAGE = 1000;
/** How many fetches that have not ended are looked at again. */
const MOST_OPEN = 100;

interface LogRow {
  id: number;
  direction: string;
  status: string;
  account: string | null;
  start_time: string | null;
}

/** A row's time is between the last look and this one, whatever clock and time zone it was written with. */
export interface Times {
  dates: Dates;
  /** When the log was last read; null: never. */
  lookedAt: Date | null;
  now: Date;
}

/** How much later a row may appear than it says, in milliseconds. */
const DELAY = 60_000;

function timeOf(text: string | null, { dates, lookedAt, now }: Times): Date {
  const read = dates.read(text)?.getTime() ?? now.getTime();
  const earliest = lookedAt ? lookedAt.getTime() - DELAY : 0;
  return new Date(Math.min(now.getTime(), Math.max(read, earliest)));
}

const RESULTS: Record<string, FetchEvent['result']> = {
  Successful: 'succeeded',
  Failed: 'failed',
  Warning: 'succeeded',
  Processing: 'open',
};

/** Every value is cut in the database: a huge one costs nothing here. */
const columnsOf = (knex: Knex) => [
  'id',
  knex.raw('LEFT(direction, 20) AS direction'),
  knex.raw('LEFT(status, 20) AS status'),
  knex.raw('LEFT(account_id, 20) AS account'),
  'start_time',
];

const toRows = (rows: LogRow[]): LogRow[] =>
  rows.map((row) => ({ ...row, id: Number(row.id) })).sort((a, b) => a.id - b.id);

/** Reads rows of `communication_log` after a mark, and open ones again: one query by the primary key. */
export async function readRows(knex: Knex, after: number, open: number[]): Promise<LogRow[]> {
  const columns = columnsOf(knex);
  const fresh = knex('communication_log').select(columns).where('id', '>', after).orderBy('id').limit(PAGE);
  const rows: LogRow[] =
    open.length === 0
      ? await fresh
      : await knex('communication_log')
          .select(columns)
          .whereIn('id', open.slice(0, MOST_OPEN))
          .unionAll(fresh, true);
  return toRows(rows);
}

/**
 * Why these fetches failed: for each, whether its connection failed, and the last error of it. Outbound mail may fail
 * after the connection: there, every error counts, except what queue and dispatcher add to it. Two queries by indexes, for
 * any number of entries.
 */
async function readReasons(
  knex: Knex,
  ids: number[],
  outbound: number[],
): Promise<Map<number, { failed: boolean; said: string }>> {
  if (ids.length === 0) return new Map();
  const found: { communication_id: number; failed: number; entry: number | null }[] = await knex
    .from({ o: 'communication_log_object' })
    .leftJoin({ e: 'communication_log_object_entry' }, (on) =>
      on
        .on('e.communication_log_object_id', 'o.id')
        .andOnVal('e.priority', 'Error')
        .andOnVal('e.log_key', '<>', 'Kernel::System::MailQueue')
        .andOnVal('e.log_key', '<>', 'Kernel::System::Email'),
    )
    .whereIn('o.communication_id', ids)
    .where((either) => either.where('o.object_type', 'Connection').orWhereIn('o.communication_id', outbound))
    .groupBy('o.communication_id')
    .select('o.communication_id')
    .select(knex.raw("MAX(CASE WHEN o.status = 'Successful' THEN 0 ELSE 1 END) AS failed"))
    .select(knex.raw('MAX(e.id) AS entry'));
  const entries = found.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  const texts: { id: number; said: string }[] =
    entries.length === 0
      ? []
      : await knex('communication_log_object_entry')
          .whereIn('id', entries)
          .select('id', knex.raw('LEFT(log_value, ?) AS said', [2 * LONGEST_SAID]));
  const said = new Map(texts.map((row) => [Number(row.id), row.said]));
  return new Map(
    found.map(({ communication_id, failed, entry }) => [
      Number(communication_id),
      { failed: Number(failed) === 1, said: entry === null ? '' : (said.get(Number(entry)) ?? '') },
    ]),
  );
}

/** When fetches that have not ended last took in a mail: one query by an index. */
async function readSigns(knex: Knex, ids: number[], { dates, now }: Times): Promise<Map<number, Date>> {
  if (ids.length === 0) return new Map();
  const found: { communication_id: number; at: string | null }[] = await knex('communication_log_object')
    .whereIn('communication_id', ids)
    // The connection itself is no sign: a fetch that was killed and begins again opens one, too.
    .where('object_type', 'Message')
    .groupBy('communication_id')
    .select('communication_id')
    .max({ at: 'start_time' });
  return new Map(
    found.flatMap(({ communication_id, at }) => {
      const read = dates.read(at);
      return read && read <= now ? [[Number(communication_id), read] as const] : [];
    }),
  );
}

/** The number of an account; null: garbage, or not a fetch. Outbound mail has the number 0. */
function accountOf({ direction, account }: LogRow): number | null {
  if (direction === 'Outgoing') return 0;
  if (direction !== 'Incoming' || !/^\d{1,9}$/.test(account ?? '')) return null;
  return Number(account) || null;
}

/** How many of the newest rows are read for outbound mail, whose rows end long after later ones. */
const OUTBOUND = 2000;
const MOST_OUTBOUND = 50;

/** Outbound mails that have ended: the newest success, and failures after it. Two queries by the primary key. */
export async function readOutbound(knex: Knex, newest: number): Promise<LogRow[]> {
  const ended = () =>
    knex('communication_log')
      .where('id', '>', newest - OUTBOUND)
      .where('direction', 'Outgoing');
  const last = await ended().where('status', 'Successful').max({ id: 'id' }).first();
  const success = Number(last?.id ?? 0);
  return toRows(
    await ended()
      .where('id', '>=', success)
      .whereIn('status', ['Successful', 'Failed'])
      .orderBy('id')
      .limit(MOST_OUTBOUND)
      .select(columnsOf(knex)),
  );
}

/** The fetches behind rows of the log, oldest first. */
export async function eventsOf(knex: Knex, rows: LogRow[], times: Times): Promise<FetchEvent[]> {
  const failed = rows.filter((row) => row.status === 'Failed' && accountOf(row) !== null);
  const outbound = failed.filter((row) => accountOf(row) === 0);
  const idsOf = (list: LogRow[]) => list.map(({ id }) => id);
  const reasons = await readReasons(knex, idsOf(failed), idsOf(outbound));
  const signs = await readSigns(
    knex,
    rows.filter((row) => row.status === 'Processing' && accountOf(row)).map(({ id }) => id),
    times,
  );
  return rows.flatMap((row): FetchEvent[] => {
    const accountId = accountOf(row);
    const result = RESULTS[row.status];
    if (accountId === null || result === undefined) return [];
    const reason = reasons.get(row.id);
    // The connection worked, and a single mail could not be taken in: that is not the mailbox's fault.
    const works = result === 'failed' && accountId !== 0 && reason?.failed === false;
    if (accountId === 0 && isOfOneMail(reason?.said ?? '')) return [];
    return [
      {
        logId: row.id,
        accountId,
        at: timeOf(row.start_time, times),
        result: works ? 'succeeded' : result,
        said: reason?.said ?? '',
        aliveAt: signs.get(row.id) ?? null,
      },
    ];
  });
}
