import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * Who consented to a configuration's token, and which mailboxes are shared. As before: no foreign keys to the
 * helpdesk's tables, times in milliseconds since the epoch.
 */
export async function up(knex: Knex, { createOnce }: Tables): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_identity', (table) => {
    table.integer('token_config_id').notNullable().primary();
    table.string('subject', 250).notNullable();
    table.string('login', 250).nullable();
    table.string('email', 250).nullable();
    table.text('issuer').notNullable();
    table.bigInteger('at').notNullable();
  });
  await createOnce(knex, 'oauth2_sidecar_shared_mailbox', (table) => {
    table.integer('token_config_id').notNullable();
    table.integer('mail_account_id').notNullable();
    table.primary(['token_config_id', 'mail_account_id']);
  });
}
