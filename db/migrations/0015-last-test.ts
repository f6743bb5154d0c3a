import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/** The last test of a mailbox of each configuration, which the overview shows in its row. */
export async function up(knex: Knex, { alterOnce }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'last_test', (table) => {
    table.text('last_test').nullable();
  });
}
