import type { Dialect } from './dialect/dialect.js';

/** How many rows are tried one by one; a longer list is divided first. */
const PART = 200;
/** How many single rows are tried at a time: a locked row keeps a connection busy for seconds. */
const AT_A_TIME = 4;
/**
 * If this many rows are locked, another transaction holds most of the table: the rest is left for later, too.
 */
const MOST_LOCKED = 16;

async function oneByOne<Item>(
  { errors }: Dialect,
  items: Item[],
  work: (part: Item[]) => Promise<unknown>,
): Promise<Item[]> {
  const todo = [...items];
  const locked: Item[] = [];
  async function worker(): Promise<void> {
    while (locked.length < MOST_LOCKED) {
      const item = todo.shift();
      if (item === undefined) return;
      await work([item]).catch((error: unknown) => {
        if (!errors.isBusy(error)) throw error;
        locked.push(item);
      });
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return [...locked, ...todo];
}

/**
 * Writes many rows with one statement. If a row is locked, writes the others one by one, so that it delays no
 * other row. Not for use inside a transaction, because such an error may have ended it.
 * @param work writes these rows, and is repeated for parts of them
 * @returns the rows that were not written because they are locked
 */
export async function despiteLocks<Item>(
  dialect: Dialect,
  items: Item[],
  work: (part: Item[]) => Promise<unknown>,
): Promise<Item[]> {
  if (items.length === 0) return [];
  try {
    await work(items);
    return [];
  } catch (error) {
    if (!dialect.errors.isBusy(error)) throw error;
  }
  if (items.length === 1) return items;
  if (items.length <= PART) return oneByOne(dialect, items, work);
  const locked: Item[] = [];
  for (let from = 0; from < items.length; from += PART)
    locked.push(...(await despiteLocks(dialect, items.slice(from, from + PART), work)));
  return locked;
}
