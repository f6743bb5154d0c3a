import type { Knex } from 'knex';
import type { Clock } from '../../plugin/domain/clock.js';
import { SYSTEM_USER } from '../../plugin/domain/helpdesk/system-user.js';
import type { Attempt } from '../../plugin/domain/token/renewal-store.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { SidecarError } from '../../plugin/errors.js';
import type { ColumnReader } from '../columns.js';
import type { Database } from '../database.js';
import { type Dates, datesOf, type Zone } from '../dates.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Value } from '../dialect/expressions.js';
import { writeAttempt } from './attempts.js';
import { addEvent } from './events.js';
import { findProblems } from './overview.js';
import { beginAnew } from './renewal-marks.js';
import { RENEWAL } from './renewal-table.js';
import { TOKEN_COLUMNS, type TokenRow, toStoredToken } from './token-row.js';
import { createSaves, writeUnchanged } from './token-saves.js';

export interface TokenStoreDeps {
  db: Database;
  columns: ColumnReader;
  zone: Zone;
  clock: Clock;
}

const find = (knex: Knex, { columns }: Dialect, configId: number): Promise<TokenRow | undefined> =>
  knex('oauth2_token').select(TOKEN_COLUMNS).where(columns.tokenConfig, configId).first();

/**
 * Finds the token's row, or adds an empty one as the helpdesk does on first use. Another process may add it
 * first.
 */
async function findOrMake(
  knex: Knex,
  dialect: Dialect,
  configId: number,
  now: () => Promise<string>,
): Promise<TokenRow> {
  const row = await find(knex, dialect, configId);
  if (row) return row;
  const time = await now();
  const { tokenConfig } = dialect.columns;
  const empty = {
    [tokenConfig]: configId,
    create_time: time,
    create_by: SYSTEM_USER,
    change_time: time,
    change_by: SYSTEM_USER,
  };
  await dialect.statements.insertMissing(knex, 'oauth2_token', empty, tokenConfig);
  const made = await find(knex, dialect, configId);
  // The statement adds nothing for a configuration that does not exist.
  if (!made) throw new SidecarError('unknown-token-config');
  return made;
}

const NO_ERROR = { error_message: null, error_description: null, error_code: null };
const NO_TOKENS = {
  token: null,
  token_expiration_date: null,
  refresh_token: null,
  refresh_token_expiration_date: null,
};

/** The columns that an answer changes; all others keep their values. */
function valuesOf(answer: Parameters<TokenStore['save']>[1], dates: Dates): Record<string, Value> {
  const values: Record<string, Value> = { ...NO_ERROR };
  if (answer.accessToken !== undefined) values.token = answer.accessToken;
  if (answer.accessTokenExpiresAt) values.token_expiration_date = dates.write(answer.accessTokenExpiresAt);
  if (answer.refreshToken !== undefined) values.refresh_token = answer.refreshToken;
  if (answer.refreshTokenExpiresAt !== undefined)
    values.refresh_token_expiration_date =
      answer.refreshTokenExpiresAt && dates.write(answer.refreshTokenExpiresAt);
  return values;
}

export function createTokenStore({ db, columns, zone, clock }: TokenStoreDeps): TokenStore {
  const now = async (): Promise<string> => (await datesOf(zone)).write(clock());

  const get = (configId: number): Promise<TokenRow> =>
    db.run('tokens.get', (knex, dialect) => findOrMake(knex, dialect, configId, now));

  /** Uses a transaction if there is more to write than the row. */
  const withAttempt = <T>(
    what: string,
    attempt: Attempt | undefined,
    work: (knex: Knex, dialect: Dialect) => Promise<T>,
  ) => (attempt ? db.transaction(what, ({ run }) => run(what, work)) : db.run(what, work));

  const save = createSaves(db);

  return {
    get: async (configId) => toStoredToken(configId, await get(configId), await datesOf(zone)),

    async save(expected, answer, userId, attempt) {
      await columns.check('oauth2_token', {
        token: [answer.accessToken, 'Token'],
        refresh_token: [answer.refreshToken, 'RefreshToken'],
      });
      const dates = await datesOf(zone);
      const written = { change_time: dates.write(clock()), change_by: userId };
      const values = { ...valuesOf(answer, dates), ...written };
      return save({ expected, values, attempt });
    },

    async clear(expected, userId, event) {
      const values = { ...NO_TOKENS, ...NO_ERROR, change_time: await now(), change_by: userId };
      return db.transaction('tokens.clear', ({ run }) =>
        run('tokens.clear', async (knex, dialect) => {
          if ((await writeUnchanged(knex, dialect, [{ expected, values }])) === 0) return false;
          await addEvent(knex, dialect, expected.configId, event);
          await beginAnew(knex, dialect, [expected.configId], clock());
          // What the deleted token lacked says nothing about the next one.
          await knex(RENEWAL).where({ token_config_id: expected.configId }).update({ missing_scopes: null });
          return true;
        }),
      );
    },

    async saveError(configId, { errorMessage, errorDescription, errorCode }, userId, attempt) {
      const fit = async (column: string, text: string | null): Promise<string | null> =>
        text === null ? null : columns.fit('oauth2_token', column, text);
      const values = {
        error_message: await fit('error_message', errorMessage),
        error_description: await fit('error_description', errorDescription),
        error_code: await fit('error_code', errorCode),
        change_time: await now(),
        change_by: userId,
      };
      await get(configId);
      await withAttempt('tokens.save-error', attempt, async (knex, dialect) => {
        await knex('oauth2_token').where(dialect.columns.tokenConfig, configId).update(values);
        if (attempt) await writeAttempt(knex, dialect, configId, attempt);
      });
    },

    problems: (at, limit) => findProblems(db, zone, at, limit),
  };
}
