/** Work that is done a few pieces at a time, in the order in which it was given. */
export interface Turns {
  /**
   * Runs the work when its turn comes.
   * @throws what the work throws; the reason of `signal` if it is aborted before the turn has come: the work does not run then
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** How many pieces run or wait. */
  size(): number;
}

/** @param most how many pieces run at once */
export function createTurns(most: number): Turns {
  const waiting = new Set<() => void>();
  let running = 0;

  function turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (running < most) {
      running++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(begin);
        reject(signal?.reason);
      };
      const begin = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      waiting.add(begin);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    size: () => running + waiting.size,
    async run(work, signal) {
      await turn(signal);
      try {
        return await work();
      } finally {
        const [next] = waiting;
        if (next) {
          waiting.delete(next);
          next();
        } else running--;
      }
    },
  };
}
