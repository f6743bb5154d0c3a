import { inTime, TimeOut } from '../lib/in-time.js';

/** How long to keep waiting for an answer after the host has answered a later request, in milliseconds. */
const OVERTAKEN = 10_000;
/** How often this is checked, in milliseconds. */
const LOOK = 1000;

/**
 * Waits for late answers, per host. A host that was down and works again does not answer the requests it
 * received before. So the wait for an answer ends early once the host has answered a later request.
 * @param elapsed milliseconds by a monotonic clock
 */
export function createPatience(elapsed: () => number = () => performance.now()) {
  /** Per host: when the newest request was sent that the host has answered. */
  const answered = new Map<string, number>();
  return {
    noteAnswer(host: string, sentAt: number): void {
      answered.set(host, Math.max(answered.get(host) ?? sentAt, sentAt));
    },
    /** @throws TimeOut */
    async listen<T>(work: Promise<T>, host: string, sentAt: number, ms: number): Promise<T> {
      const end = elapsed() + ms;
      let overtakenAt: number | undefined;
      for (;;) {
        const now = elapsed();
        if ((answered.get(host) ?? sentAt) > sentAt) overtakenAt ??= now;
        const until = Math.min(end, (overtakenAt ?? Number.POSITIVE_INFINITY) + OVERTAKEN);
        if (now >= until) throw new TimeOut();
        try {
          return await inTime(work, Math.min(LOOK, until - now));
        } catch (error) {
          if (!(error instanceof TimeOut)) throw error;
        }
      }
    },
  };
}

export type Patience = ReturnType<typeof createPatience>;
