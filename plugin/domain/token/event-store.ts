import type { ProviderOutcome } from '../provider/provider-error.js';
import type { Severity } from '../severity.js';

/** One line of the history: table `oauth2_sidecar_event`. Contains no secret. */
export interface TokenEvent {
  at: Date;
  /** The helpdesk's user; null: the renewal service. */
  actor: number | null;
  what:
    | 'renewal'
    | 'consent'
    | 'admin-consent'
    | 'revocation'
    | 'state'
    | 'config-added'
    | 'config-changed'
    | 'config-deleted'
    | 'mailbox-muted'
    | 'mailbox-unmuted'
    | 'relay-password-created'
    | 'relay-password-revoked';
  /** `ok`, `interrupted`, or the kind of failure; of a state see `outcomeOfState`. */
  outcome: ProviderOutcome | 'ok' | 'interrupted' | 'attention' | 'warning';
  /** `error` of RFC 6749 §5.2, the kind of a state, or our own word; null on success. */
  code: string | null;
  durationMs: number | null;
}

/** An event as the history shows it. */
export interface RecordedEvent extends TokenEvent {
  /** 0: the event is of the helpdesk as a whole. */
  configId: number;
  /** The configuration's name at that time. */
  name: string;
  /** Login and full name of the actor; null: the renewal service, or a deleted user. */
  login: string | null;
  fullName: string | null;
}

export interface HistoryQuery {
  /** Only events of this configuration; without it, of all. */
  configId?: number;
  what?: TokenEvent['what'];
  /** failed: everything but ok. */
  outcome?: 'ok' | 'failed';
  /** 1-based. */
  page: number;
  pageSize: number;
}

export interface EventStore {
  /** Adds an event that changes no token, such as a failed consent. */
  add(configId: number, event: TokenEvent): Promise<void>;
  /** A page of the history, newest first, and the number of all matches: two queries. */
  history(query: HistoryQuery): Promise<{ events: RecordedEvent[]; total: number }>;
  /** The last name of a configuration, even a deleted one; null if the history does not know it. */
  lastName(configId: number): Promise<string | null>;
  /**
   * Removes older events, a few thousand at a time.
   * @returns how many
   */
  prune(before: Date): Promise<number>;
  /** Removes all events of a configuration that existed only for a check. */
  forget(configId: number): Promise<void>;
}

/** How the history says that somebody must act on a state: at once, or before mail stops. */
export const outcomeOfState = (severity: Severity): 'attention' | 'warning' | 'ok' =>
  severity === 'error' ? 'attention' : severity === 'warning' ? 'warning' : 'ok';
