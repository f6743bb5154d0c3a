import type { Knex } from 'knex';
import type { Database } from '../database.js';
import { despiteLocks } from '../despite-locks.js';
import { ownValues, type Value } from './own-values.js';
import { RENEWAL } from './renewal-row.js';

/** However many wait for a provider, the last is due after this. Milliseconds. */
const LONGEST_SPREAD = 300_000;
/** More wait for their own time. */
const MOST = 10_000;

/** Those that wait for a provider because it failed, and not because of anything in their configuration. */
const waiting = (knex: Knex, provider: string, now: Date): Knex.QueryBuilder =>
  knex(RENEWAL)
    .where({ provider })
    .whereIn('outcome', ['transient', 'invalid-answer'])
    .where('retry_at', '>', now.getTime());

/** See RenewalStore.providerIsBack. */
export async function providerIsBack(
  db: Database,
  provider: string,
  now: Date,
  pace: number,
  except: number[],
): Promise<number> {
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
  const locked = await despiteLocks(due, (part) => {
    const at = ownValues(
      'token_config_id',
      part.map((each) => ({ id: each.id, values: { retry_at: each.at, due_at: each.at } })),
    );
    return db.run('renewals.provider-is-back', (knex) =>
      knex.raw(
        `UPDATE ${RENEWAL} SET ${at.sql} WHERE token_config_id IN (?) AND retry_at > ?`,
        // The array is the list of IN; the types know single values only.
        [...at.bindings, part.map(({ id }) => id), now.getTime()] as Value[],
      ),
    );
  });
  return due.length - locked.length;
}

/** See RenewalStore.probeProvider. */
export const probeProvider = (db: Database, provider: string, now: Date): Promise<boolean> =>
  db.run('renewals.probe-provider', async (knex) => {
    const changed = await waiting(knex, provider, now)
      .where((query) => query.whereNull('not_before').orWhere('not_before', '<=', now.getTime()))
      .orderBy('retry_at')
      .limit(1)
      .update({ retry_at: now.getTime(), due_at: now.getTime() });
    return changed > 0;
  });
