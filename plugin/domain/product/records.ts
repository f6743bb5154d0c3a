import type { Product } from './product.js';

const frozen = (product: Product): Product => {
  for (const value of Object.values(product)) if (Array.isArray(value)) Object.freeze(value);
  return Object.freeze(product);
};

/** Znuny 6.0 to 6.5. 6.0 to 6.2 have no place for tokens until `migrate` or `install` is asked to add one. */
export const ZNUNY_6 = frozen({
  id: 'znuny-6',
  name: 'Znuny',
  support: 'all',
  remedy: null,
  homes: ['/opt/znuny', '/opt/otrs', '/usr/share/otrs', '/usr/share/znuny'],
  scripts: ['znuny', 'otrs'],
});

/** Znuny 7: scripts, folder and database carry the new name since 7.1. */
export const ZNUNY_7 = frozen({ ...ZNUNY_6, id: 'znuny-7' });

/** The free OTRS 6 of OTRS AG, up to 6.0.30. */
export const OTRS_6 = frozen({
  ...ZNUNY_6,
  id: 'otrs-6',
  name: 'OTRS',
  homes: ['/opt/otrs', '/usr/share/otrs'],
  scripts: ['otrs'],
});

/**
 * ((OTRS)) Community Edition, which Centuran has released since 6.0.31. From 6.0.37 on it has tables of Znuny's names with
 * other columns. Before, it has none; tables made for it would be skipped by its own update, which then lacks its columns.
 */
export const OTRS_CE = frozen({
  ...OTRS_6,
  id: 'otrs-ce',
  name: '((OTRS)) Community Edition',
  support: 'nothing',
  remedy: 'Keep using its own screen for OAuth2. To use the sidecar, update the helpdesk to Znuny 6.5 first.',
});

/** OTOBO 10 and 11. An add-on keeps the tokens of its mail accounts, in a table and in settings of its own. */
export const OTOBO = frozen({
  id: 'otobo',
  name: 'OTOBO',
  support: 'nothing',
  remedy: 'Keep using the add-on MailAccount-OAuth2, which OTOBO has for this purpose.',
  homes: ['/opt/otobo'],
  scripts: ['otobo'],
});

/** Whatever is none of the others. */
export const UNKNOWN = frozen({
  id: 'unknown',
  name: '',
  support: 'nothing',
  remedy:
    'The sidecar supports Znuny 6.0 to 7 and OTRS 6. If another folder holds the helpdesk, give it with --home. A newer version of the sidecar may know this helpdesk.',
  homes: [],
  scripts: [],
});

export const PRODUCTS: readonly Product[] = [ZNUNY_6, ZNUNY_7, OTRS_6, OTRS_CE, OTOBO, UNKNOWN];
