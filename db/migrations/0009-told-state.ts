import type { Knex } from 'knex';
import { alterOnce } from '../create-once.js';

/**
 * The state of each configuration that was told last, so that every change of state is told once, by one of several sidecars,
 * whatever is restarted meanwhile. States that are stored already count as told.
 */
export async function up(knex: Knex): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'told_state', (table) => {
    table.specificType('told_state', 'VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NULL');
    table.specificType(
      'is_untold',
      'TINYINT GENERATED ALWAYS AS (state IS NOT NULL AND (told_state IS NULL OR told_state <> state)) STORED',
    );
    table.index(['is_untold'], 'oauth2_sidecar_renewal_is_untold');
  });
  await knex('oauth2_sidecar_renewal')
    .where({ state: 'provider-away' })
    .update({ state: 'provider-unavailable' });
  await knex('oauth2_sidecar_renewal')
    .whereNull('told_state')
    .update({ told_state: knex.ref('state') });
}
