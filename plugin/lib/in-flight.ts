export interface InFlight {
  /** Counts the work until it ends. */
  track<T>(work: Promise<T>): Promise<T>;
  /** How many pieces of work are running. */
  count(): number;
  isClosing(): boolean;
  /** Announces that no new work shall begin. Resolves when all work has ended. */
  close(): Promise<void>;
}

/** Tracks work that must not be cut off when the process ends. */
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
