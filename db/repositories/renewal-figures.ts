import type { Knex } from 'knex';
import { FINAL_REASONS } from '../../plugin/domain/token/renewal.js';
import type { RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import type { Dialect } from '../dialect/dialect.js';
import { NO_END } from '../migrations/0004-stored-state.js';
import { isFree, LONGEST_LEASE } from './leases.js';
import { time } from './renewal-row.js';
import { RENEWAL } from './renewal-table.js';

/** See RenewalStore.figures: five queries for any number of configurations. */
export async function readFigures(
  knex: Knex,
  dialect: Dialect,
  now: Date,
): ReturnType<RenewalStore['figures']> {
  const states: { state: string | null; number: number }[] = await knex(RENEWAL)
    .select('state', knex.raw('COUNT(*) AS number'))
    .groupBy('state');
  const nearest = await knex
    .from({ t: 'oauth2_token' })
    .join({ c: 'oauth2_token_config' }, 'c.id', `t.${dialect.columns.tokenConfig}`)
    .join({ r: RENEWAL }, 'r.token_config_id', 'c.id')
    .where('c.valid_id', knex('valid').select('id').where({ name: 'valid' }).limit(1))
    .where('t.refresh_token', '<>', '')
    .where('r.token_ends_at', '<', NO_END)
    .min({ end: 'r.token_ends_at' })
    .first();
  const grant = await knex
    .from({ r: RENEWAL })
    .join({ c: 'oauth2_token_config' }, 'c.id', 'r.token_config_id')
    .where('c.valid_id', knex('valid').select('id').where({ name: 'valid' }).limit(1))
    .min({ end: 'r.refresh_token_dies_at' })
    .first();
  const forgotten = await knex
    .from({ r: RENEWAL })
    .join({ c: 'oauth2_token_config' }, 'c.id', 'r.token_config_id')
    .where('c.valid_id', 1)
    .whereNull('r.due_at')
    .where(isFree(knex, dialect, LONGEST_LEASE))
    .where((query) => query.whereNull('r.reason').orWhereNotIn('r.reason', FINAL_REASONS))
    .count({ number: '*' })
    .first();
  const oldest = await knex(RENEWAL).where('due_at', '<=', now.getTime()).min({ at: 'due_at' }).first();
  return {
    byState: Object.fromEntries(states.map((row) => [row.state ?? 'unknown', Number(row.number)])),
    nearestEnd: time(nearest?.end ?? null),
    nearestGrantEnd: time(grant?.end ?? null),
    dueSince: time(oldest?.at ?? null),
    forgotten: Number(forgotten?.number ?? 0),
  };
}
