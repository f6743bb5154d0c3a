/** A ticket that a mail was turned into, or added to. */
export interface FetchedTicket {
  id: number;
  number: string;
  /** '' where the agent who asked may not read the ticket. */
  title: string;
}

/** How one fetch of a mail account ended. */
export type FetchEnd =
  /** `failed`: mails that could not be turned into tickets. */
  | { kind: 'fetched'; mails: number; failed: number; tickets: FetchedTicket[] }
  /** `said`: the error of the helpdesk's communication log, not yet without tokens; may be empty. */
  | { kind: 'failed'; said: string }
  /** Another fetch is running, or was interrupted: the helpdesk permits one at a time. */
  | { kind: 'locked' }
  /** The mail server did not answer in time. */
  | { kind: 'timeout' }
  /** The helpdesk's Perl could not be run here. */
  | { kind: 'unavailable' };

/** Fetches mail as the helpdesk does, once. Adapter: plugin/helpdesk. */
export interface MailFetcher {
  /**
   * @param accountId of a mail account
   * @param userId of the agent who asked for it
   */
  fetch(accountId: number, userId: number): Promise<FetchEnd>;
}

/** In seconds; a mail that is being turned into a ticket is finished first. */
export const FETCH_LIMIT = 40;
