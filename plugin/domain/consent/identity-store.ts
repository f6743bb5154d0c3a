import type { Identity } from './identity.js';

/** Who consented and when, and which mail accounts are shared mailboxes, which other users may read. */
export interface KnownIdentity {
  /** null: the provider did not say. */
  identity: Identity | null;
  at: Date | null;
  /** IDs of mail accounts. */
  shared: number[];
}

/** Tables `oauth2_sidecar_identity` and `oauth2_sidecar_shared_mailbox`. */
export interface IdentityStore {
  /** Stores who consented; null: it is unknown who consented to the stored token. */
  save(configId: number, identity: Identity | null, at: Date): Promise<void>;
  /** Reads the identities for the configurations of one page: two queries for any number of them. */
  of(configIds: number[]): Promise<Map<number, KnownIdentity>>;
  /**
   * Marks exactly these mail accounts of the configuration as shared mailboxes.
   * @param at now
   */
  markShared(configId: number, mailAccountIds: number[], at: Date): Promise<void>;
}
