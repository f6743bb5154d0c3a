import type { Dialect } from './dialect/dialect.js';

/** Rows that are tried one by one in one go; more are divided first. */
const PART = 200;
/** Single rows tried at a time: a row that is locked keeps a connection for seconds. */
const AT_A_TIME = 4;
/** Where so many are locked, somebody holds most of the table: the rest is left for later, too. */
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
 * Writes many rows by one statement; where somebody holds one of them locked, the others by themselves, so that it holds up
 * nobody else. Not inside of a transaction, which such an error may have ended.
 * @param work writes these rows, and is repeated for parts of them
 * @returns those that were not written, because they are locked
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
