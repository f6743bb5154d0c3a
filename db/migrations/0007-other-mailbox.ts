import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * The login of a mail account that uses the token although another user consented to it. The next pass fills
 * it in.
 */
export async function up(knex: Knex, { alterOnce }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'other_mailbox', (table) => {
    table.string('other_mailbox', 250).nullable();
  });
}
