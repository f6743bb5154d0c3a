import type { Knex } from 'knex';
import type { Tables } from '../dialect/tables.js';

/** Ranks up to this are errors and warnings (plugin/domain/token/token-state.ts). */
const ATTENTION = 3;

/**
 * What people outside the pages are told: what is the matter (`oauth2_sidecar_alert`), the messages that wait
 * to be sent (`…_message`) and how the channels do (`…_channel`). What is already broken is told, too. Times
 * are milliseconds since the epoch.
 */
export async function up(knex: Knex, { createOnce, types }: Tables): Promise<void> {
  await createOnce(knex, 'oauth2_sidecar_alert', (table) => {
    table.specificType('subject', types.word(40)).notNullable().primary();
    // For `configuration:ID` the ID, to join with; otherwise NULL.
    table.integer('config_id').nullable();
    table.string('name', 250).notNullable();
    table.specificType('state', types.word(40)).notNullable();
    table.specificType('cause', types.word(255)).notNullable().index('oauth2_sidecar_alert_cause');
    // 0: error, 1: warning, 2: nobody needs to act.
    table.specificType('severity', types.tinyInteger).notNullable();
    table.bigInteger('since').notNullable();
    table.bigInteger('changed_at').notNullable();
    // NULL: nobody was told.
    table.specificType('told_state', types.word(40)).nullable();
    table.specificType('told_severity', types.tinyInteger).nullable();
    table.bigInteger('told_at').nullable();
    table.integer('episodes').notNullable().defaultTo(0);
    // NULL: nothing to decide before a change.
    table.bigInteger('look_at').nullable().index('oauth2_sidecar_alert_look_at');
    table.index(['told_severity', 'since'], 'oauth2_sidecar_alert_told');
  });
  await createOnce(knex, 'oauth2_sidecar_alert_message', (table) => {
    table.bigIncrements('id');
    table.specificType('message_id', types.word(60)).notNullable();
    table.specificType('channel', types.word(20)).notNullable();
    table.text('message').notNullable();
    table.bigInteger('created_at').notNullable();
    table.integer('failures').notNullable().defaultTo(0);
    // NULL: sent or given up.
    table.bigInteger('next_at').nullable();
    table.specificType('lease_holder', types.word(100)).nullable();
    table.bigInteger('lease_until').notNullable().defaultTo(0);
    table.bigInteger('ended_at').nullable().index('oauth2_sidecar_alert_message_ended_at');
    table.specificType('outcome', types.word(20)).nullable();
    table.index(['channel', 'next_at'], 'oauth2_sidecar_alert_message_next_at');
    table.unique(['message_id', 'channel'], { indexName: 'oauth2_sidecar_alert_message_once' });
  });
  await createOnce(knex, 'oauth2_sidecar_alert_channel', (table) => {
    // `all`: its `next_at` is the next reminder, and its lock lets one sidecar at a time write messages.
    table.specificType('channel', types.word(20)).notNullable().primary();
    table.integer('failures').notNullable().defaultTo(0);
    table.bigInteger('failing_since').nullable();
    table.bigInteger('next_at').nullable();
    table.string('last_error', 250).nullable();
    table.bigInteger('last_success_at').nullable();
  });
  if (!(await knex('oauth2_sidecar_alert_channel').where({ channel: 'all' }).first('channel')))
    await knex('oauth2_sidecar_alert_channel').insert({ channel: 'all' });
  await takeIn(knex);
}

/** Adds what needs attention now; a second run adds only what the first did not reach. */
async function takeIn(knex: Knex): Promise<void> {
  const now = Date.now();
  const broken = await knex
    .from({ r: 'oauth2_sidecar_renewal' })
    .join({ c: 'oauth2_token_config' }, 'c.id', 'r.token_config_id')
    .where('r.urgency', '<=', ATTENTION)
    .whereNotNull('r.state')
    .select('c.id', 'c.name', 'r.state', 'r.urgency', 'r.provider', 'r.failing_since');
  const known = new Set(await knex('oauth2_sidecar_alert').pluck('subject'));
  const rows = broken.map((row) => ({
    subject: `configuration:${row.id}`,
    config_id: row.id,
    name: row.name,
    state: row.state,
    cause: `${row.state}@${row.provider}`.slice(0, 255),
    severity: row.urgency <= 1 ? 0 : 1,
    since: row.failing_since ?? now,
    changed_at: now,
    look_at: now,
  }));
  await knex.batchInsert(
    'oauth2_sidecar_alert',
    rows.filter(({ subject }) => !known.has(subject)),
    200,
  );
}
