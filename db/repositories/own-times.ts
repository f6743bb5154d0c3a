import type { Knex } from 'knex';
import { writtenAt } from '../../plugin/domain/token/renewal.js';
import type { RenewalRow } from '../../plugin/domain/token/renewal-store.js';
import type { Dates } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Value } from '../dialect/expressions.js';
import { listOf } from '../dialect/list.js';
import { ownValue, ownValues } from './own-values.js';

/** Zones differ by whole quarters of an hour, and by 26 hours at most. Milliseconds. */
const QUARTER = 900_000;
const MOST = 26 * 3_600_000;

/**
 * The instant that a date of the helpdesk's row means. The row has a text in the helpdesk's time zone only, and the setting
 * OTRSTimeZone may have been changed since it was written: so as long as nobody has written to the row, our own note of the
 * instant counts. One that cannot be explained by another zone belongs to an earlier text.
 * @param text as stored
 * @param noted our own note
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
 * Notes the instants of tokens that somebody else has written, as the helpdesk's time zone is now. Where the row has been
 * written again since it was read, nothing is noted.
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
