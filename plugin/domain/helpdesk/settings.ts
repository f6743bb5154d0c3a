/** The deployed settings that the sidecar reads: plain values, with defaults applied. */
export interface Settings {
  /** Number of the newest deployment; changes with each deployment. */
  deploymentId: number;
  /**
   * Any setting by its full name; hash settings are assembled (`Frontend::Module` -> {AdminX: …}). undefined:
   * missing or disabled.
   */
  get(name: string): unknown;
  /** As text, or the default if it is missing or not a scalar. */
  text(name: string, fallback?: string): string;
  /** As a number, or the default. */
  number(name: string, fallback: number): number;
  /** By the helpdesk's rule: '' and '0' are false, any other value is true. The default if it is missing. */
  flag(name: string, fallback: boolean): boolean;
}

/**
 * Not a setting of the helpdesk: the registration of the screens with the groups that the admin has set. The
 * add-on replaces these groups in `Frontend::Module` to close the built-in module. The settings of
 * sysconfig/settings-reader.ts provide it.
 */
export const SCREEN_RIGHTS = 'OAuth2Sidecar::ScreenRights';

/** The deployed SysConfig, assembled; never older than about a second. */
export interface SettingsReader {
  current(): Promise<Settings>;
}
