export type ProductId =
  | 'znuny-6'
  | 'znuny-7'
  | 'otrs-6'
  | 'otrs-ce'
  | 'otrs-ce-early'
  | 'otobo'
  | 'unknown'
  | 'none';

/** Settings whose names or default values contain the product's name. */
export interface SettingNames {
  /** The setting with the time zone of all dates in the database. */
  readonly timeZone: string;
  /** Default of SessionName: the agents' cookie. */
  readonly sessionCookie: string;
  /** Default of ScriptAlias: the folder of the scripts at the web server. */
  readonly scriptAlias: string;
  /** `<PREFIX_FQDN>` in a text stands for the value of the setting FQDN. */
  readonly referencePrefix: string;
  /** How the comment of a failed deployment begins. */
  readonly failedDeployment: string;
}

/** The product's own OAuth2 screens. */
export interface BuiltInScreens {
  /** Its Action, and its name in `Frontend::Module`. */
  readonly action: string;
  /** The script to which providers send their answers. It is registered there, so it never changes. */
  readonly callback: string;
  /** Folder of its templates for configurations, below its home. */
  readonly templates: string;
}

/** Names of the columns for tokens that differ between the products whose tables the sidecar uses. */
export interface TokenColumns {
  /** In `oauth2_token`: the configuration that the token belongs to. */
  readonly tokenConfig: string;
  /** In `mail_account`: how it signs in, `oauth2_token` if with a token. */
  readonly signIn: string;
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
  /** Its common name. */
  readonly name: string;
  /**
   * What the sidecar may do with it. `nothing`: only SELECT statements reach its database, and no file is
   * changed. `monitor`: it reads and reports; no product has this yet, and until one does, it is refused like
   * `nothing`.
   */
  readonly support: 'all' | 'monitor' | 'nothing';
  /**
   * What an admin can do if the sidecar does not support the product; null if it does. In English: without a
   * supported helpdesk nobody is logged in.
   */
  readonly remedy: string | null;
  /** Where packages and manuals install it, the most common place first. */
  readonly homes: readonly string[];
  /**
   * First part of the names of its scripts (`bin/otrs.Console.pl`). An update may leave the older ones
   * behind, so the newest come first.
   */
  readonly scripts: readonly string[];
  /** Names of its table of groups, the newest first. */
  readonly groupTables: readonly string[];
  readonly settings: SettingNames;
  /** null: it has none. */
  readonly screens: BuiltInScreens | null;
  readonly packages: Packages | null;
  /** It caches each token for hours, not only lists of them. */
  readonly cachesTokens: boolean;
  /** Its columns for tokens; null: it keeps none, or elsewhere. */
  readonly columns: TokenColumns | null;
}
