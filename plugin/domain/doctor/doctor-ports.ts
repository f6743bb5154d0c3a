import type { Phrase } from '../../lib/phrase.js';
import type { AlertChannels } from '../alert/alert-channel.js';
import type { AlertStore } from '../alert/alert-store.js';
import type { Clock } from '../clock.js';
import type { TokenConfigStore } from '../configuration/token-config-store.js';
import type { Abilities } from '../helpdesk/abilities.js';
import type { HelpdeskCaches } from '../helpdesk/caches.js';
import type { Settings } from '../helpdesk/settings.js';
import type { MailWatchStore } from '../mailbox/mail-watch.js';
import type { PasswordUseStore } from '../mailbox/password-uses.js';
import type { UsageStore } from '../mailbox/usage.js';
import type { ClientKeys } from '../provider/client-keys.js';
import type { ServiceAccountKeys } from '../provider/service-account-keys.js';
import type { RelayClient } from '../relay/relay-client.js';
import type { RelayPlace } from '../relay/relay-listener.js';
import type { EventStore } from '../token/event-store.js';
import type { OverviewStore } from '../token/overview.js';
import type { RenewalStore } from '../token/renewal-store.js';

/** The helpdesk's files and its own Perl. Adapter: plugin/helpdesk. */
export interface HelpdeskInspector {
  home: string;
  /** From the file RELEASE; null if there is none. */
  release(): Promise<{ product: string; version: string } | null>;
  /** Mode of Kernel/Config.pm; null: not readable. */
  configMode(): Promise<number | null>;
  /** Can the helpdesk's Perl load these modules? Module -> first line of the failure; '' if it can. */
  perlModules(names: string[]): Promise<Record<string, string>>;
  /**
   * Builds the text of an SMTP sign-in as the helpdesk does.
   * @returns why the text is wrong; '' if it is right
   */
  smtpSignInFailure(): Promise<string>;
  /** Decides as the helpdesk's own notice does. */
  daemonRuns(): Promise<boolean>;
  /** The names of token configurations as the helpdesk's Perl lists them through its cache. */
  tokenConfigNames(): Promise<string[]>;
}

/** Adapter: db. */
export interface DatabaseInspector {
  /**
   * `10.11.6-MariaDB`, `8.0.36`. `old`: a warning about a version older than any tested one, otherwise null.
   */
  version(): Promise<{ text: string; old: Phrase | null }>;
  /** The server's clock. */
  now(): Promise<Date>;
  /** Missing rights, such as `UPDATE on oauth2_token`. Tests them with statements that change no row. */
  missingRights(): Promise<string[]>;
  /** Is there a group of this name, valid or not? */
  hasGroup(name: string): Promise<boolean>;
  /**
   * Names of our own migrations that have not run yet.
   * @throws SidecarError schema-unknown
   */
  pendingMigrations(): Promise<string[]>;
}

/** What answered at a URL. `mark`: the sidecar's answer to the nonce. */
export type Echo =
  | { kind: 'sidecar'; mark: string; address: string }
  /** Another program answered, or the sidecar with an error of this code. */
  | { kind: 'other'; status: number; code?: string }
  /** Nothing answered; `code` is Node's or OpenSSL's. */
  | { kind: 'nobody'; code: string };

/** Who answered at a URL, and how. */
export type Reached = { sidecar: boolean; status: number } | { code: string };

export interface SelinuxState {
  /** Not where SELinux is missing, off or permissive. */
  isEnforced: boolean;
  /** Does the policy permit the web server to connect to ports (httpd_can_network_connect)? */
  mayConnect: boolean;
}

/** HTTP as a browser uses it. Adapter: plugin/helpdesk. */
export interface WebServerInspector {
  /**
   * Requests the callback with a nonce.
   * @param forged sent as the header in which the web server passes the browser's address
   */
  echo(url: string, nonce: string, forged?: string): Promise<Echo>;
  /** Sends a request without a session, as a GET or with a form. */
  reach(url: string, form?: string): Promise<Reached>;
  /**
   * Like `echo`, but asks the sidecar itself as the web server would.
   * @param path of the callback
   */
  echoDirectly(path: string, nonce: string): Promise<Echo>;
  /** Where the web server reaches the sidecar: path of a Unix socket, or a URL without a path. */
  sidecarAt: string;
  /**
   * Can the sidecar distinguish the web server from other programs? Not in a configuration of version 0.1.
   */
  isProven: boolean;
  /** Where the rules for this machine's web server belong. */
  rulesFile: string;
  /** Installs them again. */
  rulesCommand: string;
  /** Mode of that file if it contains a secret; null: there is no file, or it contains none. */
  rulesMode(): number | null;
  /** Is SELinux on, which prevents web servers from opening connections? */
  hasSelinux(): boolean;
  selinux(): SelinuxState;
  /** HTTP status of the sidecar's /readyz, or the code that says why nothing answers. */
  readiness(): Promise<{ status: number } | { code: string }>;
  /**
   * Probes the web server's internal listener. `seen`: the address that the helpdesk sees if ours is
   * `address`; `isProven`: the listener is the web server and no other program. null: nothing answers.
   */
  internalListener(address: string): Promise<{ isProven: boolean; seen: string } | null>;
}

/** The code for an endpoint whose address is special and not allowed. */
export const ADDRESS_REFUSED_CODE = 'EADDRESSREFUSED';
/** How the code begins where the proxy refused, before its status: `PROXY 407`. */
export const PROXY_CODE = 'PROXY ';

/**
 * What an endpoint answers to a GET without credentials; any status proves that it is reachable. Adapter:
 * plugin/oauth.
 */
export interface EndpointInspector {
  reach(url: string): Promise<{ status: number } | { code: string }>;
}

/** The state folder; inspecting it does not create it. Adapter: plugin/journal. */
export interface StateFolderInspector {
  folder: string;
  look(): Promise<{
    mode: number;
    /** null: there is no key yet. */
    keyMode: number | null;
    /** In bytes. */
    keySize: number | null;
    writable: boolean;
    waiting: number;
    unreadable: number;
  } | null>;
  /**
   * Writes a file in the folder as the journal does, reads it back and removes it.
   * @returns null if that works, otherwise the code of the failure: ENOSPC, EROFS …; DIFFERENT: the content
   *   read back differs
   */
  probe(): Promise<string | null>;
}

/**
 * Everything that the checks use. Each part is requested only when it is needed, because any may be broken.
 */
export interface DoctorDeps {
  /** The systemd unit of the service: `znuny-oauth2`, or `znuny-oauth2@second` for a second helpdesk. */
  unit: string;
  /**
   * Recognises the helpdesk.
   * @throws SidecarError helpdesk-unsupported
   */
  recognise(): Promise<unknown>;
  helpdesk: HelpdeskInspector;
  abilities(): Promise<Abilities>;
  settings(): Promise<Settings>;
  /**
   * @throws SidecarError helpdesk-unsupported if the tables belong to another product, database-unavailable
   */
  database(): Promise<DatabaseInspector>;
  /** @throws SidecarError token-tables-missing, schema-unknown */
  schema(): Promise<{ notes: string[] }>;
  tokenConfigs(): Promise<TokenConfigStore>;
  overview(): Promise<OverviewStore>;
  renewals(): Promise<Pick<RenewalStore, 'unscheduled' | 'nextDue'>>;
  events(): Promise<Pick<EventStore, 'forget'>>;
  usages(): Promise<UsageStore>;
  alerts(): Promise<Pick<AlertStore, 'health'>>;
  alertChannels(): Promise<Pick<AlertChannels, 'setups'>>;
  mailWatch(): Promise<Pick<MailWatchStore, 'look' | 'mailboxes'>>;
  /** The private keys of client certificates. */
  clientKeys(): Promise<Pick<ClientKeys, 'state'>>;
  /** The private keys of service accounts. */
  serviceAccountKeys(): Promise<Pick<ServiceAccountKeys, 'state'>>;
  passwordUses(): Promise<PasswordUseStore>;
  /** Where SIDECAR_RELAY lets the relay listen, and a client to try it. */
  relay: { places: readonly RelayPlace[]; client(): Promise<Pick<RelayClient, 'greet'>> };
  caches(): Promise<HelpdeskCaches>;
  webServer: WebServerInspector;
  endpoints(): Promise<EndpointInspector>;
  stateFolder: StateFolderInspector;
  clock: Clock;
}
