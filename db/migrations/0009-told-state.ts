import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * The state of each configuration that was reported last, so that every state change is reported once, by one
 * of several sidecars, even after a restart. States that are already stored count as reported.
 */
export async function up(knex: Knex, { alterOnce, types }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'told_state', (table) => {
    table.specificType('told_state', types.word(30)).nullable();
    table.specificType(
      'is_untold',
      types.flag('state IS NOT NULL AND (told_state IS NULL OR told_state <> state)'),
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
