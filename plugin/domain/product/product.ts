export type ProductId = 'znuny-6' | 'znuny-7' | 'otrs-6' | 'otrs-ce' | 'otobo' | 'unknown';

/** Settings whose names or default values carry the product's name. */
export interface SettingNames {
  /** The setting with the time zone of all dates in the database. */
  readonly timeZone: string;
  /** Default of SessionName: the cookie of agents. */
  readonly sessionCookie: string;
  /** Default of ScriptAlias: the folder of the scripts at the web server. */
  readonly scriptAlias: string;
  /** `<PREFIX_FQDN>` in a text stands for the value of the setting FQDN. */
  readonly referencePrefix: string;
  /** How the comment of a deployment begins that did not succeed. */
  readonly failedDeployment: string;
}

/** The screens for OAuth2 that the product brings along. */
export interface BuiltInScreens {
  /** Its Action, and its name in `Frontend::Module`. */
  readonly action: string;
  /** The script to which providers send their answers. It is registered there, so it never changes. */
  readonly callback: string;
}

/** Packages of the product's own package manager (.opm). */
export interface Packages {
  /** Name of the root element. */
  readonly root: string;
  /** Versions of the helpdesk for which the add-on is made, `6.0` for 6.0.x. */
  readonly frameworks: readonly string[];
}

/** Everything that the sidecar knows about one member of the helpdesk family. */
export interface Product {
  readonly id: ProductId;
  /** As people call it. */
  readonly name: string;
  /**
   * What the sidecar may do beside it. `nothing`: no statement but SELECT reaches its database, and no file is changed.
   * `monitor`: it reads and reports; no product has this yet, and until one has, it is refused like `nothing`.
   */
  readonly support: 'all' | 'monitor' | 'nothing';
  /** What an admin can do where the sidecar does not support the product; null where it does. In English: without a supported helpdesk nobody is logged in. */
  readonly remedy: string | null;
  /** Where packages and manuals put it, the most usual place first. */
  readonly homes: readonly string[];
  /** First part of the names of its scripts (`bin/otrs.Console.pl`). An update may leave the older ones behind, so the newest come first. */
  readonly scripts: readonly string[];
  /** Names of its table of groups, the newest first. */
  readonly groupTables: readonly string[];
  readonly settings: SettingNames;
  /** null: it has none. */
  readonly screens: BuiltInScreens | null;
  readonly packages: Packages | null;
  /**
   * Where its mail accounts keep their tokens. `znuny`: oauth2_token with token_config_id; `community-edition`: oauth2_token with
   * config_id; `add-on`: a table of an add-on; null: not known.
   */
  readonly tokens: 'znuny' | 'community-edition' | 'add-on' | null;
}
