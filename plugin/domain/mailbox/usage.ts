import type { TokenConfig } from '../configuration/token-config.js';
import type { Settings } from '../helpdesk/settings.js';

/** What uses a configuration. */
export interface Usage {
  mailAccounts: {
    id: number;
    login: string;
    host: string;
    type: string;
    folder: string;
    /** It signs in at the relay with a password, and the relay uses the token. */
    relayed?: true;
  }[];
  /** Outbound SMTP refers to it by name (SendmailModule::OAuth2TokenConfigName). */
  smtp: boolean;
  /** Outbound email profiles (Znuny 7.3 and newer); a helpdesk may have several. */
  profiles: { id: number; module: string; host: string }[];
  webServices: { id: number; name: string }[];
  /** Programs that use the token through the relay. */
  relayPasswords: { id: number; login: string; client: string }[];
}

export const NO_USAGE: Usage = {
  mailAccounts: [],
  smtp: false,
  profiles: [],
  webServices: [],
  relayPasswords: [],
};

export const isUsed = ({ mailAccounts, smtp, profiles, webServices, relayPasswords }: Usage): boolean =>
  smtp || mailAccounts.length + profiles.length + webServices.length + relayPasswords.length > 0;

/** Mail accounts to which the helpdesk itself gives the token. */
export const ownAccounts = ({ mailAccounts }: Usage): Usage['mailAccounts'] =>
  mailAccounts.filter(({ relayed }) => !relayed);

/** The mail servers that get the token from the helpdesk; its settings name the one for outbound mail. */
export const serversOf = (usage: Usage, settings: Pick<Settings, 'text'>): string[] => [
  ...[...ownAccounts(usage), ...usage.profiles].map(({ host }) => host),
  ...(usage.smtp ? [settings.text('SendmailModule::Host')] : []),
];

export interface UsageStore {
  /** For the configurations of one page, with a fixed number of queries. SMTP comes from the settings. */
  of(configs: Pick<TokenConfig, 'id' | 'name'>[]): Promise<Map<number, Usage>>;
}
