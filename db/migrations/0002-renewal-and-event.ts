import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/**
 * The due list with its leases, and the history. As before: no foreign keys to the helpdesk's tables, times
 * in milliseconds since the epoch.
 */
export async function up(knex: Knex, { createOnce, types }: Tables): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_renewal', (table) => {
    table.integer('token_config_id').notNullable().primary();
    // NULL: nothing to do before somebody changes something.
    table.bigInteger('due_at').nullable().index('oauth2_sidecar_renewal_due_at');
    table.specificType('reason', types.word(30)).nullable();
    table.specificType('lease_holder', types.word(100)).nullable();
    table.bigInteger('lease_until').notNullable().defaultTo(0);
    table.integer('failures').notNullable().defaultTo(0);
    table.specificType('outcome', types.word(30)).nullable();
    table.bigInteger('retry_at').nullable();
    table.bigInteger('last_success_at').nullable();
    table.bigInteger('received_at').nullable();
    table.bigInteger('refresh_token_issued_at').nullable();
    table.bigInteger('refresh_token_dies_at').nullable();
    // Checksums of the helpdesk's rows; a different one means that somebody changed them.
    table.specificType('config_mark', types.word(60)).notNullable().defaultTo('');
    table.specificType('token_mark', types.word(60)).notNullable().defaultTo('');
  });
  await createOnce(knex, 'oauth2_sidecar_event', (table) => {
    table.bigIncrements('id');
    table.bigInteger('at').notNullable().index('oauth2_sidecar_event_at');
    table.integer('token_config_id').notNullable();
    table.string('name', 250).notNullable();
    // NULL: the renewal service.
    table.integer('user_id').nullable();
    table.specificType('what', types.word(30)).notNullable();
    table.specificType('outcome', types.word(30)).notNullable();
    table.string('code', 100).nullable();
    table.integer('duration_ms').nullable();
    table.index(['token_config_id', 'id'], 'oauth2_sidecar_event_token_config_id');
  });
  await knex.schema.dropTableIfExists('oauth2_sidecar_lease');
}
