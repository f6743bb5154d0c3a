export interface InFlight {
  /** Counts the work until it ends. */
  track<T>(work: Promise<T>): Promise<T>;
  /** How much is on its way now. */
  count(): number;
  isClosing(): boolean;
  /** From now on nothing new shall begin. Resolves when nothing is on its way any more. */
  close(): Promise<void>;
}

/** What must not be cut off when the process ends. */
export function createInFlight(): InFlight {
  const running = new Set<Promise<unknown>>();
  let closing = false;
  return {
    track(work) {
      const done = () => void running.delete(work);
      running.add(work);
      work.then(done, done);
      return work;
    },
    count: () => running.size,
    isClosing: () => closing,
    async close() {
      closing = true;
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
