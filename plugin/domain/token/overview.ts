import type { RenewalRow } from './renewal-store.js';
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

/** The rows of the overview, and what to filter them by. */
export interface OverviewStore {
  /** One page and the total that matches. Three queries whatever the number of rows. */
  list(query: ListQuery): Promise<{ rows: OverviewRow[]; total: number }>;
  /** Two queries on indexes alone. */
  facets(): Promise<OverviewFacets>;
}
