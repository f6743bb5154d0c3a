import { COMMON } from '../domain/product/records.js';
import { isRecord } from '../lib/is-record.js';

/**
 * Values of the helpdesk's settings. A scalar is always a string, because Perl does not distinguish 1 from
 * '1'; `undef` is null.
 */
export type SettingValue = string | null | SettingValue[] | SettingHash;
export interface SettingHash {
  [key: string]: SettingValue;
}

export const isHash = (value: unknown): value is SettingHash => isRecord(value);

/**
 * Where the helpdesk's settings come from: its own Perl (perl-settings.ts), or a file (given-settings.ts).
 */
export interface SettingsSource {
  /**
   * All settings, assembled: `{ FQDN: '…', 'Frontend::Module': { AdminX: {…} } }`.
   * @param deployment the text of the newest deployment, if the settings read without it came from an older
   *   one
   * @throws SidecarError config-unreadable
   */
  read(deployment?: string): Promise<SettingHash>;
  /** The helpdesk's own copy of the newest deployment (Perl text); null if there is none. */
  deployment(): string | null;
  /** Changes when a file that the settings come from was written, added or removed. */
  fingerprint(): string;
}

/** The setting that says which deployment the others come from. */
export const DEPLOYMENT_ID = 'CurrentDeploymentID';

/** A reference in a text to the value of another setting, whose name it captures. */
export const REFERENCE = new RegExp(`<${COMMON.settings.referencePrefix}(.+?)>`, 'g');
