import { type ReplayDeps, replayAnswers } from './replay-answers.js';
import { restoreLost } from './restore-lost.js';

/**
 * For each look: brings to the database what it has lost and what it could not take before.
 * @param losses how often the connection to the database was lost so far; once at the start it is as if it had been
 * @returns how many answers were settled or restored; throws what keeps others from being so, after it has tried all
 */
export function createBringAnswers(deps: ReplayDeps, losses: () => number): () => Promise<number> {
  let compared = Number.NaN;
  return async () => {
    const lost = losses();
    const restoring = restoreLost(deps, lost === compared ? 'ending' : 'all');
    const failure = await restoring.then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const settled = await replayAnswers(deps);
    if (failure) throw failure.error;
    compared = lost;
    return settled + (await restoring);
  };
}
