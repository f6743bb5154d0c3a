import type { TokenEvent } from './event-store.js';
import type { Attempt, RenewalRow } from './renewal-store.js';
import type { StoredToken, TokenAnswer, TokenErrorFields } from './token.js';

export interface TokenStore {
  /** Creates the empty row if there is none, as the helpdesk does. */
  get(configId: number): Promise<StoredToken>;
  /**
   * Compare-and-set: writes only if the stored access and refresh token are still those of `expected`. Clears
   * the error fields. Returns false and writes nothing if another program was faster.
   * @throws SidecarError value-too-long
   */
  save(expected: StoredToken, answer: TokenAnswer, userId: number, attempt?: Attempt): Promise<boolean>;
  /**
   * Deletes both tokens, their dates and failures if they are still those of `expected`, and adds the event.
   * @returns false, with nothing written, if another program was faster
   */
  clear(expected: StoredToken, userId: number, event: TokenEvent): Promise<boolean>;
  /** Stores the error fields and leaves the tokens unchanged. */
  saveError(configId: number, fields: TokenErrorFields, userId: number, attempt?: Attempt): Promise<void>;
  /**
   * The rows that the bar may show, most urgent first, and their number: one query on indexes. Includes rows
   * that the renewal service should have examined a while ago, because their stored state is unreliable.
   */
  problems(now: Date, limit: number): Promise<{ rows: RenewalRow[]; total: number }>;
}
