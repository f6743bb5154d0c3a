/** When the helpdesk last fetched mail from an account. */
export interface MailFetch {
  succeededAt: Date | null;
  failedAt: Date | null;
}

/** The helpdesk's communication log. */
export interface MailFetches {
  /**
   * Account ID -> its last fetches, from the newest few thousand log entries: one query, none without
   * accounts.
   */
  of(accountIds: number[]): Promise<Map<number, MailFetch>>;
}
