import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * The instant at which the stored access token expires. In the night in which the clocks are set back, the
 * helpdesk's own text is ambiguous.
 */
export async function up(knex: Knex, { alterOnce }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'expires_at', (table) => {
    table.bigInteger('expires_at').nullable();
  });
}
