import type { TokenColumns } from '../plugin/domain/product/product.js';
import { foreignTables } from '../plugin/domain/product/recognise.js';
import { COMMUNITY_EDITION } from '../plugin/domain/product/records.js';
import type { Columns } from './columns.js';

/**
 * Detects helpdesks whose OAuth2 tables look like Znuny's but are not, by what only they have.
 * @param own the columns of the helpdesk's product
 * @returns a sentence that names the helpdesk or add-on and says what to do; null for every other database
 */
export function foreignTokenTables(columns: Columns, own: TokenColumns): string | null {
  const foreign = foreignTables(columns);
  if (foreign?.product.columns === own) return null;
  if (foreign?.product === COMMUNITY_EDITION)
    return `This is ((OTRS)) Community Edition 6.0.37 or newer by Centuran. Its tables for OAuth2 have the names of Znuny's and other columns (${foreign.names.join(', ')}), so the sidecar does not touch them. Its update to Znuny 6.3 or newer must bring Znuny's columns first.`;
  if (foreign)
    return `These tables belong to ${foreign.product.name} (${foreign.names.join(', ')}), so the sidecar does not touch them.`;
  // Add-ons for Znuny 6.0: the update to 6.3 renames these tables, but only if the new ones do not exist yet.
  const addOn = [...columns.keys()].filter((table) => table.startsWith('z4o_'));
  if (addOn.length > 0 && !columns.has('oauth2_token'))
    return `An add-on of Znuny 6.0 keeps tokens in tables of its own (${addOn.join(', ')}). The helpdesk's update to Znuny 6.3 takes them over, and would leave them behind if the sidecar made the new tables now. Update the helpdesk first.`;
  return null;
}
