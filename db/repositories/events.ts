import type { Knex } from 'knex';
import type {
  EventStore,
  HistoryQuery,
  RecordedEvent,
  TokenEvent,
} from '../../plugin/domain/token/event-store.js';
import type { Database } from '../database.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Value } from '../dialect/expressions.js';
import { listOf } from '../dialect/list.js';
import { ownValue } from './own-values.js';

/** Table `oauth2_sidecar_event`. Rows are only added, and removed when they are old. */
const TABLE = 'oauth2_sidecar_event';

/**
 * Adds events inside the transaction of what happened, with the configurations' current names. One statement.
 */
export async function addEvents(
  knex: Knex,
  dialect: Dialect,
  events: { id: number; event: TokenEvent }[],
): Promise<void> {
  if (events.length === 0) return;
  const columns: ((event: TokenEvent) => Value)[] = [
    ({ at }) => at.getTime(),
    ({ actor }) => actor,
    ({ what }) => what,
    ({ outcome }) => outcome,
    ({ code }) => code?.slice(0, 100) ?? null,
    ({ durationMs }) => (durationMs === null ? null : Math.round(durationMs)),
  ];
  const own = columns.map((value) => ownValue(dialect, { key: 'id' }, events, ({ event }) => value(event)));
  const these = listOf(events.map(({ id }) => id));
  await dialect.statements.change(
    knex,
    `INSERT INTO ${TABLE} (token_config_id, name, at, user_id, what, outcome, code, duration_ms)
     SELECT id, name, ${own.map(({ sql }) => sql).join(', ')} FROM oauth2_token_config WHERE id IN ${these.sql}`,
    [...own.flatMap(({ bindings }) => bindings), ...these.bindings],
  );
}

/** Adds an event of the helpdesk as a whole, which belongs to no configuration: `token_config_id` is 0. */
export async function addOwnEvent(knex: Knex, name: string, event: TokenEvent): Promise<void> {
  const { at, actor, what, outcome, code, durationMs } = event;
  await knex(TABLE).insert({
    token_config_id: 0,
    name,
    at: at.getTime(),
    user_id: actor,
    what,
    outcome,
    code,
    duration_ms: durationMs,
  });
}

/** How many rows one statement adds. */
const PART = 500;

/** Adds events of which several may belong to one configuration. Deleted configurations are left out. */
export async function addEventsOfMailboxes(
  knex: Knex,
  events: { configId: number; event: TokenEvent }[],
): Promise<void> {
  if (events.length === 0) return;
  const ids = [...new Set(events.map(({ configId }) => configId))];
  const configs: { id: number; name: string }[] = await knex('oauth2_token_config')
    .whereIn('id', ids)
    .select('id', 'name');
  const names = new Map(configs.map(({ id, name }) => [id, name]));
  const rows = events.flatMap(({ configId, event: { at, actor, what, outcome, code, durationMs } }) => {
    const name = names.get(configId);
    const facts = {
      user_id: actor,
      what,
      outcome,
      code: code?.slice(0, 100) ?? null,
      duration_ms: durationMs,
    };
    return name === undefined ? [] : [{ token_config_id: configId, name, at: at.getTime(), ...facts }];
  });
  for (let from = 0; from < rows.length; from += PART)
    await knex(TABLE).insert(rows.slice(from, from + PART));
}

export const addEvent = (knex: Knex, dialect: Dialect, configId: number, event: TokenEvent): Promise<void> =>
  addEvents(knex, dialect, [{ id: configId, event }]);

/** How many rows one statement removes, so that it locks none for long. */
const BATCH = 5000;

export function createEventStore({ db }: { db: Database }): EventStore {
  return {
    prune: (before) =>
      db.run('events.prune', (knex, { statements }) =>
        statements.atMost(knex(TABLE).where('at', '<', before.getTime()), BATCH, 'id').delete(),
      ),
    forget: (configId) =>
      db.run('events.forget', async (knex) => {
        await knex(TABLE).where({ token_config_id: configId }).delete();
      }),
    add: (configId, event) =>
      db.run('events.add', (knex, dialect) => addEvent(knex, dialect, configId, event)),
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
