/** What the use cases need from the outside. Adapters in db, oauth, helpdesk and sysconfig implement these. */
import type { MailboxReport, MailboxTarget } from './mailbox.js';
import type { Attempt, RenewalRow, TokenEvent } from './renewal-ports.js';
import type { ListQuery, OverviewFacets, OverviewRow } from './screen-ports.js';
import type { Settings } from './settings.js';
import type { StoredToken, TokenAnswer, TokenErrorFields } from './token.js';
import type { TokenConfig, TokenConfigDocument } from './token-config.js';

export type * from './authorization-ports.js';
export type * from './identity-ports.js';
export type * from './renewal-ports.js';

/** The time now; tests replace it. */
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

/** What uses a configuration. */
export interface Usage {
  mailAccounts: { id: number; login: string; host: string; type: string; folder: string }[];
  /** Outbound SMTP refers to it by name (SendmailModule::OAuth2TokenConfigName). */
  smtp: boolean;
  /** Outbound email profiles (Znuny 7.3 and newer), of which a helpdesk may have several. */
  profiles: { id: number; module: string; host: string }[];
  webServices: { id: number; name: string }[];
}

export const NO_USAGE: Usage = { mailAccounts: [], smtp: false, profiles: [], webServices: [] };

export const isUsed = ({ mailAccounts, smtp, profiles, webServices }: Usage): boolean =>
  smtp || mailAccounts.length + profiles.length + webServices.length > 0;

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
  /** Whom to ask how its looks at the due list go. */
  watchKeeper(keeper: {
    /** Since when the first renewal waits for its turn. */
    waitingSince(): Date | null;
    secondsSinceLook(): number;
    /** Configurations without a due time that were found since the start. */
    forgotten(): number;
  }): void;
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
  /** Where a request that was sent must be heard out: the refresh token counts as used from then on. */
  sending?: {
    /** Asked when the connection stands, right before anything is sent; what it throws ends the request. */
    check(): void;
    /** How long an answer is listened for, in milliseconds. Until the request is sent the usual time-out holds. */
    listenMs: number;
    /** Called at the usual time-out while the answer is still listened for. */
    late?(): void;
  };
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
