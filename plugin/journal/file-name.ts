import { randomUUID } from 'node:crypto';

/** Names of the journal's files: when and by whom it was written, and how many answers it holds. */

const SUFFIX = '.answer';

export const nameFor = (at: Date, count: number): string =>
  `${at.getTime()}-${process.pid}-${randomUUID()}.${count}${SUFFIX}`;

export const isAnswerFile = (name: string): boolean => name.endsWith(SUFFIX);

/** One where the name does not say: an answer had a file of its own once. */
export const countIn = (name: string): number => Number(/\.(\d+)\.answer$/.exec(name)?.[1] ?? 1);

export function writerOf(name: string): { at: number; pid: number } {
  const [at = 0, pid = 0] = name.split('-').map(Number);
  return { at, pid };
}
