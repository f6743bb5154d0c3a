import type { Adapters } from '../adapters.js';
import type { RenewalRow } from '../domain/ports.js';
import { policyOf } from '../domain/renewal.js';
import { stateSentence } from '../domain/state-sentence.js';
import { type TokenState, tokenState } from '../domain/token-state.js';
import { inEnglish } from '../lib/phrase.js';
import { localTime } from './output.js';

/** What is the matter with a configuration, and one sentence about it. */
export interface Judged extends RenewalRow {
  state: TokenState;
  sentence: string;
}

/** @param used IDs of the configurations that something reads */
export async function judge(
  adapters: Adapters,
  rows: RenewalRow[],
  used: (configId: number) => boolean,
): Promise<Judged[]> {
  const policy = policyOf(await (await adapters.settings()).current());
  const now = adapters.clock();
  const show = { time: localTime, date: (day: Date) => day.toISOString().slice(0, 10) };
  return rows.map((row) => {
    const state = tokenState({ ...row, used: used(row.config.id) }, now, policy);
    return { ...row, state, sentence: inEnglish(stateSentence(state, show, now)) };
  });
}

/** For scripts: no token, no secret. */
export const tokenJson = ({ config, token, renewal, state, sentence }: Judged) => ({
  id: config.id,
  name: config.name,
  state: state.kind,
  severity: state.severity,
  text: sentence,
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
