import type { Identity } from '../consent/identity.js';
import type { StoredToken, TokenAnswer } from './token.js';

/** An answer of a provider on its way to the database. */
export interface JournalEntry {
  configId: number;
  /** The row that it replaces. */
  used: StoredToken;
  answer: TokenAnswer;
  userId: number;
  actor: number | null;
  what: 'renewal' | 'consent';
  /** Of a consent: who agreed, as far as the answer says. */
  identity?: Identity | null;
  receivedAt: Date;
  /** Whose lease it was received under. */
  holder: string;
}

/** Keeps answers safe between the provider and the database, and for some minutes after that. */
export interface AnswerJournal {
  /** Resolves once the entry would survive a power cut, or, where the disk refuses, is kept in memory. @returns its ID */
  put(entry: JournalEntry): Promise<string>;
  /** It is in the database. Kept for `stored`. */
  settle(id: string): Promise<void>;
  /** It is of no use any more. */
  remove(id: string): Promise<void>;
  /** It could not be stored now: left for the next look. */
  giveUp(id: string): void;
  /** It can never be stored as things are: not offered again for so many milliseconds. */
  postpone(id: string, ms: number): Promise<void>;
  /** Entries that no living process is at, oldest first. */
  left(): Promise<{ id: string; entry: JournalEntry }[]>;
  /**
   * Entries that were stored within the last minutes, oldest first.
   * @param which ending: only those that are not kept any longer; whoever gets them removes them
   */
  stored(which: 'all' | 'ending'): Promise<{ id: string; entry: JournalEntry; ends: boolean }[]>;
  /** What was given up and is not stored yet, postponed entries included. */
  waiting(): Pick<JournalEntry, 'configId' | 'holder'>[];
  /** Is one of a configuration among `waiting`? */
  waits(configId: number): boolean;
  /** Has a provider answered a request that was made from this row? Then its refresh token must not be sent again. */
  isAnswered(token: StoredToken): Promise<boolean>;
  /** How many are not in the database yet. */
  length(): Promise<number>;
  /** Is there a file that this process may not read? Any answer may lie in it, until somebody gives it to the right user. */
  isLocked(): boolean;
  /** How many files cannot be read, whose answers are therefore not known. */
  unreadable(): Promise<number>;
  /** How often a file could not be written since this process began; its answers are kept in memory until they are stored. */
  failedWrites(): number;
}
