import type { Clock } from '../domain/clock.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import { isUsed, type UsageStore } from '../domain/mailbox/usage.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalRow } from '../domain/token/renewal-store.js';
import { isNoticed } from '../domain/token/state-mark.js';
import { rankOf, type TokenState, tokenState } from '../domain/token/token-state.js';
import type { TokenStore } from '../domain/token/token-store.js';

/** Beyond this, only their number is shown. */
const READ = 20;

export interface TokenProblem {
  row: RenewalRow;
  state: TokenState;
}

/**
 * Returns the states for which somebody must act, if the configurations' own switches allow it, most urgent
 * first: one query for any number of configurations. Only where an error concerns no known mailbox does it ask what uses
 * the configuration, for all of these at once: without a user nothing is worse than a warning.
 * @returns more: how many are not among the problems
 */
export async function tokenProblems(deps: {
  tokens: Pick<TokenStore, 'problems'>;
  usages: UsageStore;
  settings: SettingsReader;
  clock: Clock;
}): Promise<{ problems: TokenProblem[]; more: number }> {
  const now = deps.clock();
  const policy = policyOf(await deps.settings.current());
  const { rows, total } = await deps.tokens.problems(now, READ);
  const judged = rows.map((row) => ({ row, state: tokenState(row, now, policy) }));
  const doubtful = judged.filter(
    ({ state: { severity, mail } }) => severity === 'error' && (mail?.told ?? 0) + (mail?.muted ?? 0) === 0,
  );
  const usages = doubtful.length === 0 ? null : await deps.usages.of(doubtful.map(({ row }) => row.config));
  const problems = judged
    .map(({ row, state }) => {
      const usage = usages?.get(row.config.id);
      return usage
        ? { row, state: tokenState({ ...row, used: isUsed(usage) }, now, policy) }
        : { row, state };
    })
    .filter(({ row, state }) => isNoticed(state, row.config.document))
    .sort((a, b) => rankOf(a.state) - rankOf(b.state));
  return { problems: problems.slice(0, READ), more: Math.max(0, total - READ) };
}
