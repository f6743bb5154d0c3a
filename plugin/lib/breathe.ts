/**
 * For long work in small steps: whoever waits gets a turn where the work has held the event loop for a while.
 * @param ms how long it may be held
 * @returns to be called between two steps; mostly returns at once
 */
export function breather(ms = 10): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < ms) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now();
        resolve();
      }),
    );
  };
}
