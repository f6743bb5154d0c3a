import { randomUUID } from 'node:crypto';
import { hasEnded, processIdentity } from '../lib/process-identity.js';

/**
 * Names of the journal's files: when and by which process a file was begun, and whether its answers are in
 * the database.
 */

const WAITING = '.answers';
const STORED = '.stored';
/** As earlier versions wrote them: all answers as one sealed text, and only the writer's process ID. */
const OLD = '.answer';

export const nameFor = (at: Date): string => `${at.getTime()}-${processIdentity()}-${randomUUID()}${WAITING}`;

export const isOldFile = (name: string): boolean => name.endsWith(OLD);
/** Contains answers that may not be in the database yet. */
export const isAnswerFile = (name: string): boolean => name.endsWith(WAITING) || isOldFile(name);
/** Contains answers that are in the database, in case it loses its last seconds. */
export const isStoredFile = (name: string): boolean => name.endsWith(STORED);

export const storedName = (name: string): string => `${name}${STORED}`;
/** The name to which the content is bound. */
export const sealedAs = (name: string): string => (isStoredFile(name) ? name.slice(0, -STORED.length) : name);

/** When the file was begun, in milliseconds since the epoch. */
export const begunAt = (name: string): number => Number(name.split('-')[0]);

/** Has the process that wrote the file ended? null: this process cannot tell. */
export function writerHasEnded(name: string): boolean | null {
  const [, writer = ''] = name.split('-');
  // A process ID alone may belong to another process by now.
  return writer.includes('.') ? hasEnded(writer) : null;
}
