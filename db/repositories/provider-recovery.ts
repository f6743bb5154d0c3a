import type { Knex } from 'knex';
import type { RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import type { Database } from '../database.js';
import { despiteLocks } from '../despite-locks.js';
import { listOf } from '../dialect/list.js';
import { ownValues } from './own-values.js';
import { RENEWAL } from './renewal-table.js';

/**
 * The last configuration that waits for a provider is due after this time, however many wait. Milliseconds.
 */
const LONGEST_SPREAD = 300_000;
/** Further ones wait for their own time. */
const MOST = 10_000;

/** Configurations that wait for a provider because it failed, and not because of their own data. */
const waiting = (knex: Knex, provider: string, now: Date): Knex.QueryBuilder =>
  knex(RENEWAL)
    .where({ provider })
    .whereIn('outcome', ['transient', 'invalid-answer'])
    .where('retry_at', '>', now.getTime());

type Recovery = Pick<RenewalStore, 'providerIsBack' | 'probeProvider'>;

/** Brings forward the configurations that wait for a provider once it answers again. */
export const createProviderRecovery = (db: Database): Recovery => ({
  async providerIsBack(provider, now, pace, except) {
    const rows: { id: number; notBefore: number | string | null }[] = await db.run(
      'renewals.provider-is-back',
      (knex) =>
        waiting(knex, provider, now)
          .whereNotIn('token_config_id', except)
          .orderBy(['token_ends_at', 'token_config_id'])
          .limit(MOST)
          .select({ id: 'token_config_id', notBefore: 'not_before' }),
    );
    const step = Math.min(pace, LONGEST_SPREAD / Math.max(1, rows.length));
    const due = rows.map(({ id, notBefore }, place) => ({
      id,
      at: Math.max(Math.round(now.getTime() + place * step), Number(notBefore ?? 0)),
    }));
    const locked = await despiteLocks(db.dialect, due, (part) => {
      const at = ownValues(
        db.dialect,
        'token_config_id',
        part.map((each) => ({ id: each.id, values: { retry_at: each.at, due_at: each.at } })),
      );
      const these = listOf(part.map(({ id }) => id));
      return db.run('renewals.provider-is-back', (knex, { statements }) =>
        statements.change(
          knex,
          `UPDATE ${RENEWAL} SET ${at.sql} WHERE token_config_id IN ${these.sql} AND retry_at > ?`,
          [...at.bindings, ...these.bindings, now.getTime()],
        ),
      );
    });
    return due.length - locked.length;
  },

  probeProvider: (provider, now) =>
    db.run('renewals.probe-provider', async (knex, { statements }) => {
      const allowed = waiting(knex, provider, now)
        .where((query) => query.whereNull('not_before').orWhere('not_before', '<=', now.getTime()))
        .orderBy('retry_at');
      const changed: number = await statements
        .atMost(allowed, 1, 'token_config_id')
        .update({ retry_at: now.getTime(), due_at: now.getTime() });
      return changed > 0;
    }),
});
