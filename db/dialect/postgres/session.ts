import { SidecarError } from '../../../plugin/errors.js';

/**
 * Settings of each connection, as `name=value`. Dates have the helpdesk's form. A transaction sees what others have
 * committed, as the repositories expect. The wait for a locked row is a few seconds, because renewals that are written
 * together wait for it together (repositories/token-saves.ts). A connection that falls silent during a transaction
 * would keep its rows locked: the server closes it after a minute, twice as long as the pool keeps an unused one.
 */
export const SESSION: readonly string[] = [
  'datestyle=ISO',
  'standard_conforming_strings=on',
  'default_transaction_isolation=read committed',
  'lock_timeout=3000',
  'idle_in_transaction_session_timeout=60000',
];

/**
 * Only the server's own schema; without `pg_temp` at the end, the server would look for tables there first. Other
 * schemas may belong to users with fewer rights than ours.
 */
const CATALOG_ONLY = 'pg_catalog,pg_temp';

/**
 * Settings in the form of the connection's `options`, which take precedence over those of the database and the role.
 * @param catalogOnly see PoolOptions
 */
export const sessionOptions = (catalogOnly: boolean): string =>
  [...SESSION, ...(catalogOnly ? [`search_path=${CATALOG_ONLY}`] : [])]
    .map((setting) => `-c ${setting.replaceAll(' ', '\\ ')}`)
    .join(' ');

/**
 * A pooler may ignore the settings of a connection. The statement calls no function.
 * @throws SidecarError config-invalid if names are found elsewhere than in the server's own schema
 */
export async function requireCatalogOnly(connection: { query(sql: string): unknown }): Promise<void> {
  const { rows } = (await connection.query('SHOW search_path')) as { rows: { search_path: string }[] };
  if (rows[0]?.search_path !== CATALOG_ONLY)
    throw new SidecarError('config-invalid', {
      log: 'the server or a pooler in front of it ignores the search_path of the connection',
    });
}
