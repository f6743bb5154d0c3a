import type { Knex } from 'knex';
import { NO_FETCHES, withQueue } from '../../plugin/domain/mailbox/fetch-facts.js';
import type { Outbound, WatchedMailbox, WhichMailboxes } from '../../plugin/domain/mailbox/mail-watch.js';
import { createRelayedAccounts } from '../../plugin/domain/relay/relayed-account.js';
import { ofRank } from '../../plugin/domain/token/token-state.js';
import type { Dialect } from '../dialect/dialect.js';
import { ACCOUNT_MARK, type RelayFacts, readQueue, WATCH } from './mail-look.js';
import { FETCH_COLUMNS, type FetchRow, MAILBOX, toFetchFacts, writeRows } from './mailbox-row.js';
import { readRelayPasswords } from './relay-passwords.js';
import { time } from './renewal-row.js';
import { RENEWAL } from './renewal-table.js';

/** State of the configuration as the renewal service has stored it. */
interface StateRow {
  state: string | null;
  urgency: number | null;
}

const toToken = ({ state, urgency }: StateRow): WatchedMailbox['token'] =>
  state === null || urgency === null ? null : { kind: state, ...ofRank(urgency, state) };

interface AccountRow extends FetchRow, StateRow {
  id: number;
  login: string;
  host: string;
  account_type: string;
  config_id: number;
  is_valid: number;
  muted_until: number | null;
  changes_at: number | null;
}

/** When each account is due, in milliseconds since the epoch; null: never. */
export type DueTimes = Map<number, number | null>;

const dueAt = (row: { changes_at: number | null } | undefined): number | null =>
  time(row?.changes_at ?? null)?.getTime() ?? null;

const toMailbox = (row: AccountRow): WatchedMailbox => ({
  accountId: row.id,
  login: row.login,
  type: row.account_type,
  host: row.host,
  configId: row.config_id,
  isValid: Number(row.is_valid) === 1,
  fetches: toFetchFacts(row),
  mutedUntil: time(row.muted_until),
  token: toToken(row),
});

/** The configuration whose token an account uses: by itself, or through the relay. */
const configId = ({ columns }: Dialect): string =>
  `CASE WHEN m.${columns.signIn} = 'oauth2_token' THEN m.oauth2_token_config_id ELSE b.relay_config_id END`;

/** Mail accounts that sign in with a token or at the relay, with what their fetches reported. */
function watched(knex: Knex, dialect: Dialect): Knex.QueryBuilder {
  return knex
    .from({ m: 'mail_account' })
    .leftJoin({ b: MAILBOX }, 'b.account_id', 'm.id')
    .join({ c: 'oauth2_token_config' }, 'c.id', knex.raw(configId(dialect)))
    .leftJoin({ r: RENEWAL }, 'r.token_config_id', 'c.id')
    .orderBy(['m.login', 'm.id'])
    .select(
      'm.id',
      'm.login',
      'm.host',
      'm.account_type',
      'c.id as config_id',
      'b.muted_until',
      'b.changes_at',
    )
    .select('r.state', 'r.urgency')
    .select(FETCH_COLUMNS.map((name) => `b.${name}`))
    .select(knex.raw('CASE WHEN m.valid_id = 1 AND c.valid_id = 1 THEN 1 ELSE 0 END AS is_valid'));
}

/** Outbound mail, whose settings name the configuration; null: there is no such configuration. */
async function outboundOf(
  knex: Knex,
  { config, login, host, type }: Outbound,
  due: DueTimes,
): Promise<WatchedMailbox | null> {
  const found: ({ id: number; valid_id: number } & StateRow) | undefined = await knex
    .from({ c: 'oauth2_token_config' })
    .leftJoin({ r: RENEWAL }, 'r.token_config_id', 'c.id')
    // As the helpdesk finds it; some servers tell upper from lower case.
    .whereRaw('LOWER(c.name) = LOWER(?)', [config])
    .orderBy('c.id')
    .first('c.id', 'c.valid_id', 'r.state', 'r.urgency');
  if (!found) return null;
  const row: (FetchRow & Pick<AccountRow, 'muted_until' | 'changes_at'>) | undefined = await knex(MAILBOX)
    .where('account_id', 0)
    .first('muted_until', 'changes_at', ...FETCH_COLUMNS);
  due.set(0, dueAt(row));
  const watch: { queue: string | null } | undefined = await knex(WATCH).where('id', 1).first('queue');
  return {
    accountId: null,
    login,
    host,
    type,
    configId: found.id,
    isValid: found.valid_id === 1,
    fetches: withQueue(row ? toFetchFacts(row) : NO_FETCHES, readQueue(watch?.queue ?? null)),
    mutedUntil: row ? time(row.muted_until) : null,
    token: toToken(found),
  };
}

/** What an account's failures were counted for is no longer there: NULL and 0 for all of it. */
const CLEARED = { failures: 0, failing_since: null, causes: null, open_id: null, open_since: null };

interface NotedRow {
  id: number;
  login: string;
  host: string;
  type: string;
  sign_in: string | null;
  now: string;
  before: string | null;
  relay_config_id: number | null;
}

/**
 * Takes in which accounts exist, and which of them use the relay; the row of `oauth2_sidecar_mail_watch` is locked.
 * @param facts the mark of all accounts, as the look found it, and where the relay listens
 */
export async function noteAccounts(
  knex: Knex,
  dialect: Dialect,
  { mark, relay }: { mark: string; relay: RelayFacts },
): Promise<void> {
  const rows: NotedRow[] = await knex
    .from({ m: 'mail_account' })
    .leftJoin({ b: MAILBOX }, 'b.account_id', 'm.id')
    .select('m.id', 'm.login', 'm.host', 'm.account_type as type', `m.${dialect.columns.signIn} as sign_in`)
    .select('b.account_mark as before', 'b.relay_config_id', knex.raw(`${ACCOUNT_MARK} AS now`));
  const passwords = relay.places.length > 0 ? await readRelayPasswords(knex) : [];
  const configOf = createRelayedAccounts(relay.places, passwords);
  const values = rows.flatMap((row) => {
    const { id, now, before } = row;
    const relayed = row.sign_in === 'oauth2_token' ? null : configOf(row);
    return before === now && relayed === row.relay_config_id
      ? []
      : [
          {
            account_id: id,
            account_mark: now,
            relay_config_id: relayed,
            ...(before && before !== now ? CLEARED : {}),
          },
        ];
  });
  const lists = [values.filter((row) => 'failures' in row), values.filter((row) => !('failures' in row))];
  for (const list of lists) await writeRows(knex, dialect, list);
  // Not `DELETE … NOT IN (SELECT …)`, which would lock the helpdesk's rows.
  const gone: number[] = await knex
    .from({ b: MAILBOX })
    .leftJoin({ m: 'mail_account' }, 'm.id', 'b.account_id')
    .whereNull('m.id')
    .where('b.account_id', '<>', 0)
    .pluck('b.account_id');
  if (gone.length > 0) await knex(MAILBOX).whereIn('account_id', gone).delete();
  await knex(WATCH).where('id', 1).update({ account_mark: mark });
}

/** In two queries, because MySQL does not limit the rows of a subquery. */
const mostUrgent = (knex: Knex, most: number): Promise<number[]> =>
  knex(MAILBOX)
    .whereNotNull('severity')
    .orderBy(['severity', 'state', 'account_id'])
    .limit(most)
    .pluck('account_id');

/** The configurations whose tokens these accounts use. */
async function configsOf(knex: Knex, dialect: Dialect, accountIds: number[]): Promise<number[]> {
  const rows: { id: number | null }[] = await knex
    .from({ m: 'mail_account' })
    .leftJoin({ b: MAILBOX }, 'b.account_id', 'm.id')
    .whereIn('m.id', accountIds)
    .select(knex.raw(`${configId(dialect)} AS id`));
  return [...new Set(rows.flatMap(({ id }) => (id === null ? [] : [id])))];
}

/** The mail accounts that use the tokens of these configurations: two queries, each by an index. */
export const accountsOf = async (knex: Knex, configIds: number[]): Promise<number[]> => [
  ...(await knex('mail_account').whereIn('oauth2_token_config_id', configIds).pluck('id')),
  ...(await knex(MAILBOX).whereIn('relay_config_id', configIds).pluck('account_id')),
];

/**
 * Reads mailboxes with what is known of their fetches; see MailWatchStore.
 * @param due takes in when each of them is due
 */
export async function readMailboxes(
  knex: Knex,
  dialect: Dialect,
  { outbound, accountIds, most }: WhichMailboxes,
  due: DueTimes = new Map(),
): Promise<WatchedMailbox[]> {
  const smtp = outbound ? await outboundOf(knex, outbound, due) : null;
  if (accountIds?.length === 0) return [];
  const query = watched(knex, dialect);
  // The mailboxes of one configuration are judged together.
  if (accountIds) {
    const configs = await configsOf(knex, dialect, accountIds);
    if (smtp && accountIds.includes(0)) configs.push(smtp.configId);
    query.whereIn('m.id', await accountsOf(knex, configs));
  }
  if (most !== undefined) query.whereIn('m.id', await mostUrgent(knex, most));
  const rows: AccountRow[] = await query;
  for (const row of rows) due.set(row.id, dueAt(row));
  const configs = new Set(rows.map(({ config_id }) => config_id));
  const isAsked = smtp && (!accountIds || accountIds.includes(0) || configs.has(smtp.configId));
  return [...rows.map(toMailbox), ...(isAsked ? [smtp] : [])];
}
