import { type ReplayDeps, replayAnswers } from './replay-answers.js';
import { restoreLost } from './restore-lost.js';

/**
 * Returns a function for each pass that restores answers that the database has lost, and stores those it
 * could not take before.
 * @param losses how many times the connection to the database has been lost; the first pass behaves as if it
 *   had been
 * @param isQuiet is this the quiet time after a loss? Until the first pass after it, all answers are compared at each pass:
 *   one may have been made from the answer that another sidecar restores meanwhile
 * @returns how many answers were settled or restored; throws the error that prevents this for others, after
 *   trying all
 */
export function createBringAnswers(
  deps: ReplayDeps,
  losses: () => number,
  isQuiet: () => boolean,
): () => Promise<number> {
  let compared = Number.NaN;
  return async () => {
    const lost = losses();
    const again = isQuiet();
    const restoring = restoreLost(deps, lost === compared ? 'ending' : 'all');
    const failure = await restoring.then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const settled = await replayAnswers(deps);
    if (failure) throw failure.error;
    compared = again ? Number.NaN : lost;
    return settled + (await restoring);
  };
}
