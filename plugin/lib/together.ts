/**
 * Many calls, little work: what is asked for while the work runs waits, and is done in one go afterwards. Whoever comes
 * alone does not wait.
 * @param work gives one result for each item, in their order, or a promise of one, which holds up nobody else; what it
 *   throws reaches all of them
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
