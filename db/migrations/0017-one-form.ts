import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

const RENEWAL = 'oauth2_sidecar_renewal';

/**
 * Some migrations had another form before they were released: an index that cannot sort by urgency (0004), and a flag
 * that nothing reads any more (0014). Tables that have one of them become like all others.
 */
export async function up(knex: Knex, { replaceIndex }: Tables): Promise<void> {
  if (await knex.schema.hasColumn(RENEWAL, 'is_token_untold'))
    // Its index goes with it.
    await knex.schema.alterTable(RENEWAL, (table) => table.dropColumn('is_token_untold'));
  await replaceIndex(knex, RENEWAL, 'oauth2_sidecar_renewal_state', ['state', 'urgency']);
}
