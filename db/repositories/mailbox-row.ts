import type { Knex } from 'knex';
import type { FetchFacts, KeptCause } from '../../plugin/domain/mailbox/fetch-facts.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Value } from '../dialect/expressions.js';
import { time } from './renewal-row.js';

/** What the fetches of each mail account reported. Outbound mail is account 0. */
export const MAILBOX = 'oauth2_sidecar_mailbox';

export const FETCH_COLUMNS = [
  'log_id',
  'fetched_at',
  'failed_at',
  'failing_since',
  'failures',
  'open_id',
  'open_since',
  'causes',
] as const;

export type FetchRow = Record<(typeof FETCH_COLUMNS)[number], number | string | null>;

type StoredCause = Omit<KeptCause, 'first' | 'last'> & { first: number; last: number };

function readCauses(text: unknown): KeptCause[] {
  try {
    return (JSON.parse(String(text ?? '[]')) as StoredCause[]).map((cause) => ({
      ...cause,
      first: new Date(cause.first),
      last: new Date(cause.last),
    }));
  } catch {
    return [];
  }
}

export function toFetchFacts(row: FetchRow): FetchFacts {
  const openSince = time(row.open_since);
  return {
    logId: Number(row.log_id ?? 0),
    fetchedAt: time(row.fetched_at),
    failedAt: time(row.failed_at),
    failingSince: time(row.failing_since),
    failures: Number(row.failures ?? 0),
    open: row.open_id !== null && openSince ? { id: Number(row.open_id), since: openSince } : null,
    causes: readCauses(row.causes),
  };
}

export const fetchColumns = (facts: FetchFacts): Record<(typeof FETCH_COLUMNS)[number], Value> => ({
  log_id: facts.logId,
  fetched_at: facts.fetchedAt?.getTime() ?? null,
  failed_at: facts.failedAt?.getTime() ?? null,
  failing_since: facts.failingSince?.getTime() ?? null,
  failures: facts.failures,
  open_id: facts.open?.id ?? null,
  open_since: facts.open?.since.getTime() ?? null,
  causes:
    facts.causes.length === 0
      ? null
      : JSON.stringify(
          facts.causes.map((cause) => ({
            ...cause,
            first: cause.first.getTime(),
            last: cause.last.getTime(),
          })),
        ),
});

/** How many rows one statement writes. */
const PART = 500;

/** Adds or overwrites columns of rows, in the order of the key, as everybody does who changes several. */
export async function writeRows(
  knex: Knex,
  { statements }: Dialect,
  rows: readonly ({ account_id: number } & Record<string, Value>)[],
): Promise<void> {
  const sorted = [...rows].sort((a, b) => a.account_id - b.account_id);
  for (let from = 0; from < sorted.length; from += PART)
    await statements.upsert(knex, MAILBOX, sorted.slice(from, from + PART), 'account_id');
}
