import { setImmediate as turn } from 'node:timers/promises';

/**
 * Loads a part of the program once the calls before have begun to wait for other processes: loading holds the event loop.
 * @param load an import()
 */
export async function meanwhile<T>(load: () => Promise<T>): Promise<T> {
  await turn();
  return load();
}
