import type { TokenConfig } from '../configuration/token-config.js';
import type { Identity } from '../consent/identity.js';
import type { LostAnswer } from '../provider/lost-answer.js';
import type { TokenEvent } from './event-store.js';
import type { RenewalReason, RenewalState } from './renewal.js';
import type { StateMark } from './state-mark.js';
import type { StoredToken } from './token.js';

/** The result of an attempt, written in one transaction with the token. */
export interface Attempt {
  /**
   * The mark of the configuration used for the attempt; without it, the current configuration counts. If the
   * configuration was changed since, it is due again.
   */
  configMark?: string | undefined;
  /** null: nothing new, such as the tenth time-out in a row. */
  event: TokenEvent | null;
  state: Pick<RenewalState, 'failures' | 'outcome' | 'retryAt' | 'failingSince' | 'error'> & {
    dueAt: Date | null;
    reason: RenewalReason;
    succeededAt?: Date;
    /** The provider's earliest time for another request (Retry-After); null: it sent none. */
    notBefore?: Date | null;
    /** For the stored refresh token. */
    lostAnswer?: LostAnswer | null;
    /** null: the stored access token is not ours. */
    receivedAt?: Date | null;
    /** Expiry of the stored access token; null: never. */
    expiresAt?: Date | null;
    /** Expiry of the refresh token. */
    refreshExpiresAt?: Date | null;
    refreshTokenIssuedAt?: Date;
    /** undefined: the answer does not say. */
    missingScopes?: readonly string[];
    refreshTokenDiesAt?: Date | null;
  };
  /** The state after the attempt. */
  mark: StateMark;
  /** The holder whose lease ends with the attempt; null: none. */
  holder: string | null;
  /** A new consent: who consented, or null if the provider did not say. It replaces the stored identity. */
  consent?: { identity: Identity | null; at: Date };
}

/** A configuration with its token and its renewal state. */
export interface RenewalRow {
  config: TokenConfig;
  token: StoredToken;
  renewal: RenewalState;
  /** Changes whenever somebody changes the configuration. */
  configMark?: string;
  /**
   * Only in rows of the due list: another program has written the token, and its times have not been recorded
   * yet; see `noteTimes`.
   */
  unnoted?: string;
}

/** Reads rows by the IDs of their configurations. */
export interface RenewalRows {
  /** One query; a deleted configuration is missing. */
  of(configIds: readonly number[]): Promise<RenewalRow[]>;
}

/** The due list: table `oauth2_sidecar_renewal`. */
export interface RenewalStore {
  /** The due configurations, soonest first, by one indexed query. */
  due(now: Date, limit: number): Promise<RenewalRow[]>;
  /** The current row; null if there is no such configuration. */
  one(configId: number): Promise<RenewalRow | null>;
  nextDue(): Promise<Date | null>;
  /**
   * Sets when each configuration is examined again; null: not before somebody changes something. Uses one
   * statement. If a row is locked, the other rows are written one by one and the locked row stays unchanged.
   * @param entries `configMark` is the mark of the row behind the decision
   * @param dueBy only rows that have been due since then: another sidecar may have been faster
   */
  schedule(
    entries: {
      configId: number;
      at: Date | null;
      reason: RenewalReason;
      mark: StateMark;
      configMark?: string | undefined;
    }[],
    dueBy?: Date,
  ): Promise<void>;
  /**
   * Valid configurations that the due list will not return, because they have no due time or one far ahead,
   * and that nobody holds a lease for. Most cannot be renewed; a renewable one has been forgotten. Sorted by
   * ID, one page at a time.
   * @param after the last ID of the previous page
   */
  unscheduled(now: Date, after: number, limit: number): Promise<RenewalRow[]>;
  /**
   * Records when tokens expire that another program has written. The helpdesk's row says so only in its time
   * zone, and that setting may change later.
   * @param rows with `unnoted`
   */
  noteTimes(rows: RenewalRow[]): Promise<void>;
  /** Makes all configurations due, because the policy has changed. */
  lookAgain(now: Date): Promise<void>;
  /**
   * Acquires the lease, so that only one process on any host renews the token at a time. A lease expires by
   * the database's clock, because the hosts' clocks may differ.
   * @returns null: another process holds it; a lease: it has expired, but its holder never released it, see
   *   `takeOver`
   */
  acquire(configId: number, holder: string, ttlMs: number): Promise<'taken' | AbandonedLease | null>;
  /** @returns false: another process was faster, or the holder has extended its lease */
  takeOver(configId: number, from: AbandonedLease, holder: string, ttlMs: number): Promise<boolean>;
  /**
   * Extends the lease for this time from now.
   * @returns false: the holder no longer has it
   */
  extend(configId: number, holder: string, ttlMs: number): Promise<boolean>;
  /**
   * Releases the lease.
   * @param unsettled keeps the previous holder, who never released the lease, on record for the next holder
   */
  release(configId: number, holder: string, unsettled?: boolean): Promise<void>;
  /**
   * After an outage, makes due all configurations that wait for the provider because of our back-off: those
   * whose tokens expire first at once, the others at `pace`. A wait that the provider requested itself stays.
   * @param provider host, as in StateMark
   * @param pace milliseconds between two configurations; less if there are many, so that the last one waits
   *   five minutes at most
   * @param except configurations that failed although the provider answered others; they wait as before
   * @returns how many
   */
  providerIsBack(provider: string, now: Date, pace: number, except: number[]): Promise<number>;
  /**
   * Makes the next configuration that waits for a provider due now, to test whether the provider works again.
   * @returns whether there is one
   */
  probeProvider(provider: string, now: Date): Promise<boolean>;
  /**
   * Records an attempt that leaves the token row unchanged.
   * @param withoutTokens only if the row holds no token; it is locked meanwhile
   */
  note(configId: number, attempt: Attempt, options?: { withoutTokens?: boolean }): Promise<void>;
  /**
   * Corrects the rows after the clock was set back by `by` milliseconds: tokens received after `now`, by the
   * previous clock, expire earlier by that amount than their rows say.
   * @returns how many
   */
  setBack(now: Date, by: number): Promise<number>;
  /**
   * Makes the rows of expired access tokens say until `until` that the tokens still work, while the sidecar
   * renews them: the helpdesk's own Perl takes no lease and would use the same refresh token. Skips rows that
   * were written since, and locked rows.
   */
  holdOff(configIds: number[], now: Date, until: Date): Promise<void>;
  /** Figures for health and metrics. */
  figures(now: Date): Promise<RenewalFigures>;
  /**
   * Makes configurations due that others have added or changed, without their earlier failures, and removes
   * deleted ones.
   * @param written only these have been added or changed, configuration or token; without it, any may have been
   * @returns how many
   */
  reconcile(now: Date, written?: readonly number[]): Promise<number>;
  lastWrite(): Promise<LastWrite>;
}

/** The last write by any program to the helpdesk's token tables and mail accounts, as the server remembers it. */
export interface LastWrite {
  /** To the second, or another text that differs after each write; null if the server does not know. */
  at: string | null;
  /** So much time has passed since that second that no further write can have the same time. */
  over: boolean;
  /**
   * The configurations that have been added or changed since the last call, themselves or in their token; undefined:
   * any may have been. What has been deleted is not among them.
   */
  written?: readonly number[] | undefined;
}

/** A lease that expired: its holder died, was stopped or cut off, perhaps while an answer was on its way. */
export interface AbandonedLease {
  holder: string;
  /** By the database's clock; null: another process has already taken it over, without a result. */
  endedAt: Date | null;
}

export interface RenewalFigures {
  /** The number of configurations in each state; `unknown` before the renewal service's first pass. */
  byState: Record<string, number>;
  /**
   * The next expiry of an access token, among valid configurations with a refresh token; may be in the past.
   */
  nearestEnd: Date | null;
  /** The next known expiry of a refresh token of a valid configuration; may be in the past. */
  nearestGrantEnd: Date | null;
  /** Since when the most overdue configuration has been due. */
  dueSince: Date | null;
  /**
   * Valid configurations without a due time and a running lease, although the last decision was to renew or
   * to wait.
   */
  forgotten: number;
}
