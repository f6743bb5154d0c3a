/** Ports around renewals: the record, the due list, and answers on their way; part of ports.ts. */
import type { Identity } from './identity.js';
import type { LostAnswer } from './lost-answer.js';
import type { ProviderOutcome } from './provider-error.js';
import type { RenewalReason, RenewalState } from './renewal.js';
import type { StoredToken, TokenAnswer } from './token.js';
import type { TokenConfig } from './token-config.js';
import type { StateMark } from './token-state.js';

/** One line of the record: table `oauth2_sidecar_event`. Holds no secret. */
export interface TokenEvent {
  at: Date;
  /** The helpdesk's user; null: the keeper. */
  actor: number | null;
  what: 'renewal' | 'consent' | 'revocation' | 'config-added' | 'config-changed' | 'config-deleted';
  /** `ok`, `interrupted`, or what kind of failure. */
  outcome: ProviderOutcome | 'ok' | 'interrupted';
  /** `error` of RFC 6749 §5.2, or a word of ours; null where all went well. */
  code: string | null;
  durationMs: number | null;
}

/** What the history shows of an event. */
export interface RecordedEvent extends TokenEvent {
  configId: number;
  /** The configuration's name at that time. */
  name: string;
  /** Login and full name of the actor; null: the keeper, or a user that is gone. */
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
  /** A page of the record, newest first, and the total that matches: two queries. */
  history(query: HistoryQuery): Promise<{ events: RecordedEvent[]; total: number }>;
  /** The last name of a configuration, also of one that is deleted; null where the record knows none. */
  lastName(configId: number): Promise<string | null>;
  /** Removes what is older, a few thousand at a time. @returns how many */
  prune(before: Date): Promise<number>;
  /** Removes what is known of a configuration that never was one but for a check. */
  forget(configId: number): Promise<void>;
}

/** What became of an attempt, written in one transaction with the token. */
export interface Attempt {
  /** Of the configuration that it was made from; without: as it is now. Where somebody has changed it since, it is due again. */
  configMark?: string | undefined;
  /** null: nothing new, such as the tenth time-out in a row. */
  event: TokenEvent | null;
  state: Pick<RenewalState, 'failures' | 'outcome' | 'retryAt' | 'failingSince' | 'error'> & {
    dueAt: Date | null;
    reason: RenewalReason;
    succeededAt?: Date;
    /** Not to be asked before, as the provider said (Retry-After); null: it said nothing. */
    notBefore?: Date | null;
    /** As far as the stored refresh token is concerned. */
    lostAnswer?: LostAnswer | null;
    /** null: the stored access token is not ours. */
    receivedAt?: Date | null;
    /** When the stored access token ends; null: never. */
    expiresAt?: Date | null;
    /** The same of the refresh token. */
    refreshExpiresAt?: Date | null;
    refreshTokenIssuedAt?: Date;
    refreshTokenDiesAt?: Date | null;
  };
  /** The state afterwards. */
  mark: StateMark;
  /** Whose lease ends with it; null: nobody's. */
  holder: string | null;
  /** A new consent: who agreed, null where the provider did not say. It takes the place of what was known. */
  consent?: { identity: Identity | null; at: Date };
}

/** A configuration with its token and what is remembered of its renewals. */
export interface RenewalRow {
  config: TokenConfig;
  token: StoredToken;
  renewal: RenewalState;
  /** Changes whenever somebody changes the configuration. */
  configMark?: string;
  /** Of the due list: somebody else has written the token, and its times have not been noted yet; see `noteTimes`. */
  unnoted?: string;
}

/** The due list: table `oauth2_sidecar_renewal`. */
export interface RenewalStore {
  /** What is due, soonest first, by one indexed query. */
  due(now: Date, limit: number): Promise<RenewalRow[]>;
  /** The row as it is now; null where there is no such configuration. */
  one(configId: number): Promise<RenewalRow | null>;
  nextDue(): Promise<Date | null>;
  /**
   * When to look again; null: not before somebody changes something. One statement; where somebody holds a row locked, the
   * others by themselves, and that one stays as it is.
   * @param dueBy only what has been due since then: somebody else may have been faster
   */
  schedule(
    entries: { configId: number; at: Date | null; reason: RenewalReason; mark: StateMark }[],
    dueBy?: Date,
  ): Promise<void>;
  /**
   * Valid configurations that the due list will not bring up, for want of a time or because it lies far ahead, and that
   * nobody holds a lease of. Most cannot be renewed; one that can has been forgotten. By ID, a page at a time.
   * @param after the last ID of the page before
   */
  unscheduled(now: Date, after: number, limit: number): Promise<RenewalRow[]>;
  /**
   * Notes when these tokens end, which somebody else has written: the helpdesk's row says it in its time zone only, and that
   * may be set to another one later.
   * @param rows with `unnoted`
   */
  noteTimes(rows: RenewalRow[]): Promise<void>;
  /** Everything is looked at again: the policy has changed. */
  lookAgain(now: Date): Promise<void>;
  /**
   * One renewal at a time across processes and hosts; a lease expires by itself, by the database's clock: those of the
   * hosts may differ.
   * @returns null: somebody else has it; a lease: it has ended, but its holder never gave it back, see `takeOver`
   */
  acquire(configId: number, holder: string, ttlMs: number): Promise<'taken' | AbandonedLease | null>;
  /** @returns false: somebody was faster, or its holder has come back */
  takeOver(configId: number, from: AbandonedLease, holder: string, ttlMs: number): Promise<boolean>;
  /** From now on for so long again. @returns false: it is not the holder's any more */
  extend(configId: number, holder: string, ttlMs: number): Promise<boolean>;
  /** @param unsettled whoever had it before, and never gave it back, stays on record for the next one */
  release(configId: number, holder: string, unsettled?: boolean): Promise<void>;
  /**
   * A provider that was away answers again: all that waits for it by a back-off of ours is due soon, those whose tokens end
   * first at once, the others at that pace. What the provider asked to wait for itself stays as it is.
   * @param provider host, as in StateMark
   * @param pace milliseconds from one to the next; where there are many, less, so that it takes five minutes at most
   * @param except failed although the provider answered others: they wait as before
   * @returns how many
   */
  providerIsBack(provider: string, now: Date, pace: number, except: number[]): Promise<number>;
  /** The next in turn of those that wait for a provider is due now, to find out whether it is back. @returns whether there is one */
  probeProvider(provider: string, now: Date): Promise<boolean>;
  /** For an attempt that leaves the token row as it is. */
  note(configId: number, attempt: Attempt): Promise<void>;
  /**
   * The clock was set back by so many milliseconds: the tokens received after `now`, by the clock as it was, end so much
   * earlier than their rows say. @returns how many
   */
  setBack(now: Date, by: number): Promise<number>;
  /**
   * Access tokens that have ended and are about to be renewed: until `until` their rows say that they still work, because the
   * helpdesk's own Perl takes no lease and would use the same refresh token. Rows that somebody has written since are left
   * alone, and so are those that are locked.
   */
  holdOff(configIds: number[], now: Date, until: Date): Promise<void>;
  /** For the health figures. */
  figures(now: Date): Promise<RenewalFigures>;
  /** Takes in what others have added, changed or deleted: due now, nothing held against it. @returns how many */
  reconcile(now: Date): Promise<number>;
  /**
   * The last write to the helpdesk's token tables and mail accounts by anybody, as the server remembers it, to the second.
   * @returns at: null where the server does not know; over: that second is over for so long that no further write can
   *   have its time
   */
  lastWrite(): Promise<{ at: string | null; over: boolean }>;
}

/** A lease that ended by time: its holder died, was stopped or cut off, perhaps with an answer on its way. */
export interface AbandonedLease {
  holder: string;
  /** By the database's clock; null: somebody has taken it over before, and came to no result. */
  endedAt: Date | null;
}

export interface RenewalFigures {
  /** Configurations by their state; `unknown` before the keeper's first look. */
  byState: Record<string, number>;
  /** End of the access token that ends next, of valid configurations with a refresh token; may lie in the past. */
  nearestEnd: Date | null;
  /** When the next refresh token of a valid configuration dies, as far as that is known; may lie in the past. */
  nearestGrantEnd: Date | null;
  /** The longest that something has been due. */
  dueSince: Date | null;
  /** Valid configurations without due time and running lease, although their last decision was to renew or to wait. */
  forgotten: number;
}

/** An answer of a provider on its way to the database. */
export interface JournalEntry {
  configId: number;
  /** The row that it replaces. */
  used: StoredToken;
  answer: TokenAnswer;
  userId: number;
  actor: number | null;
  what: 'renewal' | 'consent';
  /** Of a consent: who agreed, as far as the answer says. */
  identity?: Identity | null;
  receivedAt: Date;
  /** Whose lease it was received under. */
  holder: string;
}

/** Keeps answers safe between the provider and the database, and for some minutes after that. */
export interface AnswerJournal {
  /** Resolves once the entry would survive a power cut, or, where the disk refuses, is kept in memory. @returns its ID */
  put(entry: JournalEntry): Promise<string>;
  /** It is in the database. Kept for `stored`. */
  settle(id: string): Promise<void>;
  /** It is of no use any more. */
  remove(id: string): Promise<void>;
  /** It could not be stored now: left for the next look. */
  giveUp(id: string): void;
  /** It can never be stored as things are: not offered again for so many milliseconds. */
  postpone(id: string, ms: number): Promise<void>;
  /** Entries that no living process is at, oldest first. */
  left(): Promise<{ id: string; entry: JournalEntry }[]>;
  /**
   * Entries that were stored within the last minutes, oldest first.
   * @param which ending: only those that are not kept any longer; whoever gets them removes them
   */
  stored(which: 'all' | 'ending'): Promise<{ id: string; entry: JournalEntry; ends: boolean }[]>;
  /** What was given up and is not stored yet, postponed entries included. */
  waiting(): Pick<JournalEntry, 'configId' | 'holder'>[];
  /** Is one of a configuration among `waiting`? */
  waits(configId: number): boolean;
  /** Has a provider answered a request that was made from this row? Then its refresh token must not be sent again. */
  isAnswered(token: StoredToken): Promise<boolean>;
  /** How many are not in the database yet. */
  length(): Promise<number>;
  /** Is there a file that this process may not read? Any answer may lie in it, until somebody gives it to the right user. */
  isLocked(): boolean;
  /** How many files cannot be read, whose answers are therefore not known. */
  unreadable(): Promise<number>;
  /** How often a file could not be written since this process began; its answers are kept in memory until they are stored. */
  failedWrites(): number;
}
