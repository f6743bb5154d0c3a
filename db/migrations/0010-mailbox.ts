import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * What the helpdesk's own fetches report of each mail account, how far its communication log has been read, and what
 * of it counts for each configuration. Times are milliseconds since the epoch.
 */
export async function up(knex: Knex, { createOnce, alterOnce, types }: Tables): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_mailbox', (table) => {
    table.integer('account_id').notNullable().primary();
    // The newest row of the log that counts; rows of one account follow each other.
    table.bigInteger('log_id').notNullable().defaultTo(0);
    table.bigInteger('fetched_at').nullable();
    table.bigInteger('failed_at').nullable();
    table.bigInteger('failing_since').nullable();
    table.integer('failures').notNullable().defaultTo(0);
    table.bigInteger('open_id').nullable();
    table.bigInteger('open_since').nullable();
    table.text('causes').nullable();
    table.specificType('account_mark', types.word(60)).notNullable().defaultTo('');
    table.bigInteger('muted_until').nullable();
    table.bigInteger('changes_at').nullable();
    table.index(['changes_at'], 'oauth2_sidecar_mailbox_changes_at');
    table.index(['open_id'], 'oauth2_sidecar_mailbox_open_id');
  });
  await createOnce(knex, 'oauth2_sidecar_mail_watch', (table) => {
    table.integer('id').notNullable().primary();
    table.bigInteger('log_id').nullable();
    table.bigInteger('looked_at').nullable();
    table.bigInteger('fetched_at').nullable();
    table.specificType('account_mark', types.word(100)).notNullable().defaultTo('');
    table.text('queue').nullable();
    table.specificType('told_fetching', types.word(30)).nullable();
  });
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'mail', (table) => {
    table.text('mail').nullable();
  });
}
