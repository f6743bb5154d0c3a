import type { TokenConfig, TokenConfigDocument } from './token-config.js';

export interface TokenConfigStore {
  /** All configurations ordered by name. */
  all(): Promise<TokenConfig[]>;
  /**
   * The same in pages, for an export. Leaves out what is deleted or added meanwhile.
   * @param size configurations per page. Default 250
   */
  pages(size?: number): Promise<AsyncIterable<TokenConfig[]>>;
  byId(id: number): Promise<TokenConfig | null>;
  byName(name: string): Promise<TokenConfig | null>;
  /** Does any document contain this text, wherever and in whatever case? */
  mentions(text: string): Promise<boolean>;
  /**
   * Checks that the columns can hold it.
   * @throws SidecarError value-too-long, invalid-token-config
   */
  check(config: NewTokenConfig): Promise<void>;
  /** @throws SidecarError value-too-long, invalid-token-config (name taken, field `Name`) */
  insert(config: NewTokenConfig, userId: number): Promise<number>;
  /**
   * Writes name, document and validity if `change_time` is still `expected.changeTime` and the document is
   * unchanged.
   * @throws SidecarError edit-conflict, value-too-long, invalid-token-config (name taken)
   */
  update(expected: TokenConfig, next: NewTokenConfig, userId: number): Promise<void>;
  /** Deletes the configuration and its token row in one transaction. */
  delete(id: number, userId: number): Promise<void>;
  /** Runs several inserts and updates in one transaction (import). */
  inTransaction<T>(work: (store: TokenConfigStore) => Promise<T>): Promise<T>;
}

export interface NewTokenConfig {
  name: string;
  document: TokenConfigDocument;
  validId: number;
}
