/**
 * Runs work by host: at most so many at a time for each, so that a slow provider holds up nobody else's tokens.
 * What waits when the queues are closed is dropped.
 */
export function createHostQueues(atOnce: () => number) {
  const queues = new Map<string, { running: number; waiting: (() => Promise<void>)[] }>();
  const active = new Set<Promise<void>>();
  let closed = false;

  function next(host: string): void {
    const queue = queues.get(host);
    if (!queue) return;
    while (!closed && queue.running < atOnce()) {
      const work = queue.waiting.shift();
      if (!work) break;
      queue.running++;
      const promise = work().finally(() => {
        queue.running--;
        active.delete(promise);
        next(host);
      });
      active.add(promise);
    }
    if (queue.running === 0 && queue.waiting.length === 0) queues.delete(host);
  }

  return {
    /** @param work must not reject */
    add(host: string, work: () => Promise<void>): void {
      const queue = queues.get(host) ?? { running: 0, waiting: [] };
      queues.set(host, queue);
      queue.waiting.push(work);
      next(host);
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
