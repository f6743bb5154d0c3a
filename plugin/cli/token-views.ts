import type { Adapters } from '../adapters/adapters.js';
import { placeFor } from '../domain/provider/causes/places.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalRow } from '../domain/token/renewal-store.js';
import { stateSentence } from '../domain/token/state-sentence.js';
import type { TokenState } from '../domain/token/token-state.js';
import { inEnglish } from '../lib/phrase.js';
import { judgeStates } from '../usecases/judge-states.js';
import { localTime } from './output.js';

/** A configuration's state, and one sentence about it. */
export interface Judged extends RenewalRow {
  state: TokenState;
  sentence: string;
  /** Where its cause is corrected, if that is outside the helpdesk. */
  where: { name: string; url: string } | null;
}

/** Determines the state of each configuration. Reads what uses a configuration only where it matters. */
export async function judge(adapters: Adapters, rows: RenewalRow[]): Promise<Judged[]> {
  const policy = policyOf(await (await adapters.settings()).current());
  const now = adapters.clock();
  const show = { time: localTime, date: (day: Date) => day.toISOString().slice(0, 10) };
  return (await judgeStates(await adapters.usages(), rows, now, policy)).map(({ row, state }) => {
    const place = state.cause && placeFor(state.cause, row.config.document);
    return {
      ...row,
      state,
      sentence: inEnglish(stateSentence(state, show, now)),
      where: place && { name: inEnglish(place.name), url: place.url },
    };
  });
}

/** Mail has stopped or will stop unless somebody acts. */
export const needsAttention = ({ state: { severity } }: Judged): boolean =>
  severity === 'error' || severity === 'warning';

/** For scripts: no token, no secret. */
export const tokenJson = ({ config, token, renewal, state, sentence, where }: Judged) => ({
  id: config.id,
  name: config.name,
  state: state.kind,
  severity: state.severity,
  text: sentence,
  actor: state.actor,
  where: where?.url ?? null,
  works: state.works,
  accessTokenExpires: token.accessToken ? token.accessTokenExpiresAt : null,
  hasAccessToken: token.accessToken !== null,
  hasRefreshToken: token.refreshToken !== null,
  refreshTokenExpires: token.refreshToken ? token.refreshTokenExpiresAt : null,
  nextRenewal: state.nextAt,
  lastRenewal: renewal.lastSuccessAt,
  failures: renewal.failures,
  error: state.failure?.error || null,
  errorDescription: state.failure?.description || null,
});
