import type { Clock } from '../domain/clock.js';
import type { ImportPreviewStore } from '../domain/configuration/import-preview-store.js';
import type { ProviderTemplates } from '../domain/configuration/provider-template.js';
import type { TokenConfigStore } from '../domain/configuration/token-config-store.js';
import type { AuthorizationStore } from '../domain/consent/authorization-store.js';
import type { IdentityStore } from '../domain/consent/identity-store.js';
import type { DoctorDeps } from '../domain/doctor/doctor-ports.js';
import type { Abilities } from '../domain/helpdesk/abilities.js';
import type { HelpdeskCaches } from '../domain/helpdesk/caches.js';
import type { PageFrame } from '../domain/helpdesk/page-frame.js';
import type { Agent, SessionReader } from '../domain/helpdesk/session.js';
import type { SettingsReader } from '../domain/helpdesk/settings.js';
import type { Log } from '../domain/log.js';
import type { FetchingState } from '../domain/mailbox/fetching-state.js';
import type { LastTests } from '../domain/mailbox/last-test.js';
import type { MailFetcher } from '../domain/mailbox/mail-fetcher.js';
import type { MailFetches } from '../domain/mailbox/mail-fetches.js';
import type { MailWatchStore } from '../domain/mailbox/mail-watch.js';
import type { MailboxProbe } from '../domain/mailbox/mailbox-probe.js';
import type { UsageStore } from '../domain/mailbox/usage.js';
import type { Metrics } from '../domain/metrics.js';
import type { ClientKeys } from '../domain/provider/client-keys.js';
import type { ProviderDocuments } from '../domain/provider/provider-documents.js';
import type { ServiceAccountKeys } from '../domain/provider/service-account-keys.js';
import type { TokenEndpoint } from '../domain/provider/token-endpoint.js';
import type { RelayPlace } from '../domain/relay/relay-listener.js';
import type { RelayPasswordStore } from '../domain/relay/relay-password.js';
import type { AnswerJournal } from '../domain/token/answer-journal.js';
import type { EventStore } from '../domain/token/event-store.js';
import type { OverviewStore } from '../domain/token/overview.js';
import type { RenewalStore } from '../domain/token/renewal-store.js';
import type { TokenStore } from '../domain/token/token-store.js';
import type { InFlight } from '../lib/in-flight.js';
import type { ListChannelsDeps } from '../usecases/alert/list-channels.js';
import type { TestAlertsDeps } from '../usecases/alert/test-alerts.js';
import type { EndingPassword } from '../usecases/list-passwords.js';
import type { Render } from './render.js';
import type { Translate } from './translate.js';

/** What a page needs that is shown before the database answers. */
export type PageDeps = Pick<WebDeps, 'render' | 'translate' | 'textLanguage' | 'log'> & {
  frame?: PageFrame;
  metrics?: Metrics;
};

/** Everything that the screens need; built in main.ts. */
export interface WebDeps {
  settings: SettingsReader;
  sessions: SessionReader;
  frame: PageFrame;
  /** The URL of the helpdesk's login that returns to an address: relative to the web server's root. */
  loginUrl(requestedQuery: string): Promise<string>;
  challengeTokenMatches(agent: Agent, given: string | undefined): Promise<boolean>;
  tokenConfigs: TokenConfigStore;
  overview: OverviewStore;
  tokens: TokenStore;
  authorizations: AuthorizationStore;
  importPreviews: ImportPreviewStore;
  renewals: RenewalStore;
  /**
   * Takes in what others wrote; call it before reading stored states, on which bar, filters and counts rely.
   * Never rejects.
   */
  catchUp(): Promise<void>;
  /** Whether the helpdesk fetches mail at all, at the last look; null: not known yet. */
  fetching(): FetchingState | null;
  /** Has no pass over the due list completed for a minute? */
  isStalled(): boolean;
  journal: AnswerJournal;
  metrics: Metrics;
  usages: UsageStore;
  mailFetches: MailFetches;
  lastTests: LastTests;
  /** What signs in with a password that its provider ends; as it was ten seconds ago at most. Never rejects. */
  passwords(): Promise<EndingPassword[]>;
  mailWatch: Pick<MailWatchStore, 'mailboxes' | 'mute'>;
  /** Looks at the helpdesk's fetches at once. Never rejects. */
  watchMail(): Promise<void>;
  relayPasswords: RelayPasswordStore;
  /** Where the relay listens; empty: it is switched off. */
  relayPlaces(): readonly RelayPlace[];
  /** The history. */
  events: EventStore;
  /** What this helpdesk can do with a token. */
  abilities(): Promise<Abilities>;
  caches: HelpdeskCaches;
  endpoint: TokenEndpoint;
  /** The private keys of certificates. */
  clientKeys: Pick<ClientKeys, 'remove'>;
  /** The private keys of service accounts. */
  serviceAccountKeys: Pick<ServiceAccountKeys, 'inspect' | 'take' | 'remove' | 'state'>;
  mailboxes: MailboxProbe;
  mailFetcher: MailFetcher;
  doctor(): Promise<DoctorDeps>;
  /** The alert channels. */
  alerting(): Promise<ListChannelsDeps & TestAlertsDeps>;
  templates: ProviderTemplates;
  identities: IdentityStore;
  documents: ProviderDocuments;
  render: Render;
  translate: Translate;
  textLanguage(language: string): string;
  /** Formats dates in the helpdesk's time zone (SysConfig OTRSTimeZone), for exports. */
  helpdeskTime(): Promise<(date: Date) => string>;
  clock: Clock;
  log: Log;
  /**
   * The secret with which the web server authenticates on a TCP connection; null: none (a configuration of
   * version 0.1).
   */
  channelSecret: string | null;
  /** Identifies this process in leases. */
  holder: string;
  /** Renewals and consents in progress. */
  inFlight?: InFlight;
}
