interface Waiting {
  work: () => Promise<void>;
  since: Date;
}

/**
 * Runs work by host: at most so many at a time for each, so that a slow provider holds up nobody else's tokens.
 * What waits when the queues are closed is dropped.
 */
export function createHostQueues(atOnce: () => number) {
  const queues = new Map<string, { running: number; waiting: Waiting[] }>();
  const active = new Set<Promise<void>>();
  let closed = false;

  function next(host: string): void {
    const queue = queues.get(host);
    if (!queue) return;
    while (!closed && queue.running < atOnce()) {
      const first = queue.waiting.shift();
      if (!first) break;
      queue.running++;
      const promise = first.work().finally(() => {
        queue.running--;
        active.delete(promise);
        next(host);
      });
      active.add(promise);
    }
    if (queue.running === 0 && queue.waiting.length === 0) queues.delete(host);
  }

  return {
    /** @param work must not reject @param since when its waiting began */
    add(host: string, since: Date, work: () => Promise<void>): void {
      const queue = queues.get(host) ?? { running: 0, waiting: [] };
      queues.set(host, queue);
      queue.waiting.push({ work, since });
      next(host);
    },
    /** Since when the first in any queue waits for its turn; null: none does. */
    waitingSince(): Date | null {
      const firsts = [...queues.values()].flatMap(({ waiting }) => waiting[0]?.since.getTime() ?? []);
      return firsts.length > 0 ? new Date(Math.min(...firsts)) : null;
    },
    /** Begins nothing new; resolves when what runs has ended. */
    async close(): Promise<void> {
      closed = true;
      queues.clear();
      await Promise.all(active);
    },
    open(): void {
      closed = false;
    },
    /** Resolves when nothing runs and nothing waits. */
    async idle(): Promise<void> {
      while (active.size > 0) await Promise.all(active);
    },
  };
}
