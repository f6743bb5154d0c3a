import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * Why an answer to a renewal may have been lost, and of which refresh token, so that a grant which is found dead is explained;
 * the time before which a provider asked not to be asked (Retry-After), which the end of an outage does not shorten; and the
 * instant at which the stored refresh token ends, whatever the helpdesk's time zone is set to later.
 */
export async function up(knex: Knex, { alterOnce, types }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'lost_answer', (table) => {
    table.specificType('lost_answer', types.word(20)).nullable();
    // CRC32 of the refresh token.
    table.bigInteger('lost_answer_of').nullable();
    table.bigInteger('not_before').nullable();
    table.bigInteger('refresh_expires_at').nullable();
  });
}
