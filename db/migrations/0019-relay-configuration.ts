import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

const TABLE = 'oauth2_sidecar_relay_password';
const CONFIGS = 'oauth2_token_config';

/**
 * Which configuration a relay password is for: its name and `create_time`, as the server writes it. An ID alone may come
 * back for another configuration. NULL: the configuration was missing.
 */
export async function up(knex: Knex, { alterOnce, types }: Tables): Promise<void> {
  await alterOnce(knex, TABLE, 'config_name', (table) => {
    table.string('config_name', 250).nullable();
    table.specificType('config_created', types.word(30)).nullable();
  });
  // A helpdesk without OAuth2 has no such table yet, and no relay password.
  if (!(await knex.schema.hasTable(CONFIGS))) return;
  const current = (column: string) =>
    knex(CONFIGS).whereRaw(`${CONFIGS}.id = ${TABLE}.token_config_id`).select(column);
  await knex(TABLE)
    .whereNull('config_name')
    .update({ config_name: current('name'), config_created: current('create_time') });
}
