import type { Knex } from 'knex';
import { alterOnce } from '../create-once.js';

/**
 * Why an answer to a renewal may have been lost, and of which refresh token, so that a grant which is found dead is explained;
 * the time before which a provider asked not to be asked (Retry-After), which the end of an outage does not shorten; and the
 * instant at which the stored refresh token ends, whatever the helpdesk's time zone is set to later.
 */
export async function up(knex: Knex): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'lost_answer', (table) => {
    table.specificType('lost_answer', 'VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL');
    // CRC32 of the refresh token.
    table.bigInteger('lost_answer_of').nullable();
    table.bigInteger('not_before').nullable();
    table.bigInteger('refresh_expires_at').nullable();
  });
}
