import { type ReplayDeps, replayAnswers } from './replay-answers.js';
import { restoreLost } from './restore-lost.js';

/**
 * Returns a function for each pass that restores answers that the database has lost, and stores those it
 * could not take before.
 * @param losses how many times the connection to the database has been lost; the first pass behaves as if it
 *   had been
 * @returns how many answers were settled or restored; throws the error that prevents this for others, after
 *   trying all
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
