/** The deployed settings that the sidecar reads. Plain values, already defaulted. */
export interface Settings {
  /** Number of the newest deployment; changes when something was deployed. */
  deploymentId: number;
  /** Any setting by its full name; hash settings are assembled (`Frontend::Module` -> {AdminX: …}). undefined: absent or switched off. */
  get(name: string): unknown;
  /** As text, or the default where it is absent or not a scalar. */
  text(name: string, fallback?: string): string;
  /** As a number, or the default. */
  number(name: string, fallback: number): number;
  /** The helpdesk's truth: absent, '' and '0' are false. */
  flag(name: string, fallback: boolean): boolean;
}

/**
 * Not a setting of the helpdesk: the registration of the screens with the groups that the admin has set, which the add-on
 * covers in `Frontend::Module` to close the built-in module. Settings of sysconfig/settings-reader.ts answer it.
 */
export const SCREEN_RIGHTS = 'OAuth2Sidecar::ScreenRights';

/** The deployed SysConfig, assembled; never older than about a second. */
export interface SettingsReader {
  current(): Promise<Settings>;
}
