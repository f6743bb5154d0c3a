import type { Clock } from '../domain/clock.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { UsageStore } from '../domain/mailbox/usage.js';
import { policyOf } from '../domain/token/renewal.js';
import type { RenewalRow } from '../domain/token/renewal-store.js';
import { isNoticed } from '../domain/token/state-mark.js';
import { rankOf, type TokenState } from '../domain/token/token-state.js';
import type { TokenStore } from '../domain/token/token-store.js';
import { judgeStates } from './judge-states.js';

/** Beyond this, only their number is shown. */
const READ = 20;

export interface TokenProblem {
  row: RenewalRow;
  state: TokenState;
}

/**
 * Returns the states for which somebody must act, if the configurations' own switches allow it, most urgent
 * first: two queries for any number of configurations, one if there is none. Only where an error concerns no known
 * mailbox does it ask what uses the configuration, for all of these at once: without a user nothing is worse than a warning.
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
  const problems = (await judgeStates(deps.usages, rows, now, policy))
    .filter(({ row, state }) => isNoticed(state, row.config.document))
    .sort((a, b) => rankOf(a.state) - rankOf(b.state));
  return { problems: problems.slice(0, READ), more: Math.max(0, total - READ) };
}
