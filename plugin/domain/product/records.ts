import type { BuiltInScreens, Packages, Product, SettingNames, TokenColumns } from './product.js';

function frozen<T extends object>(record: T): T {
  for (const value of Object.values(record)) if (typeof value === 'object' && value !== null) frozen(value);
  return Object.freeze(record);
}

const OTRS_SETTINGS = {
  timeZone: 'OTRSTimeZone',
  sessionCookie: 'OTRSAgentInterface',
  scriptAlias: 'otrs/',
  referencePrefix: 'OTRS_CONFIG_',
  failedDeployment: 'OTRSInvalid-',
} as const satisfies SettingNames;

const CALLBACK = 'get-oauth2-token-by-authorization-code.pl';
const ZNUNY_SCREENS = {
  action: 'AdminOAuth2TokenManagement',
  callback: CALLBACK,
  templates: 'scripts/OAuth2TokenManagement/TokenConfigTemplates',
} as const satisfies BuiltInScreens;
const ZNUNY_COLUMNS = {
  tokenConfig: 'token_config_id',
  signIn: 'authentication_type',
} as const satisfies TokenColumns;

/** One package for all supported products. */
const OTRS_PACKAGES = {
  root: 'otrs_package',
  frameworks: ['6.0', '6.1', '6.2', '6.3', '6.4', '6.5', '7.0', '7.1', '7.2', '7.3'],
} as const satisfies Packages;

/**
 * What the supported products have in common, for code that runs before the product is known or works
 * the same with each. A supported product that differs gets its own field, and this code then reads its
 * record. The sidecar's screens have Znuny's Action everywhere: where the product has no screens of this name,
 * the add-on registers them.
 */
export const COMMON = frozen({
  settings: OTRS_SETTINGS,
  screens: ZNUNY_SCREENS,
  packages: OTRS_PACKAGES,
  groupTables: ['permission_groups', 'groups'],
  columns: ZNUNY_COLUMNS,
  /** Names of the setting that says how outbound mail signs in. A helpdesk has one of them. */
  outboundSignIn: ['SendmailModule::AuthenticationType', 'SendmailModule::AuthenticationMethod'],
  /** For examples in help and messages. */
  exampleHome: '/opt/znuny',
  otherExampleHome: '/opt/otrs',
} as const);

const family = (
  record: Omit<Product, 'groupTables' | 'settings' | 'packages' | 'screens' | 'columns' | 'cachesTokens'>,
): Product => frozen({ ...COMMON_FIELDS, ...record });

const COMMON_FIELDS = {
  groupTables: COMMON.groupTables,
  settings: COMMON.settings,
  screens: COMMON.screens,
  packages: COMMON.packages,
  columns: COMMON.columns,
  cachesTokens: false,
};

/** Znuny 6.0 to 6.5. 6.0 to 6.2 cannot store tokens until `migrate` or `install` adds the tables. */
export const ZNUNY_6 = family({
  id: 'znuny-6',
  name: 'Znuny',
  support: 'all',
  remedy: null,
  homes: ['/opt/znuny', '/opt/otrs', '/usr/share/otrs', '/usr/share/znuny'],
  scripts: ['znuny', 'otrs'],
});

/** Znuny 7: scripts, folder and database have the new name since 7.1. */
export const ZNUNY_7 = frozen<Product>({ ...ZNUNY_6, id: 'znuny-7' });

/** The free OTRS 6 of OTRS AG, up to 6.0.30. */
export const OTRS_6 = frozen<Product>({
  ...ZNUNY_6,
  id: 'otrs-6',
  name: 'OTRS',
  homes: ['/opt/otrs', '/usr/share/otrs'],
  scripts: ['otrs'],
  groupTables: ['groups'],
});

/**
 * ((OTRS)) Community Edition 6.0.37 and newer, released by Centuran. Its tables have Znuny's names and other
 * columns.
 */
export const COMMUNITY_EDITION = frozen<Product>({
  ...OTRS_6,
  id: 'otrs-ce',
  name: '((OTRS)) Community Edition',
  screens: {
    action: 'AdminOAuth2TokenConfig',
    callback: CALLBACK,
    templates: 'scripts/OAuth2TokenConfig/TokenConfigTemplates',
  },
  columns: { tokenConfig: 'config_id', signIn: 'auth_method' },
  cachesTokens: true,
});

/**
 * Centuran's 6.0.31 to 6.0.36, which store no tokens. Their update would skip tables made for them here and then
 * lack its columns.
 */
export const EARLY_COMMUNITY_EDITION = frozen<Product>({
  ...COMMUNITY_EDITION,
  id: 'otrs-ce-early',
  support: 'nothing',
  remedy: 'It stores tokens since 6.0.37. Update it to that version or newer, or to Znuny 6.5.',
  screens: null,
  columns: null,
});

/**
 * OTOBO 10 and 11, which sign in with passwords only. The add-on MailAccount-OAuth2 adds account types (`IMAPOAuth2`),
 * a table of refresh tokens without times (`auth_token`), and settings with the clients; the access token is only in the
 * helpdesk's cache. So there is no token whose end could be read, and nothing that could be written to renew one.
 * What can be read is what its fetches reported: the tables of the communication log are Znuny's. docs/architecture.md
 * says more.
 */
export const OTOBO = frozen<Product>({
  id: 'otobo',
  name: 'OTOBO',
  support: 'nothing',
  remedy:
    'Keep using the add-on MailAccount-OAuth2, which OTOBO has for this purpose, or let its mail accounts sign in with a password at a relay without a helpdesk (docs/relay.md).',
  homes: ['/opt/otobo'],
  scripts: ['otobo'],
  groupTables: ['groups_table'],
  settings: {
    timeZone: 'OTOBOTimeZone',
    sessionCookie: 'OTOBOAgentInterface',
    scriptAlias: 'otobo/',
    referencePrefix: 'OTOBO_CONFIG_',
    failedDeployment: 'OTOBOInvalid-',
  },
  screens: null,
  packages: { root: 'otobo_package', frameworks: [] },
  columns: null,
  cachesTokens: false,
});

/**
 * No helpdesk: the sidecar works alone, as a relay, with a database of its own that has Znuny's tables as far as the
 * sidecar uses them (db/own-tables.ts). Never recognised; the configuration says so (HELPDESK_HOME=none).
 */
export const NO_HELPDESK = frozen<Product>({
  ...ZNUNY_6,
  id: 'none',
  name: 'no helpdesk',
  homes: [],
  scripts: [],
  screens: null,
  packages: null,
});

/** Value of HELPDESK_HOME for NO_HELPDESK. */
export const NO_HOME = 'none';

/** Any other product. */
export const UNKNOWN = frozen<Product>({
  id: 'unknown',
  name: '',
  support: 'nothing',
  remedy:
    'The sidecar supports Znuny 6.0 to 7, OTRS 6 and ((OTRS)) Community Edition 6.0.37 and newer. If another folder holds the helpdesk, give it with --home. A newer version of the sidecar may know this helpdesk. Mail accounts of any program can sign in with a password at a relay without a helpdesk (docs/relay.md).',
  homes: [],
  scripts: [],
  groupTables: [],
  settings: OTRS_SETTINGS,
  screens: null,
  packages: null,
  columns: null,
  cachesTokens: false,
});

export const PRODUCTS: readonly Product[] = Object.freeze([
  ZNUNY_6,
  ZNUNY_7,
  OTRS_6,
  COMMUNITY_EDITION,
  EARLY_COMMUNITY_EDITION,
  OTOBO,
  UNKNOWN,
]);

/** The products that the sidecar works with. */
export const SUPPORTED: readonly Product[] = Object.freeze(
  PRODUCTS.filter(({ support }) => support === 'all'),
);

/** Actions of their own OAuth2 screens, which the add-on closes. */
export const BUILT_IN_ACTIONS: readonly string[] = Object.freeze([
  ...new Set(SUPPORTED.flatMap(({ screens }) => (screens ? [screens.action] : []))),
]);
