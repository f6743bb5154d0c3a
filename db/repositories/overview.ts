import type { Knex } from 'knex';
import { readLastTest } from '../../plugin/domain/mailbox/last-test.js';
import type {
  ListQuery,
  OverviewFacets,
  OverviewRow,
  OverviewStore,
} from '../../plugin/domain/token/overview.js';
import type { RenewalRow } from '../../plugin/domain/token/renewal-store.js';
import { ATTENTION } from '../../plugin/domain/token/token-state.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Expressions, Sql } from '../dialect/expressions.js';
import { type JoinedRow, joinedRows, time, toRenewalRow } from './renewal-row.js';
import { RENEWAL } from './renewal-table.js';

/** Each order uses an index; the ID comes last, so that no row is on two pages. Names are unique. */
const ORDERS: Record<NonNullable<ListQuery['sort']>, readonly string[]> = {
  name: ['c.name'],
  urgency: ['r.urgency', 'r.token_ends_at', 'r.token_config_id'],
  expiry: ['r.token_ends_at', 'r.token_config_id'],
  renewal: ['r.last_success_at', 'r.token_config_id'],
};

/**
 * The matching rows, from the indexes alone. The table of the sort column comes first, so that the server
 * walks its index and stops at the end of the page instead of sorting everything.
 */
function matching(knex: Knex, { expressions }: Dialect, query: ListQuery): Knex.QueryBuilder {
  const { search, reach = 'name', state, provider, sort = 'name' } = query;
  const text = search?.trim();
  const byState = state !== undefined || provider !== undefined;
  // When sorting by name, a rare state is found by its index, a common one by walking the names: the server
  // chooses.
  const from =
    sort !== 'name'
      ? `${RENEWAL} r ${expressions.joinInOrder} oauth2_token_config c ON c.id = r.token_config_id`
      : byState
        ? `${RENEWAL} r JOIN oauth2_token_config c ON c.id = r.token_config_id`
        : 'oauth2_token_config c';
  const rows = knex.from(knex.raw(from));
  if (text) {
    const { sql, bindings } = searching(expressions, text, reach);
    rows.whereRaw(sql, bindings);
  }
  return filtered(rows, query);
}

/** Parts of the document that a search reads: never the secret, which could be guessed letter by letter. */
const SEARCHED = {
  shown: ['$.ClientID'],
  everything: [
    '$.ClientID',
    ...['AuthorizationCode', 'TokenByAuthorizationCode', 'TokenByRefreshToken'].map(
      (request) => `$.Requests.${request}.Request.URL`,
    ),
  ],
};
const OF_ACCOUNTS = { shown: ['login', 'host'], everything: ['login', 'host', 'comments'] };

/** Such a text stands in a document as it is, however the document was encoded. */
const UNESCAPED = /^[\w .@:-]*$/;

/**
 * Is the text in one of these parts of the document? To look for it in the whole document first takes a third of the time,
 * because only documents that have it somewhere must be read as JSON.
 */
function inDocument({ contains, jsonParts }: Expressions, text: string, parts: readonly string[]): Sql {
  const inPart = contains(jsonParts('c.config', parts), text);
  if (!UNESCAPED.test(text)) return inPart;
  const anywhere = contains('c.config', text);
  return {
    sql: `(${anywhere.sql} AND ${inPart.sql})`,
    bindings: [...anywhere.bindings, ...inPart.bindings],
  };
}

/** Name, client ID, addresses of endpoints, and mail accounts: whatever an admin may have at hand. */
function searching(expressions: Expressions, text: string, reach: NonNullable<ListQuery['reach']>): Sql {
  const { contains } = expressions;
  if (reach === 'name') return contains('c.name', text);
  const own = [contains('c.name', text), inDocument(expressions, text, SEARCHED[reach])];
  const account = OF_ACCOUNTS[reach].map((column) => contains(column, text));
  const either = (parts: Sql[]) => parts.map(({ sql }) => sql).join(' OR ');
  return {
    sql: `(${either(own)} OR c.id IN (SELECT oauth2_token_config_id FROM mail_account
      WHERE oauth2_token_config_id IS NOT NULL AND (${either(account)}))
      OR c.id IN (SELECT b.relay_config_id FROM oauth2_sidecar_mailbox b JOIN mail_account a ON a.id = b.account_id
      WHERE b.relay_config_id IS NOT NULL AND (${either(account)})))`,
    bindings: [...own, ...account, ...account].flatMap((part) => part.bindings),
  };
}

function filtered(rows: Knex.QueryBuilder, { state, provider }: ListQuery): Knex.QueryBuilder {
  if (state === 'attention') rows.where('r.urgency', '<=', ATTENTION);
  else if (state !== undefined) rows.where('r.state', state);
  // The column is ASCII, and the server compares it only with ASCII.
  if (provider !== undefined && /[^\x20-\x7e]/.test(provider)) rows.whereRaw('1 = 0');
  else if (provider !== undefined) rows.where('r.provider', provider);
  return rows;
}

/** The number of matching rows; without a search, one index of one table is enough. */
function counting(knex: Knex, dialect: Dialect, query: ListQuery): Knex.QueryBuilder {
  const { search, state, provider } = query;
  if (search?.trim() || (state === undefined && provider === undefined)) {
    const { sort: _any, ...whatever } = query;
    return matching(knex, dialect, whatever).count({ total: '*' });
  }
  return filtered(knex.from({ r: RENEWAL }), query).count({ total: '*' });
}

/** @param deps the helpdesk's database, and the time zone of its rows */
export const createOverviewStore = ({ db, zone }: { db: Database; zone: Zone }): OverviewStore => ({
  list: (query) => listPage(db, zone, query),
  facets: () => readFacets(db),
});

/** The IDs of a page, and how many rows match; a search looks at every row, so it does so once for both. */
async function idsOf(
  knex: Knex,
  dialect: Dialect,
  query: ListQuery,
): Promise<{ ids: number[]; total: number }> {
  const { search, sort = 'name', descending = false, page, pageSize } = query;
  const order = descending ? 'desc' : 'asc';
  const ofPage = () =>
    matching(knex, dialect, query)
      .orderBy(ORDERS[sort].map((column) => ({ column, order })))
      .limit(pageSize)
      .offset(Math.max(0, page - 1) * pageSize);
  const count = async () => Number((await counting(knex, dialect, query))[0]?.total ?? 0);
  if (!search?.trim()) {
    const total = await count();
    return { ids: await ofPage().pluck('c.id'), total };
  }
  const found: { id: number; total: number }[] = await ofPage().select(
    'c.id',
    knex.raw('COUNT(*) OVER () AS total'),
  );
  // A page after the last one has no row that says how many there are.
  return {
    ids: found.map(({ id }) => id),
    total: found[0] ? Number(found[0].total) : page > 1 ? await count() : 0,
  };
}

/** Reads a page: the IDs by indexes, then their rows. Three queries at most for any number of configurations. */
async function listPage(
  db: Database,
  zone: Zone,
  query: ListQuery,
): Promise<{ rows: OverviewRow[]; total: number }> {
  const dates = await datesOf(zone);
  return db.run('overview.list', async (knex, dialect) => {
    const { ids, total } = await idsOf(knex, dialect, query);
    const found: (JoinedRow & { last_test: string | null })[] =
      ids.length === 0
        ? []
        : await joinedRows(knex, dialect)
            .leftJoin({ r: RENEWAL }, 'r.token_config_id', 'c.id')
            .select('r.last_test')
            .whereIn('c.id', ids);
    const rows = new Map(found.map((row) => [row.id, row]));
    return {
      rows: ids.flatMap((id) => {
        const row = rows.get(id);
        return row
          ? [
              {
                ...toRenewalRow(row, dates),
                refreshTokenDiesAt: time(row.refresh_token_dies_at),
                lastTest: readLastTest(row.last_test),
              },
            ]
          : [];
      }),
      total,
    };
  });
}

function readFacets(db: Database): Promise<OverviewFacets> {
  return db.run('overview.facets', async (knex) => {
    const states: { state: string | null; urgency: number; number: number }[] = await knex(RENEWAL)
      .select('state', 'urgency', knex.raw('COUNT(*) AS number'))
      .groupBy('state', 'urgency');
    const providers: string[] = await knex(RENEWAL)
      .distinct('provider')
      .orderBy('provider')
      .pluck('provider');
    const facets: OverviewFacets = { states: {}, attention: 0, providers: providers.filter(Boolean) };
    for (const { state, urgency, number } of states) {
      if (urgency <= ATTENTION) facets.attention += Number(number);
      if (state === null) continue;
      const kind = state as keyof OverviewFacets['states'];
      facets.states[kind] = (facets.states[kind] ?? 0) + Number(number);
    }
    return facets;
  });
}

/** A row whose look is later than this has been missed, in milliseconds. */
const STALE = 5 * 60_000;
/** The most missed rows to examine: a sidecar that was stopped for long catches up by itself. */
const STALE_ROWS = 50;

/**
 * The rows that the bar may show: their IDs by indexes, then the rows. Usually there is none, and the second query, with
 * its joins, is never sent.
 */
export async function findProblems(
  db: Database,
  zone: Zone,
  now: Date,
  limit: number,
): Promise<{ rows: RenewalRow[]; total: number }> {
  const dates = await datesOf(zone);
  return db.run('tokens.problems', async (knex, dialect) => {
    const total = knex(RENEWAL).count('*').where('notice', 1).as('total');
    const noticed = knex
      .select('token_config_id as id', total)
      .from(RENEWAL)
      .where('notice', 1)
      .orderBy(['urgency', 'token_ends_at'])
      .limit(limit);
    const stale = knex
      .select('token_config_id as id', knex.raw('0 AS total'))
      .from(RENEWAL)
      .where('due_at', '<', now.getTime() - STALE)
      .orderBy('due_at')
      .limit(STALE_ROWS);
    const shown: { id: number; total: number }[] = await knex.unionAll([noticed, stale], true);
    if (shown.length === 0) return { rows: [], total: 0 };
    const found: JoinedRow[] = await joinedRows(knex, dialect)
      .join({ r: RENEWAL }, 'r.token_config_id', 'c.id')
      .whereIn('c.id', [...new Set(shown.map(({ id }) => id))])
      .orderBy(['r.urgency', 'r.token_ends_at', 'c.id']);
    return {
      rows: found.map((row) => toRenewalRow(row, dates)),
      total: Math.max(...shown.map(({ total }) => Number(total))),
    };
  });
}
