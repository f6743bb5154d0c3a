/** A consent on its way: table `oauth2_sidecar_authorization`. */
export interface PendingAuthorization {
  /** Hex SHA-256 of the state parameter. */
  stateHash: string;
  /** Hex SHA-256 of the helpdesk's session ID that began it; on the command line of `user:<ID>`. */
  sessionHash: string;
  userId: number;
  configId: number;
  /** PKCE verifier (RFC 7636 §4.1); null where PKCE is switched off. */
  verifier: string | null;
  redirectUri: string;
  createdAt: Date;
  expiresAt: Date;
}

export interface AuthorizationStore {
  insert(pending: PendingAuthorization): Promise<void>;
  /** Takes the row out by state: a second call with the same state returns null. */
  consume(stateHash: string): Promise<PendingAuthorization | null>;
  /** Looks without consuming. */
  peek(stateHash: string): Promise<PendingAuthorization | null>;
  /** Removes a part of the rows that expired a day ago: a late answer is told "expired" until then. @returns how many */
  prune(now: Date): Promise<number>;
}

/** What came back from a provider, and who brought it. */
export interface Callback {
  /** One value of a parameter; throws where it came twice with different values. */
  parameters: { one(name: string): string | undefined };
  agent: { userId: number; sessionId: string };
}
