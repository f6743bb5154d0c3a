import type { StoredToken } from '../../plugin/domain/token/token.js';
import type { Dates } from '../dates.js';

/**
 * Table `oauth2_token`, without the columns that the sidecar does not touch (authorization_code,
 * dbcrud_uuid), and without the configuration's ID, by which rows are found: its name depends on the product.
 */
export interface TokenRow {
  token: string | null;
  token_expiration_date: string | null;
  refresh_token: string | null;
  refresh_token_expiration_date: string | null;
  error_message: string | null;
  error_description: string | null;
  error_code: string | null;
  change_time: string;
}

export const TOKEN_COLUMNS = [
  'token',
  'token_expiration_date',
  'refresh_token',
  'refresh_token_expiration_date',
  'error_message',
  'error_description',
  'error_code',
  'change_time',
] as const satisfies (keyof TokenRow)[];

/** Empty texts count as missing, as in the helpdesk. */
const text = (value: string | null): string | null => value || null;

export function toStoredToken(configId: number, row: TokenRow, dates: Dates): StoredToken {
  return {
    configId,
    accessToken: text(row.token),
    accessTokenExpiresAt: dates.read(row.token_expiration_date),
    refreshToken: text(row.refresh_token),
    refreshTokenExpiresAt: dates.read(row.refresh_token_expiration_date),
    errorMessage: text(row.error_message),
    errorDescription: text(row.error_description),
    errorCode: text(row.error_code),
    changeTime: dates.readRequired(row.change_time),
  };
}

/** The columns in a join, as `t_token` and so on. */
export type Prefixed<Row> = { [K in keyof Row & string as `t_${K}`]: Row[K] };

export const withoutPrefix = (row: Prefixed<TokenRow>): TokenRow =>
  Object.fromEntries(TOKEN_COLUMNS.map((name) => [name, row[`t_${name}`]])) as unknown as TokenRow;
