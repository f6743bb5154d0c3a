import type { RenewalStore } from '../domain/token/renewal-store.js';
import { coalesce } from '../lib/coalesce.js';

/** After a look nobody is looked for during so many times what it took: however much is written, a tenth of the time. */
const REST = 9;

/**
 * For whoever asks now: takes in what others wrote since the last look, so that the stored states, by which bar, filters
 * and counts go, are those of this moment. Where nobody wrote, one small query.
 * @param takeIn looks through all rows, and stores the states of those that changed
 * @param elapsed milliseconds since any moment, by a clock that never jumps
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
    // In a second that is not over another write may follow, and would have the same time.
    known = over ? at : undefined;
    const ended = elapsed();
    restsUntil = ended + REST * (ended - began);
  });
}
