import type { Clock } from '../clock.js';
import type { TokenConfigStore } from '../configuration/token-config-store.js';
import type { Abilities } from '../helpdesk/abilities.js';
import type { HelpdeskCaches } from '../helpdesk/caches.js';
import type { Settings } from '../helpdesk/settings.js';
import type { UsageStore } from '../mailbox/usage.js';
import type { EventStore } from '../token/event-store.js';
import type { OverviewStore } from '../token/overview.js';
import type { RenewalStore } from '../token/renewal-store.js';

/** The helpdesk's files and its own Perl. Adapter: plugin/helpdesk. */
export interface HelpdeskInspector {
  home: string;
  /** From the file RELEASE; null where there is none. */
  release(): Promise<{ product: string; version: string } | null>;
  /** Mode of Kernel/Config.pm; null: not readable. */
  configMode(): Promise<number | null>;
  /** Can the helpdesk's Perl load them? Module -> first line of the failure; '' where it can. */
  perlModules(names: string[]): Promise<Record<string, string>>;
  /** Makes the text of an SMTP sign-in as the helpdesk does. @returns why it is not as it should be; '' where it is */
  smtpSignInFailure(): Promise<string>;
  /** As the helpdesk's own notice decides it. */
  daemonRuns(): Promise<boolean>;
  /** Names of token configurations as the helpdesk's Perl lists them, by way of its cache. */
  tokenConfigNames(): Promise<string[]>;
}

/** Adapter: db. */
export interface DatabaseInspector {
  /** `10.11.6-MariaDB`, `8.0.36`. */
  version(): Promise<string>;
  /** The server's clock. */
  now(): Promise<Date>;
  /** Rights that are missing, as `UPDATE on oauth2_token`. Asks by statements that change no row. */
  missingRights(): Promise<string[]>;
  /** Is there a group of this name, valid or not? */
  hasGroup(name: string): Promise<boolean>;
  /** Names of our own migrations that have not run yet. @throws SidecarError schema-unknown */
  pendingMigrations(): Promise<string[]>;
}

/** What answered at an address. `mark`: the sidecar's answer to the nonce. */
export type Echo =
  | { kind: 'sidecar'; mark: string; address: string }
  /** Somebody else answered, or the sidecar with an error of this code. */
  | { kind: 'other'; status: number; code?: string }
  /** Nobody answered; `code` of Node or OpenSSL. */
  | { kind: 'nobody'; code: string };

/** Who answered at an address, and how. */
export type Reached = { sidecar: boolean; status: number } | { code: string };

/** HTTP as a browser would speak it. Adapter: plugin/helpdesk. */
export interface WebServerInspector {
  /** Asks for the callback with a nonce. @param forged sent as the header by which the web server tells the browser's address */
  echo(url: string, nonce: string, forged?: string): Promise<Echo>;
  /** Asks without a session, as a GET or with a form. */
  reach(url: string, form?: string): Promise<Reached>;
  /** The same as `echo`, asked at the sidecar itself as the web server would. @param path of the callback */
  echoDirectly(path: string, nonce: string): Promise<Echo>;
  /** Where the web server reaches the sidecar: path of a Unix socket, or a URL without a path. */
  sidecarAt: string;
  /** Does the sidecar know the web server from any other program? Not in a configuration of version 0.1. */
  isProven: boolean;
  /** Where the rules for this machine's web server belong. */
  rulesFile: string;
  /** Mode of that file where it holds a secret; null: there is none, or it holds none. */
  rulesMode(): number | null;
  /** Is SELinux on, which keeps web servers from connecting to anybody? */
  hasSelinux(): boolean;
  /** HTTP status of the sidecar's /readyz, or the code of why nobody answers. */
  readiness(): Promise<{ status: number } | { code: string }>;
  /**
   * Asks the web server's internal listener. `seen`: the address that the helpdesk sees where ours is `address`;
   * `isProven`: it is the web server and no other program. null: nobody answers.
   */
  internalListener(address: string): Promise<{ isProven: boolean; seen: string } | null>;
}

/** The code where the address of an endpoint is special and not allowed. */
export const ADDRESS_REFUSED_CODE = 'EADDRESSREFUSED';

/** What an endpoint answered to a GET without credentials; any status proves that it is reached. Adapter: plugin/oauth. */
export interface EndpointInspector {
  reach(url: string): Promise<{ status: number } | { code: string }>;
}

/** The state folder, which is never made by a look. Adapter: plugin/journal. */
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
   * Writes a file there as the journal does, reads it back and removes it.
   * @returns null where that works, else the code of what failed: ENOSPC, EROFS …; DIFFERENT: another content came back
   */
  probe(): Promise<string | null>;
}

/** Everything that the checks ask; each part is only asked for when it is needed, because any may be broken. */
export interface DoctorDeps {
  /** What this helpdesk is. @throws SidecarError helpdesk-unsupported */
  recognise(): Promise<unknown>;
  helpdesk: HelpdeskInspector;
  abilities(): Promise<Abilities>;
  settings(): Promise<Settings>;
  /** @throws SidecarError helpdesk-unsupported where the tables belong to another product, database-unavailable */
  database(): Promise<DatabaseInspector>;
  /** @throws SidecarError token-tables-missing, schema-unknown */
  schema(): Promise<{ notes: string[] }>;
  tokenConfigs(): Promise<TokenConfigStore>;
  overview(): Promise<OverviewStore>;
  renewals(): Promise<Pick<RenewalStore, 'unscheduled' | 'nextDue'>>;
  events(): Promise<Pick<EventStore, 'forget'>>;
  usages(): Promise<UsageStore>;
  caches(): Promise<HelpdeskCaches>;
  webServer: WebServerInspector;
  endpoints(): Promise<EndpointInspector>;
  stateFolder: StateFolderInspector;
  clock: Clock;
}
