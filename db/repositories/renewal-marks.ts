import type { Knex } from 'knex';
import type { Dialect } from '../dialect/dialect.js';
import { listOf } from '../dialect/list.js';
import { RENEWAL } from './renewal-table.js';

/** The tables that the marks are made from: configuration and token, with the aliases c and t. */
export const joined = ({ columns }: Dialect): string =>
  `oauth2_token_config c LEFT JOIN oauth2_token t ON t.${columns.tokenConfig} = c.id`;

/**
 * Expressions for marks of the helpdesk's rows, to be compared with the stored marks (table r). The date
 * alone would miss a second change within the same second.
 */
export function marksOf({ expressions: { concat, checksum } }: Dialect) {
  const config = concat('c.change_time', "'/'", 'c.valid_id', "'/'", checksum('c.config'));
  const fields = `CONCAT_WS('/', t.token, t.token_expiration_date,
    t.refresh_token, t.refresh_token_expiration_date, t.error_message, t.error_code)`;
  const token = `COALESCE(${concat('t.change_time', "'/'", checksum(fields))}, '')`;
  return {
    config,
    token,
    /** NULL if there is none. */
    refreshToken: checksum('t.refresh_token'),
    /** Of the stored tokens alone, whatever the row says of a failed refresh. */
    tokens: checksum("CONCAT_WS('/', t.token, t.refresh_token)"),
    differ: `(r.config_mark <> ${config} OR r.token_mark <> ${token})`,
    /** Accepts the rows as they are now. For the transaction that has just written one of them. */
    known: { config_mark: config, token_mark: token },
  };
}

/** Rows of configurations that have been deleted. Where there is none at all, a dump is being loaded. */
const GONE = `SELECT r.token_config_id AS id, 0 AS there FROM ${RENEWAL} r
  LEFT JOIN oauth2_token_config c ON c.id = r.token_config_id
  WHERE c.id IS NULL AND EXISTS (SELECT 1 FROM oauth2_token_config)`;
/** Configurations whose token has been deleted: all of them by indexes, then the rows of those that have none. */
const withoutToken = (dialect: Dialect) => `SELECT c.id, 1 AS there FROM ${joined(dialect)}
  JOIN ${RENEWAL} r ON r.token_config_id = c.id
  WHERE t.${dialect.columns.tokenConfig} IS NULL AND r.token_mark <> ''`;

/**
 * Finds configurations that somebody added, changed or deleted, or whose token somebody wrote or deleted: one query,
 * usually without a row.
 * @param written nobody has added or changed others than these, or their tokens
 */
export async function findChanges(
  knex: Knex,
  dialect: Dialect,
  limit: number,
  written?: readonly number[],
): Promise<{ changed: number[]; gone: number[] }> {
  // No ID is 0, and a list must not be empty.
  const these = written && listOf([0, ...written]);
  const rows = await dialect.statements.rows<{ id: number; there: number }>(
    knex,
    `(SELECT c.id, 1 AS there FROM ${joined(dialect)} LEFT JOIN ${RENEWAL} r ON r.token_config_id = c.id
      WHERE (r.token_config_id IS NULL OR ${marksOf(dialect).differ})
        ${these ? `AND c.id IN ${these.sql}` : ''} LIMIT ?)
     UNION ALL (${GONE} LIMIT ?)
     ${these ? `UNION ALL (${withoutToken(dialect)} LIMIT ?)` : ''}`,
    [...(these?.bindings ?? []), limit, limit, ...(these ? [limit] : [])],
  );
  const ids = (there: number) => rows.filter((row) => Number(row.there) === there).map(({ id }) => id);
  return { changed: [...new Set(ids(1))], gone: ids(0) };
}

/**
 * Resets configurations that changed: due now, without their earlier failures. Where the helpdesk's own refresh has
 * failed, it has cleared or replaced the error in the row and nothing else; then a failure that time does not cure
 * stays. Skips a row that has been accepted in the meantime.
 */
export async function beginAnew(knex: Knex, dialect: Dialect, ids: number[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  const rows = ids.map((token_config_id) => ({ token_config_id }));
  await dialect.statements.insertMissing(knex, RENEWAL, rows, 'token_config_id');
  const marks = marksOf(dialect);
  const ofThisToken = (column: string) =>
    `CASE WHEN r.token_mark = ${marks.token} THEN r.${column} ELSE NULL END`;
  const lasting = `r.config_mark = ${marks.config} AND r.tokens_mark = ${marks.tokens}
    AND r.outcome IN ('client-rejected', 'refused', 'grant-dead')`;
  const unless = (column: string, value: string) => `CASE WHEN ${lasting} THEN r.${column} ELSE ${value} END`;
  await dialect.statements.joinedUpdate(knex, {
    table: RENEWAL,
    alias: 'r',
    key: 'token_config_id',
    ids,
    from: joined(dialect),
    on: 'c.id = r.token_config_id',
    set: {
      due_at: '?',
      failures: unless('failures', '0'),
      failing_since: unless('failing_since', 'NULL'),
      error: unless('error', 'NULL'),
      retry_at: 'NULL',
      not_before: 'NULL',
      received_at: ofThisToken('received_at'),
      expires_at: ofThisToken('expires_at'),
      refresh_expires_at: ofThisToken('refresh_expires_at'),
      // After the columns that depend on it: some servers assign from left to right.
      outcome: unless('outcome', 'NULL'),
      ...marks.known,
    },
    where: marks.differ,
    bindings: { set: [now.getTime()] },
  });
}

/**
 * Moves the expiry of expired access tokens. This is our own change. It affects only rows with current marks,
 * so that no other change is taken for ours.
 * @param end `now` and `text`, the new expiry, as the helpdesk writes them; `until`, the new expiry as a date
 */
export async function holdOff(
  knex: Knex,
  dialect: Dialect,
  ids: number[],
  { now, ...end }: { now: string; text: string; until: Date },
): Promise<void> {
  if (ids.length === 0) return;
  const { joinedUpdate } = dialect.statements;
  const { token } = marksOf(dialect);
  const { tokenConfig } = dialect.columns;
  await joinedUpdate(knex, {
    table: 'oauth2_token',
    alias: 't',
    key: tokenConfig,
    ids,
    from: `oauth2_token_config c JOIN ${RENEWAL} r ON r.token_config_id = c.id`,
    on: `c.id = t.${tokenConfig}`,
    set: { token_expiration_date: '?' },
    where: `r.token_mark = ${token} AND t.token_expiration_date <= ?`,
    bindings: { set: [end.text], where: [now] },
  });
  // The rows that were just written: their marks differ, and their date is ours.
  await joinedUpdate(knex, {
    table: RENEWAL,
    alias: 'r',
    key: 'token_config_id',
    ids,
    from: joined(dialect),
    on: 'c.id = r.token_config_id',
    set: { expires_at: '?', token_mark: token },
    where: `t.token_expiration_date = ? AND r.token_mark <> ${token}`,
    bindings: { set: [end.until.getTime()], where: [end.text] },
  });
}

/**
 * Moves the rows' expiries and times of receipt back; our own change.
 * @param by milliseconds; rounded, because the measured time has fractions and PostgreSQL takes none for whole numbers
 */
export async function setBack(knex: Knex, dialect: Dialect, ids: number[], by: number): Promise<void> {
  if (ids.length === 0) return;
  const { joinedUpdate, change } = dialect.statements;
  const [whole, seconds] = [Math.round(by), Math.round(by / 1000)];
  const these = listOf(ids);
  await change(
    knex,
    `UPDATE oauth2_token SET token_expiration_date = ${dialect.expressions.earlier('token_expiration_date')}
     WHERE ${dialect.columns.tokenConfig} IN ${these.sql}`,
    [seconds, ...these.bindings],
  );
  await joinedUpdate(knex, {
    table: RENEWAL,
    alias: 'r',
    key: 'token_config_id',
    ids,
    from: joined(dialect),
    on: 'c.id = r.token_config_id',
    set: {
      received_at: 'r.received_at - ?',
      last_success_at: 'r.last_success_at - ?',
      expires_at: 'r.expires_at - ?',
      ...marksOf(dialect).known,
    },
    bindings: { set: [whole, whole, seconds * 1000] },
  });
}
