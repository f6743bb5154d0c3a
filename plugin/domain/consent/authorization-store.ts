/** A pending authorization: table `oauth2_sidecar_authorization`. */
export interface PendingAuthorization {
  /** Hexadecimal SHA-256 of the state parameter. */
  stateHash: string;
  /** Hexadecimal SHA-256 of the helpdesk's session ID that started it; on the command line of `user:<ID>`. */
  sessionHash: string;
  userId: number;
  configId: number;
  /** PKCE verifier (RFC 7636 §4.1); null if PKCE is switched off. */
  verifier: string | null;
  redirectUri: string;
  createdAt: Date;
  expiresAt: Date;
}

export interface AuthorizationStore {
  insert(pending: PendingAuthorization): Promise<void>;
  /** Reads and removes the row of a state: a second call with the same state returns null. */
  consume(stateHash: string): Promise<PendingAuthorization | null>;
  /** Reads the row without removing it. */
  peek(stateHash: string): Promise<PendingAuthorization | null>;
  /**
   * Removes some of the rows that expired more than a day ago; until then a late answer is reported as
   * expired.
   * @returns how many
   */
  prune(now: Date): Promise<number>;
}

/** What a provider sent back, and who brought it. */
export interface Callback {
  /** The value of a parameter; throws if it occurs twice with different values. */
  parameters: { one(name: string): string | undefined };
  /** sessionId null: the command line, which completes only what it has started. */
  agent: { userId: number; sessionId: string | null };
}
