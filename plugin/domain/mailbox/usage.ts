import type { TokenConfig } from '../configuration/token-config.js';
import type { Settings } from '../helpdesk/settings.js';

/** What uses a configuration. */
export interface Usage {
  mailAccounts: { id: number; login: string; host: string; type: string; folder: string }[];
  /** Outbound SMTP refers to it by name (SendmailModule::OAuth2TokenConfigName). */
  smtp: boolean;
  /** Outbound email profiles (Znuny 7.3 and newer); a helpdesk may have several. */
  profiles: { id: number; module: string; host: string }[];
  webServices: { id: number; name: string }[];
}

export const NO_USAGE: Usage = { mailAccounts: [], smtp: false, profiles: [], webServices: [] };

export const isUsed = ({ mailAccounts, smtp, profiles, webServices }: Usage): boolean =>
  smtp || mailAccounts.length + profiles.length + webServices.length > 0;

/** The mail servers that get the token; the helpdesk's settings name the one for outbound mail. */
export const serversOf = (
  { mailAccounts, profiles, smtp }: Usage,
  settings: Pick<Settings, 'text'>,
): string[] => [
  ...[...mailAccounts, ...profiles].map(({ host }) => host),
  ...(smtp ? [settings.text('SendmailModule::Host')] : []),
];

export interface UsageStore {
  /** For the configurations of one page, with a fixed number of queries. SMTP comes from the settings. */
  of(configs: Pick<TokenConfig, 'id' | 'name'>[]): Promise<Map<number, Usage>>;
}
