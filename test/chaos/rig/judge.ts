import { pause } from '../../lab/ports.js';
import type { ChaosDatabase } from './database.js';
import type { Grant, Ledger } from './ledger.js';

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

/** How often the stored tokens are read, and in what interval (milliseconds), until answers on their way are in them. */
const USUAL_READS = { most: 40, between: 500 };

/** @returns per configuration the number of the refresh token in its row; -1: none, or one that nobody issued */
async function serials({ rows }: Pick<ChaosDatabase, 'rows'>, ledger: Ledger): Promise<Map<number, number>> {
  const found = await rows(`SELECT t.token_config_id, t.refresh_token FROM oauth2_token t
    JOIN oauth2_token_config c ON c.id = t.token_config_id`);
  return new Map(found.map(([id, token]) => [Number(id), ledger.serialOf(Number(id), token)]));
}

/**
 * What ledger and database say when everything has settled. Renewals go on meanwhile, so a grant is kept when its row
 * holds the token that was its newest at the beginning, or a newer one.
 */
export async function judge(
  database: Pick<ChaosDatabase, 'rows'>,
  ledger: Ledger,
  reads = USUAL_READS,
): Promise<Judgement> {
  const { rows } = database;
  const newest = new Map([...ledger.grants.values()].map((grant) => [grant.number, grant.newest]));
  let stored = await serials(database, ledger);
  const isStored = (number: number) => (stored.get(number) ?? -1) >= (newest.get(number) ?? 0);
  const isOnItsWay = ({ number, alive }: Grant) => alive && stored.has(number) && !isStored(number);
  for (let read = 1; read < reads.most && [...ledger.grants.values()].some(isOnItsWay); read++) {
    await pause(reads.between);
    stored = await serials(database, ledger);
  }
  const result: Judgement = { lost: [], forgotten: [], reuse: [], blamed: [], wire: [], withheld: [] };
  const excused = new Set<number>();
  for (const grant of ledger.grants.values()) {
    // Somebody deleted the configuration: nobody needs its token.
    if (!stored.has(grant.number)) continue;
    const isKept = grant.alive && isStored(grant.number);
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
