import { randomUUID } from 'node:crypto';
import { hasEnded, processIdentity } from '../lib/process-identity.js';

/** Names of the journal's files: when and by whom a file was begun, and whether its answers are in the database. */

const WAITING = '.answers';
const STORED = '.stored';
/** As versions before wrote them: all answers as one sealed text, and only a process ID of the writer. */
const OLD = '.answer';

export const nameFor = (at: Date): string => `${at.getTime()}-${processIdentity()}-${randomUUID()}${WAITING}`;

export const isOldFile = (name: string): boolean => name.endsWith(OLD);
/** Holds answers that may not be in the database yet. */
export const isAnswerFile = (name: string): boolean => name.endsWith(WAITING) || isOldFile(name);
/** Holds answers that are in the database, for the case that it loses its last seconds. */
export const isStoredFile = (name: string): boolean => name.endsWith(STORED);

export const storedName = (name: string): string => `${name}${STORED}`;
/** The name to which the content is bound. */
export const sealedAs = (name: string): string => (isStoredFile(name) ? name.slice(0, -STORED.length) : name);

/** When the file was begun, in milliseconds since the epoch. */
export const begunAt = (name: string): number => Number(name.split('-')[0]);

/** Has the process that wrote the file ended? null: cannot be told from here. */
export function writerHasEnded(name: string): boolean | null {
  const [, writer = ''] = name.split('-');
  // A bare process ID may be somebody else's by now.
  return writer.includes('.') ? hasEnded(writer) : null;
}
