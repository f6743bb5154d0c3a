/** A file between its preview and its import: table `oauth2_sidecar_import`. */
export interface KeptPreview {
  /** Hexadecimal SHA-256 of the ticket in the page. */
  ticketHash: string;
  /** Hexadecimal SHA-256 of the helpdesk's session ID. */
  sessionHash: string;
  /** Encrypted with the ticket. */
  content: Buffer;
  expiresAt: Date;
}

export interface ImportPreviewStore {
  /** Stores a preview; each session has one at a time. Also removes expired ones. */
  put(preview: KeptPreview, now: Date): Promise<void>;
  /** Reads and removes it: a second call returns null. */
  take(ticketHash: string, sessionHash: string): Promise<KeptPreview | null>;
  /**
   * Removes some of the expired ones.
   * @returns how many
   */
  prune(now: Date): Promise<number>;
}
