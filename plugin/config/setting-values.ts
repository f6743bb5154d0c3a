import { COMMON } from '../domain/product/records.js';

/**
 * Values of the helpdesk's settings. A scalar is always text, because Perl makes no difference between 1 and '1'; `undef`
 * is null.
 */
export type SettingValue = string | null | SettingValue[] | SettingHash;
export interface SettingHash {
  [key: string]: SettingValue;
}

export const isHash = (value: unknown): value is SettingHash =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where the helpdesk's settings come from: its own Perl (perl-settings.ts), or a file (given-settings.ts). */
export interface SettingsSource {
  /**
   * All settings, assembled: `{ FQDN: '…', 'Frontend::Module': { AdminX: {…} } }`.
   * @param deployment the text of the newest deployment, where the settings without it came from an older one
   * @throws SidecarError config-unreadable
   */
  read(deployment?: string): Promise<SettingHash>;
  /** The helpdesk's own copy of the newest deployment (Perl text); null where there is none. */
  deployment(): string | null;
  /** Changes when a file that they come from was written, added or removed. */
  fingerprint(): string;
}

/** The setting that says which deployment the others come from. */
export const DEPLOYMENT_ID = 'CurrentDeploymentID';

/** In a text: stands for the value of another setting, whose name it captures. */
export const REFERENCE = new RegExp(`<${COMMON.settings.referencePrefix}(.+?)>`, 'g');
