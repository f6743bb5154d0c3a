import type { Severity } from '../severity.js';
import type { FetchEvent, FetchFacts, QueueFacts } from './fetch-facts.js';
import type { FetchingCause, FetchingWord, OpenFetch } from './fetching-state.js';
import type { MailUse } from './mail-use.js';
import type { MailProtocol } from './mailbox.js';
import type { ShownSeverity, StoredFigures } from './mailbox-figures.js';
import type { MailboxState } from './mailbox-state.js';
import type { StateChange } from './state-change.js';
import type { ToldMailbox } from './told-mailbox.js';

/** What one look at the helpdesk's tables finds. */
export interface MailLook {
  /** There are new rows, a fetch is running, accounts or queue were changed, or a state is due. */
  hasNews: boolean;
  /** Mail accounts were added, changed or deleted. */
  accountsChanged: boolean;
  /** When the last fetch of any account began. */
  fetchedAt: Date | null;
  lockSince: Date | null;
  /** When the daemon last started the fetches. */
  startedAt: Date | null;
  queue: QueueFacts;
  queueChanged: boolean;
  open: OpenFetch | null;
  /** Valid mail accounts that sign in with a token. */
  mailboxes: number;
  /** What was last told of fetching as a whole: a `FetchingWord`; null: nothing yet. */
  told: string | null;
}

/** A mail account that signs in with a token, or outbound mail that does. */
export interface WatchedMailbox {
  /** ID of the mail account; null: outbound mail. */
  accountId: number | null;
  login: string;
  type: string;
  host: string;
  configId: number;
  /** Account and configuration are valid. */
  isValid: boolean;
  fetches: FetchFacts;
  mutedUntil: Date | null;
  /** The stored state of its token; null: none yet. */
  token: { kind: string; severity: Severity; works: boolean } | null;
}

/** Outbound mail that signs in with a token, as the settings have it. */
export interface Outbound {
  /** Name of the token configuration. */
  config: string;
  login: string;
  host: string;
  type: string;
}

/** Accounts (0: outbound mail), with all others of their configurations; without `accountIds`, all. */
export interface WhichMailboxes {
  accountIds?: number[];
  /** At most so many accounts that have been judged, those in trouble first: found by an index. */
  most?: number;
  outbound: Outbound | null;
}

/** What is stored of an account that was judged. */
export interface JudgedState {
  /** 0: outbound mail. */
  accountId: number;
  /** When time alone changes it; null: never. */
  at: Date | null;
  /** null: not a mailbox that signs in with a token. */
  shown: { kind: MailboxState['kind']; severity: ShownSeverity } | null;
}

/**
 * Accounts (0: outbound mail) that do not sign in with a token, deleted ones included: these, or if `areOthers` is
 * false, all but these.
 */
export interface OtherAccounts {
  ids: readonly number[];
  areOthers: boolean;
}

/** What one sidecar at a time does. Nothing of it is stored if it fails on the way. */
export interface MailReader {
  look(now: Date): Promise<MailLook>;
  /**
   * Reads one page of the log. The accounts with new facts are due then.
   * @param add adds a fetch to what is known of its account
   * @returns whether there may be more
   */
  readOn(
    now: Date,
    add: (facts: FetchFacts, event: FetchEvent, protocol: MailProtocol) => FetchFacts,
  ): Promise<{ more: boolean }>;
  /**
   * Takes in which accounts exist. The failures of an account that an admin has changed count no longer.
   */
  noteAccounts(): Promise<void>;
  noteQueue(queue: QueueFacts): Promise<void>;
  /** Accounts with new facts, and those whose state time alone has changed. */
  due(now: Date): Promise<number[]>;
  mailboxes(which: WhichMailboxes): Promise<WatchedMailbox[]>;
  /**
   * Notes for history and alerts that fetching as a whole has stopped or runs again.
   * @param cause why it has stopped; null: it runs
   */
  tellFetching(word: FetchingWord, cause: FetchingCause | null, now: Date): Promise<StateChange>;
  /**
   * Notes for history and alerts which of these mailboxes are in another state than the one noted last.
   * What was told of accounts that do not sign in with a token is over, without a word.
   */
  tellMailboxes(mailboxes: readonly ToldMailbox[], others: OtherAccounts, now: Date): Promise<StateChange[]>;
  /** Stores the states of accounts, and when they change by time alone. */
  schedule(states: JudgedState[]): Promise<void>;
}

/**
 * The helpdesk's communication log, read once and forward by its primary key, and what of it counts: our tables
 * `oauth2_sidecar_mailbox` and `oauth2_sidecar_mail_watch`.
 */
export interface MailWatchStore {
  /** Two queries if there is nothing new. */
  look(now: Date): Promise<MailLook>;
  mailboxes(which: WhichMailboxes): Promise<WatchedMailbox[]>;
  /**
   * How many mailboxes are in each state, and those in trouble first, as they were judged last: two queries by an
   * index.
   * @param most how many mailboxes at most
   */
  figures(most: number): Promise<StoredFigures>;
  /**
   * Runs the work while no other sidecar does.
   * @returns null if another one holds the lock, or a row that is needed: look again later
   */
  alone<T>(work: (reader: MailReader) => Promise<T>): Promise<T | null>;
  /**
   * Stores what counts for configurations, and makes those due for which it has changed.
   * @param all no other configuration has a mailbox
   */
  noteUses(now: Date, uses: Map<number, MailUse>, all: boolean): Promise<void>;
  /** Takes the mailbox out of bar and channels until then; null: no longer. */
  mute(accountId: number, until: Date | null, now: Date): Promise<void>;
}
