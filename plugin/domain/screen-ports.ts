/** What the screens ask for beyond the rows themselves: the overview's list, the history, the mail that was fetched. */
import type { RenewalRow } from './renewal-ports.js';
import type { StateKind } from './token-state.js';

export interface ListQuery {
  /** Part of the name. */
  search?: string;
  /** A kind, or whatever needs attention: errors and warnings. */
  state?: StateKind | 'attention';
  /** Host of the token endpoint. */
  provider?: string;
  /** Default: name. By urgency the most urgent, by expiry the one that ends next, by renewal the one renewed longest ago. */
  sort?: 'name' | 'urgency' | 'expiry' | 'renewal';
  /** The other way round. */
  descending?: boolean;
  /** 1-based. */
  page: number;
  pageSize: number;
}

/** A row of the overview: all that the state is made of, from one query. */
export interface OverviewRow extends RenewalRow {
  /** When the refresh token will die unless it is used; null: not known. */
  refreshTokenDiesAt: Date | null;
}

/** How many configurations there are of each state and provider, to filter by. */
export interface OverviewFacets {
  states: Partial<Record<StateKind, number>>;
  /** Errors and warnings. */
  attention: number;
  /** Hosts of token endpoints, ordered. */
  providers: string[];
}

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
