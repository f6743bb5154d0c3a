import type { Log } from '../domain/log.js';
import { codeOf } from '../errors.js';
import { failureFacts } from './failure-facts.js';

/** How long a pass waits for a step before it continues without it. Milliseconds. */
const TIME_LIMIT = 10_000;

export type Steps = Pick<ReturnType<typeof createSteps>, 'take'>;

/**
 * Runs the steps of a pass before the due list. A step that fails or hangs is logged and skips no other: a
 * locked row or a slow disk must not keep all other tokens from being renewed.
 */
export function createSteps(log: Log, timeLimit = TIME_LIMIT) {
  const running = new Map<string, Promise<unknown>>();
  return {
    /**
     * Runs the step, unless it is still running since an earlier pass.
     * @returns the code of its failure; null: none, or not yet
     */
    async take(step: string, work: () => Promise<unknown>): Promise<string | null> {
      if (running.has(step)) return null;
      let failed: string | null = null;
      const done = work()
        .catch((error: unknown) => {
          failed = codeOf(error);
          log.error({ step, ...failureFacts(error) }, 'a step of the pass failed');
        })
        .finally(() => running.delete(step));
      running.set(step, done);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<true>((resolve) => {
        timer = setTimeout(resolve, timeLimit, true);
      });
      const isLate = await Promise.race([done, late]);
      clearTimeout(timer);
      if (isLate === true)
        log.warn({ step, seconds: timeLimit / 1000 }, 'a step of the pass is still running');
      return failed;
    },
    /** Resolves when no step is running. */
    async idle(): Promise<void> {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
