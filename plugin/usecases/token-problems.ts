import type { Clock, TokenProblem, TokenStore } from '../domain/ports.js';

/** The bar names this many; beyond, a number says enough. */
const SHOWN = 5;
const COUNTED = 100;

/** What needs a person now: one query whatever the number of configurations. */
export async function tokenProblems(deps: {
  tokens: Pick<TokenStore, 'problems'>;
  clock: Clock;
}): Promise<{ shown: TokenProblem[]; more: number }> {
  const problems = await deps.tokens.problems(deps.clock(), COUNTED);
  return { shown: problems.slice(0, SHOWN), more: Math.max(0, problems.length - SHOWN) };
}
