import type { ChaosDatabase } from './database.js';
import type { Ledger } from './ledger.js';

/** Numbers of configurations, except for `reuse`. Whatever is not empty is the cost of a fault. */
interface Verdict {
  /** The grant is dead or its newest token is not stored, although the answer had reached the machine or could have. */
  lost: number[];
  /** Nobody will request its token again: no due time, and nobody holds its lease. */
  forgotten: number[];
  /** A refresh token was used a second time. */
  reuse: number[];
  /** A fault of ours that was counted as the provider's. */
  blamed: string[];
}

export interface Judgement extends Verdict {
  /** What cannot be prevented: the answer was on the wire when its process was killed. */
  wire: number[];
  /** … or the provider used the token and withheld the answer. */
  withheld: number[];
}

const OURS =
  "'internal', 'database-unavailable', 'database-right-missing', 'schema-unknown', 'renewal-running'";

/** What ledger and database say when everything has settled. */
export async function judge({ rows }: Pick<ChaosDatabase, 'rows'>, ledger: Ledger): Promise<Judgement> {
  const stored = new Map(
    (
      await rows(`SELECT t.token_config_id, t.refresh_token FROM oauth2_token t
        JOIN oauth2_token_config c ON c.id = t.token_config_id`)
    ).map(([id, token]) => [Number(id), token]),
  );
  const result: Judgement = { lost: [], forgotten: [], reuse: [], blamed: [], wire: [], withheld: [] };
  const excused = new Set<number>();
  for (const grant of ledger.grants.values()) {
    // Somebody deleted the configuration: nobody needs its token.
    if (!stored.has(grant.number)) continue;
    const isKept = grant.alive && stored.get(grant.number) === ledger.newestToken(grant.number);
    const last = grant.exchanges.at(-1);
    const causes = grant.reused.length > 0 ? grant.reused : [last];
    const cause = causes.map(ledger.causeOf).find((one) => one !== 'lost') ?? 'lost';
    if (!isKept) result[cause].push(grant.number);
    if (cause === 'lost') result.reuse.push(...grant.reused.map(() => grant.number));
    if (!isKept) excused.add(grant.number);
  }
  const idle = await rows(`SELECT c.id FROM oauth2_token_config c
    LEFT JOIN oauth2_sidecar_renewal r ON r.token_config_id = c.id
    WHERE c.valid_id = 1 AND r.due_at IS NULL AND COALESCE(r.lease_until, 0) <= UNIX_TIMESTAMP() * 1000`);
  result.forgotten = idle.map(([id]) => Number(id)).filter((id) => !excused.has(id));
  result.blamed = (
    await rows(`SELECT CONCAT(token_config_id, ': ', code) FROM oauth2_sidecar_event WHERE code IN (${OURS})
      UNION SELECT CONCAT(token_config_id, ': ', error) FROM oauth2_sidecar_renewal WHERE error IN (${OURS})`)
  ).map(([text = '']) => text);
  return result;
}
