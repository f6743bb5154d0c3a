import type { TokenColumns } from '../plugin/domain/product/product.js';
import { OR_HIDDEN } from '../plugin/domain/product/recognise.js';
import { COMMON } from '../plugin/domain/product/records.js';
import { SidecarError } from '../plugin/errors.js';
import type { ColumnReader } from './columns.js';
import { CONFIG_COLUMNS } from './repositories/token-config-row.js';
import { TOKEN_COLUMNS } from './repositories/token-row.js';
import { foreignTokenTables } from './schema-variants.js';
import { missingTokenTables } from './token-tables.js';

/** Columns that the sidecar cannot work without. The order decides which fault is reported first. */
const needed = ({ tokenConfig, signIn }: TokenColumns): Record<string, readonly string[]> => ({
  sysconfig_deployment: ['id', 'comments', 'user_id', 'effective_value'],
  oauth2_token_config: CONFIG_COLUMNS,
  oauth2_token: [tokenConfig, ...TOKEN_COLUMNS, 'create_time', 'create_by', 'change_by'],
  mail_account: ['id', 'login', 'host', 'account_type', signIn, 'oauth2_token_config_id'],
  gi_webservice_config: ['id', 'name', 'config'],
  users: ['id', 'login', 'valid_id'],
  valid: ['id', 'name'],
  group_user: ['user_id', 'group_id', 'permission_key'],
  group_role: ['role_id', 'group_id', 'permission_key', 'permission_value'],
  role_user: ['user_id', 'role_id'],
  roles: ['id', 'valid_id'],
});

/** Columns that are narrower in older helpdesks than real tokens can be. */
const ROOMY: [table: string, column: string, characters: number][] = [
  ['oauth2_token', 'token', 4096],
  ['oauth2_token', 'refresh_token', 4096],
  ['oauth2_token_config', 'config', 16_000],
];

export type GroupTable = (typeof COMMON.groupTables)[number];

export interface SchemaReport {
  /** The table of groups. */
  groupTable: GroupTable;
  /** Sentences about what works only partly. */
  notes: string[];
}

/**
 * Compares the tables with those that this version knows.
 * @param own the columns of the helpdesk's product
 * @throws SidecarError token-tables-missing, schema-unknown, which say what is missing and what that means
 */
export async function checkSchema(
  columns: ColumnReader,
  own: TokenColumns = COMMON.columns,
): Promise<SchemaReport> {
  const tables = await columns.columns();
  const needs = needed(own);
  const missingTables = Object.keys(needs).filter((table) => !tables.has(table));
  if (missingTables.includes('sysconfig_deployment') && missingTables.includes('users'))
    throw unknown('This database holds no helpdesk: the tables users and sysconfig_deployment are missing.');
  const foreign = foreignTokenTables(tables, own);
  if (foreign) throw unknown(foreign);
  const tokenTables = tables.has('mail_account') ? missingTokenTables(tables, own) : [];
  if (tokenTables.length > 0)
    throw new SidecarError('token-tables-missing', {
      detail: `Missing: ${tokenTables.join(', ')}. Znuny 6.0 to 6.2 and OTRS 6 never had one: there the command "znuny-oauth2 migrate" adds what their later update to Znuny 6.3 expects to find. On a newer helpdesk its own update did not finish.`,
    });
  if (missingTables.length > 0)
    throw unknown(`Tables are missing: ${missingTables.join(', ')}. ${OR_HIDDEN}`);
  const missing = Object.entries(needs).flatMap(([table, names]) =>
    names.filter((name) => !tables.get(table)?.has(name)).map((name) => `${table}.${name}`),
  );
  if (missing.length > 0)
    throw unknown(
      `Columns are missing: ${missing.join(', ')}. The helpdesk is older than Znuny 6.3, newer than this version knows, or its update did not finish.`,
    );
  const groupTable = COMMON.groupTables.find((name) => tables.has(name));
  if (groupTable === undefined)
    throw unknown(`There is no table of groups (${COMMON.groupTables.join(' or ')}). ${OR_HIDDEN}`);
  const notes = ROOMY.flatMap(([table, name, characters]) => {
    const room = tables.get(table)?.get(name)?.maxCharacters ?? characters;
    return room < characters
      ? [
          `${table}.${name} holds ${room} characters only; a longer value is refused. A newer helpdesk has more room.`,
        ]
      : [];
  });
  return { groupTable, notes };
}

const unknown = (detail: string): SidecarError => new SidecarError('schema-unknown', { detail });
