import { SidecarError } from '../errors.js';

const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 15 * 60_000;
/** Somebody may write to a row at any time (consent, edit, import): nothing is left unseen for longer. */
const LOOK_AGAIN = 10_000;
/** Needs a person, or a change at the provider: seldom enough to harm nobody. */
const HOPELESS = ['grant-dead', 'client-rejected', 'provider-refused', 'no-refresh-token'];

/** Which tokens are left alone until when: after failures longer each time, from 30 s to 15 min. In memory only. */
export function createWaits(random: () => number) {
  const waits = new Map<number, { until: number; failures: number }>();
  return {
    isOver: (configId: number, now: Date): boolean => (waits.get(configId)?.until ?? 0) <= now.getTime(),
    /** How many of the due list may be waiting: so many more must be listed, or they would hide the others. */
    count: (): number => waits.size,
    clear: (configId: number): void => void waits.delete(configId),
    /** Nothing to do before `at`; null: not without a person. */
    untilDue(configId: number, at: Date | null, now: Date): void {
      const latest = now.getTime() + LOOK_AGAIN;
      waits.set(configId, { until: Math.min(at?.getTime() ?? latest, latest), failures: 0 });
    },
    /**
     * @param retryAfter seconds that the provider asked for; honoured up to an hour
     * @returns the wait in milliseconds
     */
    afterFailure(configId: number, error: unknown, retryAfter: number | null, now: Date): number {
      const failures = (waits.get(configId)?.failures ?? 0) + 1;
      const hopeless = error instanceof SidecarError && HOPELESS.includes(error.code);
      const doubled = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) * (0.5 + random() / 2);
      const asked = Math.min(retryAfter ?? 0, 3600) * 1000;
      const wait = Math.max(hopeless ? LONGEST_WAIT : doubled, asked);
      waits.set(configId, { until: now.getTime() + wait, failures });
      return wait;
    },
  };
}
