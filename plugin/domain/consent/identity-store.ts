import type { Identity } from './identity.js';

/** Who agreed, when, and which mail accounts are shared mailboxes, which others may read. */
export interface KnownIdentity {
  /** null: the provider did not say. */
  identity: Identity | null;
  at: Date | null;
  /** IDs of mail accounts. */
  shared: number[];
}

/** Tables `oauth2_sidecar_identity` and `oauth2_sidecar_shared_mailbox`. */
export interface IdentityStore {
  /** null: nobody knows who agreed to the token that is stored now. */
  save(configId: number, identity: Identity | null, at: Date): Promise<void>;
  /** For the configurations of one page: two queries whatever their number. */
  of(configIds: number[]): Promise<Map<number, KnownIdentity>>;
  /** Exactly these mail accounts of the configuration are shared mailboxes. @param at now */
  markShared(configId: number, mailAccountIds: number[], at: Date): Promise<void>;
}
