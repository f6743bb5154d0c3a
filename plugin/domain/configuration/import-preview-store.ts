/** A file between its preview and its import: table `oauth2_sidecar_import`. */
export interface KeptPreview {
  /** Hex SHA-256 of the ticket that the page has. */
  ticketHash: string;
  /** Hex SHA-256 of the helpdesk's session ID. */
  sessionHash: string;
  /** Encrypted with the ticket. */
  content: Buffer;
  expiresAt: Date;
}

export interface ImportPreviewStore {
  /** A session has one at a time. Also removes what is too old. */
  put(preview: KeptPreview, now: Date): Promise<void>;
  /** Takes it out: a second call returns null. */
  take(ticketHash: string, sessionHash: string): Promise<KeptPreview | null>;
  /** Removes a part of those that are too old. @returns how many */
  prune(now: Date): Promise<number>;
}
