import type { Knex } from 'knex';
import { LONGEST_SAID } from '../../plugin/domain/mailbox/fetch-cause.js';
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

/** Reads rows of `communication_log` after a mark, and open ones again: one query by the primary key. */
export async function readRows(knex: Knex, after: number, open: number[]): Promise<LogRow[]> {
  // Every value is cut in the database: a huge one costs nothing here.
  const columns = [
    'id',
    knex.raw('LEFT(direction, 20) AS direction'),
    knex.raw('LEFT(status, 20) AS status'),
    knex.raw('LEFT(account_id, 20) AS account'),
    'start_time',
  ];
  const fresh = knex('communication_log').select(columns).where('id', '>', after).orderBy('id').limit(PAGE);
  const rows: LogRow[] =
    open.length === 0
      ? await fresh
      : await knex('communication_log')
          .select(columns)
          .whereIn('id', open.slice(0, MOST_OPEN))
          .unionAll(fresh, true);
  return rows.map((row) => ({ ...row, id: Number(row.id) })).sort((a, b) => a.id - b.id);
}

/**
 * Why these fetches failed: for each, whether its connection failed, and the last error of it. Two queries by
 * indexes, for any number of entries.
 */
async function readReasons(
  knex: Knex,
  ids: number[],
): Promise<Map<number, { failed: boolean; said: string }>> {
  if (ids.length === 0) return new Map();
  const found: { communication_id: number; failed: number; entry: number | null }[] = await knex
    .from({ o: 'communication_log_object' })
    .leftJoin({ e: 'communication_log_object_entry' }, (on) =>
      on.on('e.communication_log_object_id', 'o.id').andOnVal('e.priority', 'Error'),
    )
    .whereIn('o.communication_id', ids)
    .where('o.object_type', 'Connection')
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

/** The number of an account; null: garbage, or not a fetch. Outbound mail has the number 0. */
function accountOf({ direction, account }: LogRow): number | null {
  if (direction === 'Outgoing') return 0;
  if (direction !== 'Incoming' || !/^\d{1,9}$/.test(account ?? '')) return null;
  return Number(account) || null;
}

/** The fetches behind rows of the log, oldest first. */
export async function eventsOf(knex: Knex, rows: LogRow[], times: Times): Promise<FetchEvent[]> {
  const reasons = await readReasons(
    knex,
    rows.filter((row) => row.status === 'Failed' && accountOf(row) !== null).map(({ id }) => id),
  );
  return rows.flatMap((row): FetchEvent[] => {
    const accountId = accountOf(row);
    const result = RESULTS[row.status];
    if (accountId === null || result === undefined) return [];
    const reason = reasons.get(row.id);
    // The connection worked, and a single mail could not be taken in: that is not the mailbox's fault.
    const works = result === 'failed' && reason?.failed === false;
    return [
      {
        logId: row.id,
        accountId,
        at: timeOf(row.start_time, times),
        result: works ? 'succeeded' : result,
        said: reason?.said ?? '',
      },
    ];
  });
}
