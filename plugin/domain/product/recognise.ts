import { SidecarError } from '../../errors.js';
import type { Product, TokenColumns } from './product.js';
import {
  COMMUNITY_EDITION,
  EARLY_COMMUNITY_EDITION,
  OTOBO,
  OTRS_6,
  UNKNOWN,
  ZNUNY_6,
  ZNUNY_7,
} from './records.js';

/**
 * The content of the file RELEASE: `Znuny` and `6.5.15`. Sources from a repository have `6.5.x` or `6.0.x
 * git`.
 */
export interface Release {
  product: string;
  version: string;
}

/** What the helpdesk's folder contains. */
export interface HomeFacts {
  home: string;
  /** null: there is no file RELEASE. */
  release: Release | null;
  /** First parts of the names of the console scripts that exist. */
  scripts: readonly string[];
  /** It has modules for token configurations. */
  storesTokens: boolean;
}

/** Column names by table, for the tables that the database user may see. */
export type TableFacts = ReadonlyMap<string, { has(column: string): boolean }>;

const refusal = (what: string, remedy: string | null): SidecarError =>
  new SidecarError('helpdesk-unsupported', { detail: remedy === null ? [what] : [what, remedy] });

/** OTRS AG's last free version; later versions under this name are Centuran's. */
const LAST_FREE_OTRS = 30;

/** The first version of Centuran's that stores tokens. */
const FIRST_WITH_TOKENS = 37;

/**
 * The record that a helpdesk's folder stands for, supported or not. The sources of every version of Centuran's say
 * `6.0.x git`: there the modules decide.
 */
export function productOf({ product, version }: Release, storesTokens: boolean): Product {
  const [, major = '', minor = '', patch = ''] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  if (/^otobo\b/i.test(product)) return OTOBO;
  if (/^znuny\b/i.test(product)) return major === '6' ? ZNUNY_6 : major === '7' ? ZNUNY_7 : UNKNOWN;
  if (major !== '6' || minor !== '0') return UNKNOWN;
  if (/^otrs\b/i.test(product)) return OTRS_6;
  if (!/^\(\(otrs\)\) community edition/i.test(product)) return UNKNOWN;
  if (patch !== '' && Number(patch) <= LAST_FREE_OTRS) return OTRS_6;
  return storesTokens && (patch === '' || Number(patch) >= FIRST_WITH_TOKENS)
    ? COMMUNITY_EDITION
    : EARLY_COMMUNITY_EDITION;
}

/**
 * Recognises the helpdesk by its folder, before its database is opened and before anything is written.
 * @throws SidecarError helpdesk-unsupported, which names the product and says what to do
 */
export function recogniseByHome({ home, release, scripts, storesTokens }: HomeFacts): Product {
  if (release === null)
    throw refusal(
      `There is no file RELEASE in ${home}, so nothing says which helpdesk this is.`,
      UNKNOWN.remedy,
    );
  const product = productOf(release, storesTokens);
  const called = `${release.product} ${release.version}`;
  if (product.support !== 'all') throw refusal(`The helpdesk in ${home} is ${called}.`, product.remedy);
  const foreign = scripts.find((name) => name === 'otobo' && !product.scripts.includes(name));
  if (foreign)
    throw refusal(
      `The file RELEASE in ${home} says ${called}, but the scripts there belong to ${OTOBO.name}.`,
      OTOBO.remedy,
    );
  return product;
}

/** A product whose tables differ from those of Znuny and OTRS 6, and the names that reveal it. */
export interface ForeignTables {
  product: Product;
  names: string[];
}

/** Where the names of columns differ. */
const TOKEN_COLUMNS: readonly { table: string; column: (of: TokenColumns | null) => string }[] = [
  { table: 'oauth2_token', column: (of) => of?.tokenConfig ?? '' },
  { table: 'mail_account', column: (of) => of?.signIn ?? '' },
];

/**
 * Returns whose tables these are if they are neither Znuny's nor OTRS 6's. A helpdesk that was updated from
 * ((OTRS)) Community Edition may keep its columns beside Znuny's, so they count only if Znuny's are missing.
 */
export function foreignTables(tables: TableFacts): ForeignTables | null {
  if (tables.has('groups_table')) return { product: OTOBO, names: ['groups_table'] };
  const names = TOKEN_COLUMNS.flatMap(({ table, column }) => {
    const columns = tables.get(table);
    const [theirs, ours] = [column(COMMUNITY_EDITION.columns), column(ZNUNY_6.columns)];
    return columns?.has(theirs) && !columns.has(ours) ? [`${table}.${theirs}`] : [];
  });
  return names.length > 0 ? { product: COMMUNITY_EDITION, names } : null;
}

/**
 * Compares the tables with the product found in the folder, before anything is written.
 * @throws SidecarError helpdesk-unsupported if the two contradict each other
 * @throws SidecarError schema-unknown if the database contains no helpdesk
 */
export function compareTables(product: Product, tables: TableFacts): void {
  if (!tables.has('sysconfig_deployment'))
    throw new SidecarError('schema-unknown', {
      detail: tables.has('users')
        ? `Tables are missing: sysconfig_deployment. ${OR_HIDDEN}`
        : 'This database holds no helpdesk: the tables users and sysconfig_deployment are missing.',
    });
  if (product === COMMUNITY_EDITION) requireColumns(product, tables);
  const foreign = foreignTables(tables);
  if (foreign === null || foreign.product === product) return;
  const { product: theirs, names } = foreign;
  throw refusal(
    `The file RELEASE says ${product.name}, but the database has tables of ${theirs.name} (${names.join(', ')}).`,
    theirs === COMMUNITY_EDITION
      ? 'The update to Znuny did not convert these columns. docs/troubleshooting.md says how to rename them.'
      : theirs.remedy,
  );
}

/** @throws SidecarError helpdesk-unsupported if the tables lack columns of this product */
function requireColumns({ name, columns }: Product, tables: TableFacts): void {
  const missing = TOKEN_COLUMNS.flatMap(({ table, column }) =>
    tables.get(table)?.has(column(columns)) ? [] : [`${table}.${column(columns)}`],
  );
  if (missing.length > 0)
    throw refusal(
      `The file RELEASE says ${name}, but columns of its database are missing: ${missing.join(', ')}.`,
      `The update to this version did not finish. Run its migration script to the end. ${OR_HIDDEN}`,
    );
}

/** A server shows a user only the tables on which the user has rights. */
export const OR_HIDDEN =
  'If they are there: "znuny-oauth2 install" gives the sidecar\'s own database user the right to read them.';
