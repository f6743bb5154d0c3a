/** What the use cases need from the outside. Adapters in db, oauth, helpdesk and sysconfig implement these. */
import type { Identity } from './identity.js';
import type { MailboxReport, MailboxTarget } from './mailbox.js';
import type { ProviderOutcome } from './provider-error.js';
import type { RenewalReason, RenewalState } from './renewal.js';
import type { HistoryQuery, ListQuery, OverviewFacets, OverviewRow, RecordedEvent } from './screen-ports.js';
import type { Settings } from './settings.js';
import type { StoredToken, TokenAnswer, TokenErrorFields } from './token.js';
import type { TokenConfig, TokenConfigDocument } from './token-config.js';
import type { StateMark } from './token-state.js';

export type * from './authorization-ports.js';
export type * from './identity-ports.js';

/** Milliseconds since the epoch; replaced in tests. */
export type Clock = () => Date;

export interface Log {
  info(facts: Record<string, unknown>, message: string): void;
  warn(facts: Record<string, unknown>, message: string): void;
  error(facts: Record<string, unknown>, message: string): void;
}

/** The deployed SysConfig, assembled; never older than about a second. */
export interface SettingsReader {
  current(): Promise<Settings>;
}

export interface TokenConfigStore {
  /** One page and the total that matches. Three queries whatever the number of rows. */
  list(query: ListQuery): Promise<{ rows: OverviewRow[]; total: number }>;
  /** Two queries on indexes alone. */
  facets(): Promise<OverviewFacets>;
  /** All configurations ordered by name, for export and import. */
  all(): Promise<TokenConfig[]>;
  byId(id: number): Promise<TokenConfig | null>;
  byName(name: string): Promise<TokenConfig | null>;
  /** Could the columns hold it? @throws SidecarError value-too-long, invalid-token-config */
  check(config: NewTokenConfig): Promise<void>;
  /** @throws SidecarError value-too-long, invalid-token-config (name taken, field `Name`) */
  insert(config: NewTokenConfig, userId: number): Promise<number>;
  /**
   * Writes name, document and validity where `change_time` is still `expected.changeTime` and the document unchanged.
   * @throws SidecarError edit-conflict, value-too-long, invalid-token-config (name taken)
   */
  update(expected: TokenConfig, next: NewTokenConfig, userId: number): Promise<void>;
  /** Deletes configuration and token row in one transaction. */
  delete(id: number, userId: number): Promise<void>;
  /** Runs several inserts and updates in one transaction (import). */
  inTransaction<T>(work: (store: TokenConfigStore) => Promise<T>): Promise<T>;
}

export interface NewTokenConfig {
  name: string;
  document: TokenConfigDocument;
  validId: number;
}

export interface TokenStore {
  /** Makes the empty row where there is none, as the helpdesk does. */
  get(configId: number): Promise<StoredToken>;
  /**
   * Compare-and-set: writes only where the stored access and refresh token are still those of `expected`.
   * Clears the error fields. Returns false, and writes nothing, when somebody else was faster.
   * @throws SidecarError value-too-long
   */
  save(expected: StoredToken, answer: TokenAnswer, userId: number, attempt?: Attempt): Promise<boolean>;
  /**
   * Forgets both tokens, their dates and failures, where they are still those of `expected`; the event is part of it.
   * @returns false, with nothing written, when somebody else was faster
   */
  clear(expected: StoredToken, userId: number, event: TokenEvent): Promise<boolean>;
  /** Stores the error fields and leaves every token as it is. */
  saveError(configId: number, fields: TokenErrorFields, userId: number, attempt?: Attempt): Promise<void>;
  /**
   * What the bar may have to speak of, the most urgent first, and how many there are: one query on indexes. Rows that the
   * keeper should have looked at a while ago are among them: their stored state is not to be trusted.
   */
  problems(now: Date, limit: number): Promise<{ rows: RenewalRow[]; total: number }>;
}

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

export interface EventStore {
  /** For what changes no token: a consent that came to nothing. */
  add(configId: number, event: TokenEvent): Promise<void>;
  /** A page of the record, newest first, and the total that matches: two queries. */
  history(query: HistoryQuery): Promise<{ events: RecordedEvent[]; total: number }>;
  /** The last name of a configuration, also of one that is deleted; null where the record knows none. */
  lastName(configId: number): Promise<string | null>;
  /** Removes what is older, a few thousand at a time. @returns how many */
  prune(before: Date): Promise<number>;
}

/** What became of an attempt, written in one transaction with the token. */
export interface Attempt {
  /** null: nothing new, such as the tenth time-out in a row. */
  event: TokenEvent | null;
  state: Pick<RenewalState, 'failures' | 'outcome' | 'retryAt' | 'failingSince' | 'error'> & {
    dueAt: Date | null;
    reason: RenewalReason;
    succeededAt?: Date;
    /** null: the stored access token is not ours. */
    receivedAt?: Date | null;
    /** When the stored access token ends; null: never. */
    expiresAt?: Date | null;
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
}

/** The due list: table `oauth2_sidecar_renewal`. */
export interface RenewalStore {
  /** What is due, soonest first, by one indexed query. */
  due(now: Date, limit: number): Promise<RenewalRow[]>;
  /** The row as it is now; null where there is no such configuration. */
  one(configId: number): Promise<RenewalRow | null>;
  nextDue(): Promise<Date | null>;
  /**
   * When to look again; null: not before somebody changes something. One statement.
   * @param dueBy only what has been due since then: somebody else may have been faster
   */
  schedule(
    entries: { configId: number; at: Date | null; reason: RenewalReason; mark: StateMark }[],
    dueBy?: Date,
  ): Promise<void>;
  /** Everything that waits for a time is looked at again: the policy has changed. */
  lookAgain(now: Date): Promise<void>;
  /**
   * One renewal at a time across processes and hosts; a lease expires by itself, by the database's clock: those of the
   * hosts may differ.
   * @returns null: somebody else has it; left-behind: whoever had it before never gave it back
   */
  acquire(configId: number, holder: string, ttlMs: number): Promise<'taken' | 'left-behind' | null>;
  /** @param unsettled whoever had it before, and never gave it back, stays on record for the next one */
  release(configId: number, holder: string, unsettled?: boolean): Promise<void>;
  /** For an attempt that leaves the token row as it is. */
  note(configId: number, attempt: Attempt): Promise<void>;
  /**
   * The clock was set back by so many milliseconds: the tokens received after `now`, by the clock as it was, end so much
   * earlier than their rows say. @returns how many
   */
  setBack(now: Date, by: number): Promise<number>;
  /** For the health figures. */
  figures(now: Date): Promise<RenewalFigures>;
  /** Takes in what others have added, changed or deleted: due now, nothing held against it. @returns how many */
  reconcile(now: Date): Promise<number>;
  /**
   * The last write to the helpdesk's token tables and mail accounts by anybody, as the server remembers it, to the second.
   * @returns at: null where the server does not know; over: that second is over, so no further write can have its time
   */
  lastWrite(): Promise<{ at: string | null; over: boolean }>;
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

/** Keeps answers safe between the provider and the database. */
export interface AnswerJournal {
  /** Resolves once the entry would survive a power cut, or, where the disk refuses, is kept in memory. @returns its ID */
  put(entry: JournalEntry): Promise<string>;
  remove(id: string): Promise<void>;
  /** It could not be stored now: left for the next look. */
  giveUp(id: string): void;
  /** It cannot be stored for another reason than a database that is away: not offered again for an hour. */
  postpone(id: string): Promise<void>;
  /** Entries that no living process is at, oldest first. */
  left(): Promise<{ id: string; entry: JournalEntry }[]>;
  length(): Promise<number>;
}

/** What uses a configuration. */
export interface Usage {
  mailAccounts: { id: number; login: string; host: string; type: string; folder: string }[];
  /** Outbound SMTP refers to it by name (SendmailModule::OAuth2TokenConfigName). */
  smtp: boolean;
  webServices: { id: number; name: string }[];
}

export interface UsageStore {
  /** For the configurations of one page; a fixed number of queries. SMTP comes from the settings. */
  of(configs: Pick<TokenConfig, 'id' | 'name'>[]): Promise<Map<number, Usage>>;
}

/** What the helpdesk stores of a session, in table `sessions` or in files; what it means is the business of plugin/helpdesk. */
export interface SessionRows {
  /** The keys of a session that its rules need; null where there is no such session. Values that are no plain text are left out. */
  read(sessionId: string): Promise<Record<string, string> | null>;
}

/** Users, groups and roles as the helpdesk stores them. */
export interface Permissions {
  /** A user by the login name, which the helpdesk compares without case. */
  byLogin(login: string): Promise<{ id: number; valid: boolean } | null>;
  /**
   * A user, and the rights in valid groups, given directly or through valid roles; none for a user that is not valid.
   * As stored: `rw` includes every other right, which need not be listed beside it. A right may come several times.
   */
  user(userId: number): Promise<{
    login: string;
    valid: boolean;
    rights: { name: string; permission: string }[];
  } | null>;
}

/** Figures for Prometheus. */
export interface Metrics {
  tokenRequest(host: string, outcome: string, seconds: number): void;
  request(status: number, seconds: number): void;
  /** Whom to ask since when the first renewal waits for its turn. */
  watchKeeper(keeper: { waitingSince(): Date | null }): void;
  /** The text format of Prometheus, with figures read now. */
  text(): Promise<{ type: string; body: string }>;
}

/** Makes the helpdesk forget its cached lists of configurations and tokens. */
export interface HelpdeskCaches {
  forgetTokenConfigs(): Promise<void>;
}

/** An agent as the helpdesk's session says. */
export interface Agent {
  userId: number;
  login: string;
  sessionId: string;
  /** Must come back as ChallengeToken with every change. */
  challengeToken: string;
  language: string;
  timeZone: string;
  skin: string;
  /** rw: may change. ro: may look. */
  permission: 'rw' | 'ro' | 'none';
}

export interface SessionReader {
  /**
   * @param sessionId value of the cookie named by SessionName
   * @param remoteAddress the browser's address, as the web server saw it
   * @returns null where the helpdesk itself would ask for a log-in
   */
  agent(sessionId: string | undefined, remoteAddress: string): Promise<Agent | null>;
}

/** The helpdesk's own page around a content of ours. */
export interface PageFrame {
  /**
   * Asks the helpdesk for its page at once, so that it works while our content is being made.
   * @returns puts a content into that page; null where the helpdesk does not answer
   */
  begin(agent: Agent, remoteAddress: string): (content: FramedContent) => Promise<string | null>;
}

export interface FramedContent {
  /** Already escaped HTML: everything inside `.MainBox`, and notification boxes before it. */
  mainBox: string;
  notifications: string;
  /** Plain text; goes into <title>. */
  title: string;
}

/** One request to a token endpoint. Adapter: plugin/oauth. */
export interface TokenRequest {
  url: string;
  /** Parameters of the body without those of the client, grant_type included, as the document says. */
  parameters: Record<string, string>;
  /** The client's credentials and the names of their parameters. */
  client: { id: string; secret: string; idParameter: string; secretParameter: string };
  /** Values that must not appear in any text of the answer that is kept. */
  secrets: string[];
}

export interface TokenEndpoint {
  /**
   * Posts form-encoded (RFC 6749 §3.2) and returns the JSON object of a success.
   * @throws ProviderError with the outcome class
   */
  post(request: TokenRequest): Promise<Record<string, unknown>>;
}

/** A token configuration to begin with, from a YAML file. */
export interface ProviderTemplate {
  /** Without folder and `.yml`; names it in URLs. */
  filename: string;
  /** Shown to the admin and kept as TemplateName. */
  name: string;
  document: TokenConfigDocument;
  /** Of the sidecar or of the site; false for one of the helpdesk's own folder. */
  own: boolean;
  /** Endpoints are looked up from an issuer first. */
  discovery: boolean;
}

/** The templates of the sidecar, of the site and of the helpdesk; of the same name the site's wins, then the sidecar's. */
export interface ProviderTemplates {
  /** Ordered by name; a broken file is left out and logged. */
  list(): Promise<ProviderTemplate[]>;
  /** @throws SidecarError unknown-template, template-broken */
  get(filename: string): Promise<ProviderTemplate>;
}

/** Signs in at a mail server and looks around; changes nothing there. Adapter: plugin/mail. */
export interface MailboxProbe {
  /** What the server does wrong is in the report. @throws SidecarError mailbox-tests-busy */
  run(target: MailboxTarget): Promise<MailboxReport>;
}
