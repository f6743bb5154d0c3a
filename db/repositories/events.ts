import type { Knex } from 'knex';
import type { EventStore, TokenEvent } from '../../plugin/domain/ports.js';
import type { Database } from '../database.js';

/** Table `oauth2_sidecar_event`. Rows are only ever added, and removed when they are old. */
const TABLE = 'oauth2_sidecar_event';

/** Inside of the transaction of what happened; the name is the configuration's at that time. */
export async function addEvent(knex: Knex, configId: number, event: TokenEvent): Promise<void> {
  await knex.raw(
    `INSERT INTO ${TABLE} (at, token_config_id, name, user_id, what, outcome, code, duration_ms)
     SELECT ?, id, name, ?, ?, ?, ?, ? FROM oauth2_token_config WHERE id = ?`,
    [
      event.at.getTime(),
      event.actor,
      event.what,
      event.outcome,
      event.code?.slice(0, 100) ?? null,
      event.durationMs === null ? null : Math.round(event.durationMs),
      configId,
    ],
  );
}

/** How many rows one statement removes, so that it locks none for long. */
const BATCH = 5000;

export function createEventStore({ db }: { db: Database }): EventStore {
  return {
    prune: (before) =>
      db.run('events.prune', (knex) => knex(TABLE).where('at', '<', before.getTime()).limit(BATCH).delete()),
    of: (configId, limit) =>
      db.run('events.of', async (knex) => {
        const rows = await knex(TABLE)
          .where({ token_config_id: configId })
          .orderBy('id', 'desc')
          .limit(limit)
          .select('at', 'name', 'user_id', 'what', 'outcome', 'code', 'duration_ms');
        return rows.map((row) => ({
          at: new Date(Number(row.at)),
          name: row.name,
          actor: row.user_id,
          what: row.what,
          outcome: row.outcome,
          code: row.code,
          durationMs: row.duration_ms,
        }));
      }),
  };
}
