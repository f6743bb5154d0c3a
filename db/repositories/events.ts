import type { Knex } from 'knex';
import type { EventStore, TokenEvent } from '../../plugin/domain/ports.js';
import type { HistoryQuery, RecordedEvent } from '../../plugin/domain/screen-ports.js';
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
    forget: (configId) =>
      db.run('events.forget', async (knex) => {
        await knex(TABLE).where({ token_config_id: configId }).delete();
      }),
    add: (configId, event) => db.run('events.add', (knex) => addEvent(knex, configId, event)),
    history: (query) => db.run('events.history', (knex) => readHistory(knex, query)),
    lastName: (configId) =>
      db.run('events.last-name', async (knex) => {
        const row = await knex(TABLE)
          .where({ token_config_id: configId })
          .orderBy('id', 'desc')
          .first('name');
        return row?.name ?? null;
      }),
  };
}

async function readHistory(
  knex: Knex,
  { configId, what, outcome, page, pageSize }: HistoryQuery,
): Promise<{ events: RecordedEvent[]; total: number }> {
  const matching = () => {
    const query = knex.from({ e: TABLE });
    if (configId !== undefined) query.where('e.token_config_id', configId);
    if (what !== undefined) query.where('e.what', what);
    if (outcome !== undefined) query.where('e.outcome', outcome === 'ok' ? '=' : '<>', 'ok');
    return query;
  };
  const [count] = await matching().count({ total: '*' });
  const rows = await matching()
    .leftJoin({ u: 'users' }, 'u.id', 'e.user_id')
    .orderBy('e.id', 'desc')
    .limit(pageSize)
    .offset(Math.max(0, page - 1) * pageSize)
    .select('e.at', 'e.token_config_id', 'e.name', 'e.user_id', 'e.what', 'e.outcome', 'e.code')
    .select('e.duration_ms', 'u.login', 'u.first_name', 'u.last_name');
  const events = rows.map((row) => ({
    at: new Date(Number(row.at)),
    configId: row.token_config_id,
    name: row.name,
    actor: row.user_id,
    what: row.what,
    outcome: row.outcome,
    code: row.code,
    durationMs: row.duration_ms,
    login: row.login,
    fullName: row.login && [row.first_name, row.last_name].filter(Boolean).join(' '),
  }));
  return { events, total: Number(count?.total ?? 0) };
}
