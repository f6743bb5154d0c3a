import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * No foreign keys to the helpdesk's tables: they would prevent the helpdesk from deleting its own rows. Times
 * are milliseconds since the epoch, so they need no time zone. Hashes compare byte by byte.
 */
export async function up(knex: Knex, { createOnce, types }: Tables): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_authorization', (table) => {
    table.specificType('state_hash', types.fixedWord(64)).notNullable().primary();
    table.specificType('session_hash', types.fixedWord(64)).notNullable();
    table.integer('user_id').notNullable();
    table.integer('token_config_id').notNullable();
    // RFC 7636 §4.1: 43 to 128 characters.
    table.specificType('verifier', types.word(128)).nullable();
    table.text('redirect_uri').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable().index('oauth2_sidecar_authorization_expires_at');
  });
  await createOnce(knex, 'oauth2_sidecar_lease', (table) => {
    table.integer('token_config_id').notNullable().primary();
    table.specificType('holder', types.word(100)).notNullable();
    table.bigInteger('expires_at').notNullable();
  });
}
