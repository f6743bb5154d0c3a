import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * Three additions: why an answer to a renewal may have been lost, and for which refresh token, to explain a
 * dead grant; the time before which a provider does not want another request (Retry-After), which the end of
 * an outage does not shorten; and the instant at which the stored refresh token expires, independent of later
 * changes of the helpdesk's time zone.
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
