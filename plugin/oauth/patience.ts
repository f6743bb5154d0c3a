import { inTime, TimeOut } from '../lib/in-time.js';

/** How much longer an answer is listened for after the host has answered a later request, in milliseconds. */
const OVERTAKEN = 10_000;
/** How often that is looked at, in milliseconds. */
const LOOK = 1000;

/**
 * Listens for late answers, host by host. A host that was gone and is well again does not answer what it was sent before: so an
 * answer that later requests have overtaken is not listened for to the end.
 * @param elapsed milliseconds since any moment, by a clock that never jumps
 */
export function createPatience(elapsed: () => number = () => performance.now()) {
  /** When the newest of the requests was sent that a host has answered. */
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
