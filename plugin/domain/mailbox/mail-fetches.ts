/** When the helpdesk last fetched mail from an account. */
export interface MailFetch {
  succeededAt: Date | null;
  failedAt: Date | null;
}

/** The helpdesk's communication log. */
export interface MailFetches {
  /** Account ID -> its last fetches, as far as the newest few thousand entries tell: one query, none without accounts. */
  of(accountIds: number[]): Promise<Map<number, MailFetch>>;
}
