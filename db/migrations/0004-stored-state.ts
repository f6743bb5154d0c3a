import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/** No expiry: sorts after every time. A NULL would sort before all others. */
export const NO_END = Number.MAX_SAFE_INTEGER;

/**
 * The state of a configuration, so that the overview can filter, sort and count by it and the bar can find
 * it, each by an index. Every row is examined once, which fills the columns.
 */
export async function up(knex: Knex, { alterOnce, types }: Tables): Promise<void> {
  await alterOnce(knex, 'oauth2_sidecar_renewal', 'failing_since', (table) => {
    table.bigInteger('failing_since').nullable();
    table.string('error', 100).nullable();
    table.specificType('state', types.word(30)).nullable();
    // The lower, the more urgent.
    table.specificType('urgency', types.tinyInteger).notNullable().defaultTo(99);
    // 1: the bar shows it.
    table.specificType('notice', types.tinyInteger).notNullable().defaultTo(0);
    table.bigInteger('token_ends_at').notNullable().defaultTo(NO_END);
    table.specificType('provider', types.word(255)).notNullable().defaultTo('');
    table.index(['state', 'urgency'], 'oauth2_sidecar_renewal_state');
    table.index(['urgency', 'token_ends_at'], 'oauth2_sidecar_renewal_urgency');
    table.index(['notice', 'urgency', 'token_ends_at'], 'oauth2_sidecar_renewal_notice');
    table.index(['token_ends_at'], 'oauth2_sidecar_renewal_token_ends_at');
    table.index(['last_success_at'], 'oauth2_sidecar_renewal_last_success_at');
    table.index(['provider'], 'oauth2_sidecar_renewal_provider');
  });
  await knex('oauth2_sidecar_renewal').update({ due_at: 0 });
}
