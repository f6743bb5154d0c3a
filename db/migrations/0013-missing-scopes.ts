import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/** The requested scopes for mail that the provider did not grant with the last answer, separated by spaces. */
export async function up(knex: Knex, { alterOnce }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'missing_scopes', (table) => {
    table.string('missing_scopes', 1000).nullable();
  });
}
