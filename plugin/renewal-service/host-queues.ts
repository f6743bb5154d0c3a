/**
 * Must not reject.
 * @param answered call it when the host has answered: the next request to the host may then start
 * @param late call it when the usual time-out is over and the wait continues: the work then frees its place
 */
type Work = (answered: () => void, late: () => void) => Promise<void>;

interface Queue {
  /** How many requests the host has not answered yet. */
  asking: number;
  /** How many have begun and not ended. */
  running: number;
  /** Goes first: somebody waits for it. */
  urgent: Waiting[];
  waiting: Waiting[];
}

interface Waiting {
  work: Work;
  since: Date;
}

/**
 * How many times the number of concurrent requests may be running. If answers wait for the database, no new
 * request starts.
 */
const RUNNING = 3;

/**
 * How many late answers may be awaited outside the queues, each on its own connection; further ones keep
 * their places.
 */
const MOST_LATE = 256;

/**
 * Runs work in a queue per host with a limit on concurrent requests, so that a slow provider does not delay
 * other providers' tokens. Processing an answer does not delay the next request. Waiting work is dropped when
 * the queues are closed.
 */
export function createHostQueues(atOnce: () => number) {
  const queues = new Map<string, Queue>();
  const active = new Set<Promise<void>>();
  let closed = false;
  let listening = 0;

  function begin(host: string, queue: Queue, work: Work): void {
    queue.asking++;
    queue.running++;
    let isAsking = true;
    const answered = () => {
      if (!isAsking) return;
      isAsking = false;
      queue.asking--;
      next(host);
    };
    let isLate = false;
    const late = () => {
      if (!isAsking || listening >= MOST_LATE) return;
      isLate = true;
      listening++;
      queue.running--;
      answered();
    };
    const promise = work(answered, late).finally(() => {
      if (isLate) listening--;
      else queue.running--;
      active.delete(promise);
      answered();
      next(host);
    });
    active.add(promise);
  }

  function next(host: string): void {
    const queue = queues.get(host);
    if (!queue) return;
    while (!closed && queue.asking < atOnce() && queue.running < RUNNING * atOnce()) {
      const first = queue.urgent.shift() ?? queue.waiting.shift();
      if (!first) break;
      begin(host, queue, first.work);
    }
    if (queue.running + queue.urgent.length + queue.waiting.length === 0) queues.delete(host);
  }

  return {
    /** @param since when its wait began */
    add(host: string, since: Date, work: Work, isUrgent = false): void {
      const queue = queues.get(host) ?? { asking: 0, running: 0, urgent: [], waiting: [] };
      queues.set(host, queue);
      (isUrgent ? queue.urgent : queue.waiting).push({ work, since });
      next(host);
    },
    /** Since when the longest-waiting work has been waiting; null: none waits. */
    waitingSince(): Date | null {
      const firsts = [...queues.values()]
        .flatMap(({ urgent, waiting }) => [urgent, waiting])
        .flatMap(([first]) => first?.since.getTime() ?? []);
      return firsts.length > 0 ? new Date(Math.min(...firsts)) : null;
    },
    /** Starts nothing new; resolves when running work has ended. */
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
