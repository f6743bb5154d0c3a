/**
 * Must not reject.
 * @param answered to be called when the host has answered: the next one may ask it then
 * @param late to be called when the usual time for an answer is over and it is listened for further: it takes no place then
 */
type Work = (answered: () => void, late: () => void) => Promise<void>;

interface Queue {
  /** How many are at the host now. */
  asking: number;
  /** How many have begun and not ended. */
  running: number;
  waiting: { work: Work; since: Date }[];
}

/** So many times as many as may ask may be running: where answers wait for the database, nobody asks for more. */
const RUNNING = 3;

/** So many late answers are listened for beside the queues, each on a connection of its own; the others keep their places. */
const MOST_LATE = 256;

/**
 * Runs work by host: at most so many at a time ask it, so that a slow provider holds up nobody else's tokens. What is
 * still to be done with an answer holds up no other request. What waits when the queues are closed is dropped.
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
      const first = queue.waiting.shift();
      if (!first) break;
      begin(host, queue, first.work);
    }
    if (queue.running === 0 && queue.waiting.length === 0) queues.delete(host);
  }

  return {
    /** @param since when its waiting began */
    add(host: string, since: Date, work: Work): void {
      const queue = queues.get(host) ?? { asking: 0, running: 0, waiting: [] };
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
