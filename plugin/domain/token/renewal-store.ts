import type { TokenConfig } from '../configuration/token-config.js';
import type { Identity } from '../consent/identity.js';
import type { LostAnswer } from '../provider/lost-answer.js';
import type { TokenEvent } from './event-store.js';
import type { RenewalReason, RenewalState } from './renewal.js';
import type { StoredToken } from './token.js';
import type { StateMark } from './token-state.js';

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
  /** Configurations by their state; `unknown` before the renewal service's first look. */
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
