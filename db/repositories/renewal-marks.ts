import type { Knex } from 'knex';

/** The date alone would miss a second change within its second. */
export const CONFIG_MARK = "CONCAT(c.change_time, '/', c.valid_id, '/', CRC32(c.config))";
export const TOKEN_MARK = `COALESCE(CONCAT(t.change_time, '/', CRC32(CONCAT_WS('/', t.token, t.token_expiration_date,
  t.refresh_token, t.refresh_token_expiration_date, t.error_message, t.error_code))), '')`;
/** NULL where there is none. */
export const REFRESH_TOKEN_MARK = 'CRC32(t.refresh_token)';
export const JOINED = `oauth2_token_config c LEFT JOIN oauth2_token t ON t.token_config_id = c.id`;
const DIFFERS = `(r.config_mark <> ${CONFIG_MARK} OR r.token_mark <> ${TOKEN_MARK})`;

/** Takes the rows as they are now for known. For the transaction that has just written one of them. */
const MARKS = `r.config_mark = ${CONFIG_MARK}, r.token_mark = ${TOKEN_MARK}`;

/** Configurations that somebody added, changed or deleted, or whose token somebody wrote: one query, mostly without a row. */
export async function findChanges(knex: Knex, limit: number): Promise<{ changed: number[]; gone: number[] }> {
  const [rows] = await knex.raw(
    `(SELECT c.id, 1 AS there FROM ${JOINED} LEFT JOIN oauth2_sidecar_renewal r ON r.token_config_id = c.id
      WHERE r.token_config_id IS NULL OR ${DIFFERS} LIMIT ?)
     UNION ALL
     (SELECT r.token_config_id, 0 FROM oauth2_sidecar_renewal r
      LEFT JOIN oauth2_token_config c ON c.id = r.token_config_id WHERE c.id IS NULL LIMIT ?)`,
    [limit, limit],
  );
  const ids = (there: number) =>
    (rows as { id: number; there: number }[])
      .filter((row) => Number(row.there) === there)
      .map(({ id }) => id);
  return { changed: ids(1), gone: ids(0) };
}

/**
 * Begins anew with configurations that changed: due now, nothing held against them. A row that has been taken for
 * known meanwhile is left alone.
 */
export async function beginAnew(knex: Knex, ids: number[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await knex('oauth2_sidecar_renewal')
    .insert(ids.map((token_config_id) => ({ token_config_id })))
    .onConflict('token_config_id')
    .ignore();
  await knex.raw(
    `UPDATE oauth2_sidecar_renewal r JOIN (${JOINED}) ON c.id = r.token_config_id
     SET r.due_at = ?, r.failures = 0, r.outcome = NULL, r.retry_at = NULL, r.not_before = NULL,
       r.failing_since = NULL, r.error = NULL,
       r.received_at = IF(r.token_mark = ${TOKEN_MARK}, r.received_at, NULL),
       r.expires_at = IF(r.token_mark = ${TOKEN_MARK}, r.expires_at, NULL),
       r.refresh_expires_at = IF(r.token_mark = ${TOKEN_MARK}, r.refresh_expires_at, NULL), ${MARKS}
     WHERE r.token_config_id IN (?) AND ${DIFFERS}`,
    [now.getTime(), ids],
  );
}

/**
 * Moves the ends of access tokens that have ended; a change of our own, not somebody's. Only rows that are known, so that no
 * change of somebody else is taken for ours.
 * @param now as the helpdesk writes it, as is `text`
 */
export async function holdOff(
  knex: Knex,
  ids: number[],
  now: string,
  end: { text: string; until: Date },
): Promise<void> {
  if (ids.length === 0) return;
  const known = `r.token_config_id IN (?) AND r.token_mark = ${TOKEN_MARK}`;
  await knex.raw(
    `UPDATE oauth2_token t JOIN oauth2_token_config c ON c.id = t.token_config_id
       JOIN oauth2_sidecar_renewal r ON r.token_config_id = c.id
     SET t.token_expiration_date = ? WHERE ${known} AND t.token_expiration_date <= ?`,
    // The array is the list of IN; the types know single values only.
    [end.text, ids, now] as never,
  );
  // Those that were just written: their marks differ, and their date is ours.
  await knex.raw(
    `UPDATE oauth2_sidecar_renewal r JOIN (${JOINED}) ON c.id = r.token_config_id
     SET r.expires_at = ?, r.token_mark = ${TOKEN_MARK}
     WHERE r.token_config_id IN (?) AND t.token_expiration_date = ? AND r.token_mark <> ${TOKEN_MARK}`,
    [end.until.getTime(), ids, end.text] as never,
  );
}

/** The rows' ends and times of receipt less so many milliseconds; a change of our own, not somebody's. */
export async function setBack(knex: Knex, ids: number[], by: number): Promise<void> {
  if (ids.length === 0) return;
  const seconds = Math.round(by / 1000);
  await knex.raw(
    `UPDATE oauth2_token SET token_expiration_date = token_expiration_date - INTERVAL ? SECOND
     WHERE token_config_id IN (?)`,
    [seconds, ids],
  );
  await knex.raw(
    `UPDATE oauth2_sidecar_renewal r JOIN (${JOINED}) ON c.id = r.token_config_id
     SET r.received_at = r.received_at - ?, r.last_success_at = r.last_success_at - ?,
       r.expires_at = r.expires_at - ?, ${MARKS}
     WHERE r.token_config_id IN (?)`,
    [by, by, seconds * 1000, ids],
  );
}
