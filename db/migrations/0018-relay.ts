import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * Passwords of the relay's clients. `selector` is the beginning of the password, by which its row is found;
 * `password_hash` proves the whole. Servers are written as `IMAPS host:port`. Times are milliseconds since the epoch.
 */
export async function up(knex: Knex, { createOnce, alterOnce, types }: Tables): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_relay_password', (table) => {
    table.increments('id');
    table.integer('token_config_id').notNullable().index('oauth2_sidecar_relay_password_config');
    table.string('login', 250).notNullable();
    table.string('client', 100).notNullable();
    table.specificType('selector', types.word(20)).notNullable();
    table.specificType('password_hash', types.word(200)).notNullable();
    table.string('imap_server', 300).nullable();
    table.string('pop3_server', 300).nullable();
    table.string('smtp_server', 300).nullable();
    table.bigInteger('created_at').notNullable();
    table.integer('created_by').notNullable();
    table.bigInteger('last_used_at').nullable();
    table.unique(['selector'], { indexName: 'oauth2_sidecar_relay_password_selector' });
  });
  // The configuration whose token the relay uses for a mail account; NULL: the account does not use the relay.
  await alterOnce(knex, 'oauth2_sidecar_mailbox', 'relay_config_id', (table) => {
    table.integer('relay_config_id').nullable().index('oauth2_sidecar_mailbox_relay');
  });
}
