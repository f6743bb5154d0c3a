import type { RenewalStore } from '../domain/token/renewal-store.js';
import { coalesce } from '../lib/coalesce.js';

/**
 * After a catch-up, none starts for this multiple of its duration: however much is written, they take
 * a tenth of the time.
 */
const REST = 9;

/**
 * Returns a function that takes in what others wrote since the last call, so that the stored states, on which
 * bar, filters and counts rely, are current. If nobody wrote, it takes one small query.
 * @param takeIn looks through all rows and stores the states of those that changed
 * @param elapsed milliseconds by a monotonic clock
 */
export function createCatchUp(
  renewals: Pick<RenewalStore, 'lastWrite'>,
  takeIn: () => Promise<void>,
  elapsed: () => number = () => performance.now(),
): () => Promise<void> {
  let known: string | null | undefined;
  let restsUntil = 0;
  return coalesce(async () => {
    const { at, over } = await renewals.lastWrite();
    if (over && at === known) return;
    const began = elapsed();
    if (began < restsUntil) return;
    await takeIn();
    // While that second lasts, another write may follow with the same time.
    known = over ? at : undefined;
    const ended = elapsed();
    restsUntil = ended + REST * (ended - began);
  });
}
