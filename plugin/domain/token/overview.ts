import type { LastTest } from '../mailbox/last-test.js';
import type { RenewalRow } from './renewal-store.js';
import type { StateKind } from './token-state.js';

export interface ListQuery {
  /** Part of the name, and of what `reach` adds. */
  search?: string;
  /**
   * Default: the name. `shown`: client ID, and login and host of mail accounts as well. `everything`: in addition the
   * addresses of endpoints (host and tenant), which may contain credentials, and the comments of mail accounts; only
   * for those who may change configurations, because a search answers guesses.
   */
  reach?: 'name' | 'shown' | 'everything';
  /** One state, or everything that needs attention: errors and warnings. */
  state?: StateKind | 'attention';
  /** Host of the token endpoint. */
  provider?: string;
  /**
   * Default: name. `urgency`: most urgent first; `expiry`: next to expire first; `renewal`: longest since the
   * last renewal first.
   */
  sort?: 'name' | 'urgency' | 'expiry' | 'renewal';
  /** In reverse order. */
  descending?: boolean;
  /** 1-based. */
  page: number;
  pageSize: number;
}

/** A row of the overview: everything that determines the state, from one query. */
export interface OverviewRow extends RenewalRow {
  /** When the refresh token expires unless it is used; null: unknown. */
  refreshTokenDiesAt: Date | null;
  /** The last test of one of its mailboxes; null: none yet. */
  lastTest: LastTest | null;
}

/** The number of configurations in each state, and the providers, for the filters. */
export interface OverviewFacets {
  states: Partial<Record<StateKind, number>>;
  /** Errors and warnings. */
  attention: number;
  /** Hosts of token endpoints, sorted. */
  providers: string[];
}

/** Reads the rows of the overview, and the values for its filters. */
export interface OverviewStore {
  /** One page and the number of all matches: three queries for any number of rows. */
  list(query: ListQuery): Promise<{ rows: OverviewRow[]; total: number }>;
  /** Two queries that read only indexes. */
  facets(): Promise<OverviewFacets>;
}
