import type { TokenProblem } from '../../plugin/domain/ports.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';

/** A switch of the document; Perl takes 0, '0', '', false and null for off. JSON_EXTRACT stops at broken JSON. */
const isOn = (path: string): string => `COALESCE(JSON_UNQUOTE(JSON_EXTRACT(c.config, '${path}')), '')
  NOT IN ('', '0', 'false', 'null')`;

const EXPIRED_TOKEN = "(COALESCE(t.token, '') = '' OR t.token_expiration_date < :now)";

/** Missing, past its date, or declared dead by the provider (RFC 6749 §5.2), wherever the mapping put the word. */
const DEAD_REFRESH_TOKEN = `(COALESCE(t.refresh_token, '') = '' OR t.refresh_token_expiration_date < :now
  OR t.error_code IN ('invalid_grant', 'interaction_required')
  OR t.error_message IN ('invalid_grant', 'interaction_required'))`;

/** Something was fetched, or failed: a configuration that nobody has used yet is no problem. */
const TOUCHED = `(t.token <> '' OR t.refresh_token <> '' OR t.error_message <> '' OR t.error_code <> ''
  OR t.error_description <> '')`;

/** Lets every document through that may have a switch on, and costs a fraction of parsing it. */
const MAY_BE_ON = `c.config REGEXP '"NotifyOnExpired(Refresh)?Token"[ \t\r\n]*:[ \t\r\n]*("[^"0]|"0[^"]|true|-?[0-9.]*[1-9])'`;

/**
 * What the bar shows, by one query. The cheap conditions on the token come first and leave few rows, so that the
 * documents of healthy configurations are never read: STRAIGHT_JOIN holds that order, for the server would begin with
 * the configurations and read every document. One problem for each configuration: a dead refresh token
 * before an expired token, because it is what a person must cure.
 */
export async function findProblems(
  db: Database,
  zone: Zone,
  now: Date,
  limit: number,
): Promise<TokenProblem[]> {
  const bindings = { now: (await datesOf(zone)).write(now), limit };
  const [rows = []]: TokenProblem[][] = await db.run('tokens.problems', (knex) => knex.raw(SQL, bindings));
  return rows.map(({ configId, name, kind }) => ({ configId, name, kind }));
}

const SQL = `
  SELECT c.id AS configId, c.name AS name,
    CASE
      WHEN NOT (${MAY_BE_ON}) OR NOT JSON_VALID(c.config) THEN NULL
      WHEN ${DEAD_REFRESH_TOKEN} AND ${isOn('$.Notifications.NotifyOnExpiredRefreshToken')}
        AND COALESCE(JSON_LENGTH(c.config, '$.Requests.TokenByRefreshToken'), 0) > 0 THEN 'expired-refresh-token'
      WHEN ${EXPIRED_TOKEN} AND ${isOn('$.Notifications.NotifyOnExpiredToken')} THEN 'expired-token'
    END AS kind
  FROM oauth2_token t
  STRAIGHT_JOIN oauth2_token_config c ON c.id = t.token_config_id
  WHERE c.valid_id = (SELECT v.id FROM valid v WHERE v.name = 'valid' LIMIT 1)
    AND (${EXPIRED_TOKEN} OR ${DEAD_REFRESH_TOKEN})
    AND ${TOUCHED}
  HAVING kind IS NOT NULL
  ORDER BY c.name
  LIMIT :limit`;
