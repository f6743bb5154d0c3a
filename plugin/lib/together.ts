/**
 * Batches calls. Items that arrive during a run wait and go into the next run together; a single item does
 * not wait.
 * @param work returns one result for each item, in their order, or a promise of one, which delays no other
 *   item; if it throws, all items of the run fail
 */
export function together<Item, Result>(
  work: (items: Item[]) => Promise<(Result | Promise<Result>)[]>,
): (item: Item) => Promise<Result> {
  let running: Promise<unknown> = Promise.resolve();
  let next: { items: Item[]; results: Promise<(Result | Promise<Result>)[]> } | undefined;

  function gather() {
    const items: Item[] = [];
    const results = running.then(() => {
      next = undefined;
      return work(items);
    });
    running = results.catch(() => undefined);
    return { items, results };
  }

  return async (item) => {
    next ??= gather();
    const { items, results } = next;
    const at = items.push(item) - 1;
    return (await results)[at] as Result | Promise<Result>;
  };
}
