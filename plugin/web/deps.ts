import type { Abilities } from '../domain/abilities.js';
import type { DoctorDeps } from '../domain/doctor-ports.js';
import type { ImportPreviewStore } from '../domain/import-preview-store.js';
import type {
  Agent,
  AnswerJournal,
  AuthorizationStore,
  Clock,
  EventStore,
  HelpdeskCaches,
  IdentityStore,
  Log,
  MailboxProbe,
  Metrics,
  PageFrame,
  ProviderDocuments,
  ProviderTemplates,
  RenewalStore,
  SessionReader,
  SettingsReader,
  TokenConfigStore,
  TokenEndpoint,
  TokenStore,
  UsageStore,
} from '../domain/ports.js';
import type { MailFetches } from '../domain/screen-ports.js';
import type { InFlight } from '../lib/in-flight.js';
import type { Render, Translate } from './render.js';

/** What a page needs that is shown before the database answers. */
export type PageDeps = Pick<WebDeps, 'render' | 'translate' | 'log'> & {
  frame?: PageFrame;
  metrics?: Metrics;
};

/** Everything that the screens need; built in main.ts. */
export interface WebDeps {
  settings: SettingsReader;
  sessions: SessionReader;
  frame: PageFrame;
  /** The helpdesk's log-in that leads back to an address: relative to the web server's root. */
  loginUrl(requestedQuery: string): Promise<string>;
  challengeTokenMatches(agent: Agent, given: string | undefined): Promise<boolean>;
  tokenConfigs: TokenConfigStore;
  tokens: TokenStore;
  authorizations: AuthorizationStore;
  importPreviews: ImportPreviewStore;
  renewals: RenewalStore;
  /** Before stored states are read, by which bar, filters and counts go: takes in what others wrote. Never rejects. */
  catchUp(): Promise<void>;
  /** No look at the due list has ended for a minute. */
  isStalled(): boolean;
  journal: AnswerJournal;
  metrics: Metrics;
  usages: UsageStore;
  mailFetches: MailFetches;
  /** The record of what happened. */
  events: EventStore;
  /** What this helpdesk can do with a token. */
  abilities(): Promise<Abilities>;
  caches: HelpdeskCaches;
  endpoint: TokenEndpoint;
  mailboxes: MailboxProbe;
  doctor(): Promise<DoctorDeps>;
  templates: ProviderTemplates;
  identities: IdentityStore;
  documents: ProviderDocuments;
  render: Render;
  translate: Translate;
  /** Writes dates as text in the helpdesk's zone (SysConfig OTRSTimeZone), for exports. */
  helpdeskTime(): Promise<(date: Date) => string>;
  clock: Clock;
  log: Log;
  /** What the web server proves itself by on a TCP connection; null: nothing (a configuration of version 0.1). */
  channelSecret: string | null;
  /** Names this process in leases. */
  holder: string;
  /** Renewals and consents on their way. */
  inFlight?: InFlight;
}
