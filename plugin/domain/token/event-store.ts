import type { ProviderOutcome } from '../provider/provider-error.js';

/** One line of the history: table `oauth2_sidecar_event`. Holds no secret. */
export interface TokenEvent {
  at: Date;
  /** The helpdesk's user; null: the renewal service. */
  actor: number | null;
  what: 'renewal' | 'consent' | 'revocation' | 'state' | 'config-added' | 'config-changed' | 'config-deleted';
  /** `ok`, `interrupted`, or what kind of failure; of a state `attention` where somebody must act. */
  outcome: ProviderOutcome | 'ok' | 'interrupted' | 'attention';
  /** `error` of RFC 6749 §5.2, the kind of a state, or a word of ours; null where all went well. */
  code: string | null;
  durationMs: number | null;
}

/** What the history shows of an event. */
export interface RecordedEvent extends TokenEvent {
  configId: number;
  /** The configuration's name at that time. */
  name: string;
  /** Login and full name of the actor; null: the renewal service, or a user that is gone. */
  login: string | null;
  fullName: string | null;
}

export interface HistoryQuery {
  /** Of one configuration; without: of all. */
  configId?: number;
  what?: TokenEvent['what'];
  /** failed: everything but ok. */
  outcome?: 'ok' | 'failed';
  /** 1-based. */
  page: number;
  pageSize: number;
}

export interface EventStore {
  /** For what changes no token: a consent that came to nothing. */
  add(configId: number, event: TokenEvent): Promise<void>;
  /** A page of the history, newest first, and the total that matches: two queries. */
  history(query: HistoryQuery): Promise<{ events: RecordedEvent[]; total: number }>;
  /** The last name of a configuration, also of one that is deleted; null where the history knows none. */
  lastName(configId: number): Promise<string | null>;
  /** Removes what is older, a few thousand at a time. @returns how many */
  prune(before: Date): Promise<number>;
  /** Removes what is known of a configuration that never was one but for a check. */
  forget(configId: number): Promise<void>;
}
