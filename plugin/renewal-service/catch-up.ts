import type { LastWrite, RenewalStore } from '../domain/token/renewal-store.js';
import { coalesce } from '../lib/coalesce.js';

/**
 * After a catch-up, none starts for this multiple of its duration: however much is written, they take
 * a tenth of the time.
 */
const REST = 9;

/** More configurations than this are not looked up one by one. */
const MANY = 1000;

/** The configurations that have been written since they were last taken in. */
function createWritten() {
  let all = true;
  const some = new Set<number>();
  return {
    add({ written }: LastWrite): void {
      for (const id of written ?? []) some.add(id);
      if (written === undefined || some.size > MANY) all = true;
    },
    /** undefined: any may have been. */
    get: () => (all ? undefined : [...some]),
    clear(): void {
      all = false;
      some.clear();
    },
  };
}

/**
 * Returns a function that takes in what others wrote since the last call, so that the stored states, on which
 * bar, filters and counts rely, are current. If nobody wrote, it takes one small query.
 * @param takeIn looks through these rows, or through all, and stores the states of those that changed
 * @param elapsed milliseconds by a monotonic clock
 */
export function createCatchUp(
  renewals: Pick<RenewalStore, 'lastWrite'>,
  takeIn: (written: readonly number[] | undefined) => Promise<void>,
  elapsed: () => number = () => performance.now(),
): () => Promise<void> {
  let known: string | null | undefined;
  let restsUntil = 0;
  const written = createWritten();
  return coalesce(async () => {
    const last = await renewals.lastWrite();
    const { at, over } = last;
    written.add(last);
    if (over && at === known) return;
    const began = elapsed();
    if (began < restsUntil) return;
    await takeIn(written.get());
    written.clear();
    // While that second lasts, another write may follow with the same time.
    known = over ? at : undefined;
    const ended = elapsed();
    restsUntil = ended + REST * (ended - began);
  });
}
