import type { Identity } from '../consent/identity.js';
import type { StoredToken, TokenAnswer } from './token.js';

/** A provider's answer that is not in the database yet. */
export interface JournalEntry {
  configId: number;
  /** The token row that it replaces. */
  used: StoredToken;
  answer: TokenAnswer;
  userId: number;
  actor: number | null;
  what: 'renewal' | 'consent';
  /** For a consent: who consented, as far as the answer says. */
  identity?: Identity | null;
  receivedAt: Date;
  /** The holder of the lease under which it was received. */
  holder: string;
}

/** An answer that is in the database and still in a file. */
export interface StoredAnswer {
  id: string;
  configId: number;
  /** Its time is over. */
  ends: boolean;
  /** Is the row as it was before this answer? */
  replaced(row: StoredToken): boolean;
  /** @returns null: it was removed, or is not readable */
  read(): Promise<JournalEntry | null>;
}

/** Keeps answers safe until the database has them, and for some minutes longer. */
export interface AnswerJournal {
  /**
   * Stores an entry. Resolves when the entry would survive a power failure, or when it is kept in memory
   * because the disk refuses it.
   * @returns its ID
   */
  put(entry: JournalEntry): Promise<string>;
  /** Records that the entry is in the database. It is kept for `stored`. */
  settle(id: string): Promise<void>;
  /** Removes an entry that is no longer needed. */
  remove(id: string): Promise<void>;
  /** Records that the entry could not be stored now; `left` returns it again. */
  giveUp(id: string): void;
  /**
   * Records that the entry cannot be stored as things are: `left` does not return it for this time, in
   * milliseconds.
   */
  postpone(id: string, ms: number): Promise<void>;
  /** Entries that no living process works on, oldest first. */
  left(): Promise<{ id: string; entry: JournalEntry }[]>;
  /**
   * Answers that were stored within the last minutes, oldest first. A file is read only when one of its
   * answers is read.
   * @param which ending: only those whose time is over, searched once a minute, and those for which `isAnswered` has found
   *   an older row since; the caller removes what ends
   */
  stored(which: 'all' | 'ending'): Promise<StoredAnswer[]>;
  /** Entries that were given up and are not stored yet, including postponed ones. */
  waiting(): Pick<JournalEntry, 'configId' | 'holder'>[];
  /** Is an entry of this configuration among `waiting`? */
  waits(configId: number): boolean;
  /**
   * Has a provider answered a request made from this row, or from an older one that is no longer known, and is an answer
   * kept? Then the refresh token of the row must not be sent again.
   */
  isAnswered(token: StoredToken): Promise<boolean>;
  /**
   * Has this machine exchanged the refresh token of this row for another one, at any time? Then the database is older
   * than that answer: it was restored from a backup.
   */
  isUsed(token: Pick<StoredToken, 'configId' | 'refreshToken'>): Promise<boolean>;
  /** How many entries are not in the database yet. */
  length(): Promise<number>;
  /**
   * Is there a file that this process may not read? It may contain any answer, until an admin gives it to the
   * right user.
   */
  isLocked(): boolean;
  /** The number of unreadable files, whose answers are therefore unknown. */
  unreadable(): Promise<number>;
  /**
   * How many times a file could not be written since this process began. Its answers are kept in memory until
   * they are stored.
   */
  failedWrites(): number;
}
