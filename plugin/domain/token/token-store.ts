import type { TokenEvent } from './event-store.js';
import type { Attempt, RenewalRow } from './renewal-store.js';
import type { StoredToken, TokenAnswer, TokenErrorFields } from './token.js';

export interface TokenStore {
  /** Makes the empty row where there is none, as the helpdesk does. */
  get(configId: number): Promise<StoredToken>;
  /**
   * Compare-and-set: writes only where the stored access and refresh token are still those of `expected`.
   * Clears the error fields. Returns false, and writes nothing, when somebody else was faster.
   * @throws SidecarError value-too-long
   */
  save(expected: StoredToken, answer: TokenAnswer, userId: number, attempt?: Attempt): Promise<boolean>;
  /**
   * Forgets both tokens, their dates and failures, where they are still those of `expected`; the event is part of it.
   * @returns false, with nothing written, when somebody else was faster
   */
  clear(expected: StoredToken, userId: number, event: TokenEvent): Promise<boolean>;
  /** Stores the error fields and leaves every token as it is. */
  saveError(configId: number, fields: TokenErrorFields, userId: number, attempt?: Attempt): Promise<void>;
  /**
   * What the bar may have to speak of, the most urgent first, and how many there are: one query on indexes. Rows that the
   * renewal service should have looked at a while ago are among them: their stored state is not to be trusted.
   */
  problems(now: Date, limit: number): Promise<{ rows: RenewalRow[]; total: number }>;
}
