import type { Knex } from 'knex';
import { writtenAt } from '../../plugin/domain/token/renewal.js';
import type { RenewalRow } from '../../plugin/domain/token/renewal-store.js';
import type { Dates } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Value } from '../dialect/expressions.js';
import { listOf } from '../dialect/list.js';
import { ownValue, ownValues } from './own-values.js';

/** Time zones differ by whole quarters of an hour, and by at most 26 hours. Milliseconds. */
const QUARTER = 900_000;
const MOST = 26 * 3_600_000;

/**
 * Returns the instant of a date in the helpdesk's row. The row contains only a text in the helpdesk's time
 * zone, and the setting OTRSTimeZone may have changed since it was written. So our own record of the instant
 * counts until somebody writes to the row. A record whose difference no time zone can explain belongs to an
 * earlier text.
 * @param text as stored
 * @param noted our own record
 * @param isKnown nobody has written to the row since
 */
export function instantOf(
  text: string | null,
  noted: Date | null,
  isKnown: boolean,
  dates: Dates,
): Date | null {
  const read = dates.readAs(text, noted);
  if (!isKnown || !noted || !read) return read;
  const shift = Math.floor(noted.getTime() / 1000) * 1000 - Math.floor(read.getTime() / 1000) * 1000;
  return Math.abs(shift) <= MOST && shift % QUARTER === 0 ? noted : read;
}

/**
 * Records the instants of tokens that another program has written, using the helpdesk's current time zone.
 * Skips rows that were written again after they were read.
 * @param rows with `unnoted`
 */
export async function noteTimes(knex: Knex, dialect: Dialect, rows: RenewalRow[]): Promise<void> {
  const time = (date: Date | null): Value => date?.getTime() ?? null;
  const noted = rows.map((row) => ({
    id: row.config.id,
    mark: row.unnoted ?? '',
    values: {
      expires_at: time(row.token.accessTokenExpiresAt),
      refresh_expires_at: time(row.token.refreshTokenExpiresAt),
      received_at: time(row.renewal.receivedAt ?? writtenAt(row.token)),
    },
  }));
  const own = ownValues(dialect, 'token_config_id', noted);
  const mark = ownValue(dialect, { key: 'token_config_id' }, noted, (row) => row.mark);
  const these = listOf(noted.map(({ id }) => id));
  await dialect.statements.change(
    knex,
    `UPDATE oauth2_sidecar_renewal SET ${own.sql}
     WHERE token_config_id IN ${these.sql} AND token_mark = ${mark.sql}`,
    [...own.bindings, ...these.bindings, ...mark.bindings],
  );
}
