/**
 * Lets other work run during long work in small steps, once the work has held the event loop for `ms`.
 * @param ms how long the work may hold the event loop; milliseconds
 * @returns a function to call between two steps; mostly it returns at once
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
