/**
 * Returns the same function; its result is remembered for this time. Calls during a run share it, and a failure is not
 * remembered.
 * @param now milliseconds
 */
export function rememberFor<T>(ms: number, work: () => Promise<T>, now: () => number): () => Promise<T> {
  let last: { at: number; result: Promise<T> } | null = null;
  return () => {
    const at = now();
    // The clock may have been set back.
    if (last && Math.abs(at - last.at) < ms) return last.result;
    const begun = { at, result: work() };
    last = begun;
    begun.result.catch(() => {
      if (last === begun) last = null;
    });
    return begun.result;
  };
}
