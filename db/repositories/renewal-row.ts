import type { Knex } from 'knex';
import { scopeList } from '../../plugin/domain/configuration/scopes.js';
import { readMailUse } from '../../plugin/domain/mailbox/mail-use.js';
import { toLostAnswer } from '../../plugin/domain/provider/lost-answer.js';
import type { RenewalState } from '../../plugin/domain/token/renewal.js';
import type { RenewalRow } from '../../plugin/domain/token/renewal-store.js';
import type { StateMark } from '../../plugin/domain/token/state-mark.js';
import type { Dates } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import { NO_END } from '../migrations/0004-stored-state.js';
import { instantOf } from './own-times.js';
import { marksOf } from './renewal-marks.js';
import { CONFIG_COLUMNS, type ConfigRow, toTokenConfig } from './token-config-row.js';
import { type Prefixed, TOKEN_COLUMNS, type TokenRow, toStoredToken, withoutPrefix } from './token-row.js';

type Time = number | string | null;

interface StateRow {
  failures: number | null;
  outcome: string | null;
  retry_at: Time;
  last_success_at: Time;
  received_at: Time;
  expires_at: Time;
  failing_since: Time;
  error: string | null;
  other_mailbox: string | null;
  mail: string | null;
  missing_scopes: string | null;
  refresh_token_dies_at: Time;
  refresh_expires_at: Time;
  /** For the stored refresh token only. */
  lost_answer: string | null;
  /** 1: nobody has written to the token since our own times were recorded. */
  is_known: number | null;
  token_mark: string | null;
  config_mark: string;
}
const STATE_COLUMNS = [
  'failures',
  'outcome',
  'retry_at',
  'last_success_at',
  'received_at',
  'expires_at',
  'failing_since',
  'error',
  'other_mailbox',
  'mail',
  'missing_scopes',
  'refresh_token_dies_at',
  'refresh_expires_at',
] as const satisfies (keyof StateRow)[];

/** Configuration, token and state from one join. */
export type JoinedRow = ConfigRow & Prefixed<TokenRow> & StateRow;

/** Tables c and t, and the columns of r, which the caller joins. */
export function joinedRows(knex: Knex, dialect: Dialect): Knex.QueryBuilder {
  const marks = marksOf(dialect);
  return knex
    .from({ c: 'oauth2_token_config' })
    .leftJoin({ t: 'oauth2_token' }, `t.${dialect.columns.tokenConfig}`, 'c.id')
    .select(CONFIG_COLUMNS.map((name) => `c.${name}`))
    .select(TOKEN_COLUMNS.map((name) => `t.${name} as t_${name}`))
    .select(STATE_COLUMNS.map((name) => `r.${name}`))
    .select({
      config_mark: knex.raw(marks.config),
      token_mark: knex.raw(marks.token),
      is_known: knex.raw(`CASE WHEN r.token_mark = ${marks.token} THEN 1 ELSE 0 END`),
      lost_answer: knex.raw(
        `CASE WHEN r.lost_answer_of = ${marks.refreshToken} THEN r.lost_answer ELSE NULL END`,
      ),
    });
}

/** The width of the column, in characters. */
const SCOPES = 1000;

/** Scopes as one value, separated by spaces; those that do not fit are left out. */
export function writeScopes(scopes: readonly string[]): string | null {
  const fitting = scopes.reduce((text, scope) => {
    const longer = text === '' ? scope : `${text} ${scope}`;
    return longer.length > SCOPES || !/^[\x21-\x7e]+$/.test(scope) ? text : longer;
  }, '');
  return fitting || null;
}

export const time = (value: Time): Date | null => (value === null ? null : new Date(Number(value)));

const toState = (row: StateRow): RenewalState => ({
  failures: row.failures ?? 0,
  outcome: row.outcome as RenewalState['outcome'],
  retryAt: time(row.retry_at),
  lastSuccessAt: time(row.last_success_at),
  receivedAt: time(row.received_at),
  failingSince: time(row.failing_since),
  error: row.error,
  otherMailbox: row.other_mailbox,
  missingScopes: scopeList(row.missing_scopes ?? ''),
  mail: readMailUse(row.mail),
  lostAnswer: toLostAnswer(row.lost_answer),
});

export function toRenewalRow(row: JoinedRow, dates: Dates): RenewalRow {
  const token = {
    ...withoutPrefix(row),
    change_time: row.t_change_time ?? row.change_time,
  };
  const isKnown = Number(row.is_known) === 1;
  const [end, refreshEnd] = [time(row.expires_at), time(row.refresh_expires_at)];
  const accessTokenExpiresAt = instantOf(token.token_expiration_date, end, isKnown, dates);
  const refreshTokenExpiresAt = instantOf(token.refresh_token_expiration_date, refreshEnd, isKnown, dates);
  const isUnnoted = (accessTokenExpiresAt && !end) || (refreshTokenExpiresAt && !refreshEnd);
  return {
    config: toTokenConfig(row, dates),
    token: { ...toStoredToken(row.id, token, dates), accessTokenExpiresAt, refreshTokenExpiresAt },
    renewal: toState(row),
    configMark: row.config_mark,
    ...(isKnown && isUnnoted ? { unnoted: row.token_mark ?? '' } : {}),
  };
}

/** The columns by which overview and bar find rows. */
export const markColumns = ({ kind, rank, notice, endsAt, provider, told }: StateMark) => ({
  state: kind,
  urgency: rank,
  token_state: told.kind,
  token_urgency: told.rank,
  notice: notice ? 1 : 0,
  token_ends_at: endsAt?.getTime() ?? NO_END,
  provider: /^[\x20-\x7e]*$/.test(provider) ? provider.slice(0, 255) : '',
});
