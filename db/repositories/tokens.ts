import type { Knex } from 'knex';
import type { Clock, TokenStore } from '../../plugin/domain/ports.js';
import { SidecarError } from '../../plugin/errors.js';
import type { ColumnReader } from '../columns.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';
import { findProblems } from './token-problems.js';
import { TOKEN_COLUMNS, type TokenRow, toStoredToken } from './token-row.js';

export interface TokenStoreDeps {
  db: Database;
  columns: ColumnReader;
  zone: Zone;
  clock: Clock;
}

/** The user that the helpdesk's own background jobs act as. */
const SYSTEM_USER = 1;

export function createTokenStore({ db, columns, zone, clock }: TokenStoreDeps): TokenStore {
  const now = async (): Promise<string> => (await datesOf(zone)).write(clock());

  const find = (knex: Knex, configId: number): Promise<TokenRow | undefined> =>
    knex('oauth2_token').select(TOKEN_COLUMNS).where({ token_config_id: configId }).first();

  /** As the helpdesk does when it looks at a configuration for the first time; somebody may be faster. */
  async function makeRow(knex: Knex, configId: number): Promise<void> {
    const time = await now();
    await knex('oauth2_token')
      .insert({
        token_config_id: configId,
        create_time: time,
        create_by: SYSTEM_USER,
        change_time: time,
        change_by: SYSTEM_USER,
      })
      .onConflict('token_config_id')
      .ignore();
  }

  async function get(configId: number): Promise<TokenRow> {
    return db.run('tokens.get', async (knex) => {
      const row = await find(knex, configId);
      if (row) return row;
      await makeRow(knex, configId);
      const made = await find(knex, configId);
      // The insert ignores a configuration that does not exist.
      if (!made) throw new SidecarError('unknown-token-config');
      return made;
    });
  }

  return {
    get: async (configId) => toStoredToken(await get(configId), await datesOf(zone)),

    async save(expected, answer, userId) {
      await columns.check('oauth2_token', {
        token: [answer.accessToken, 'Token'],
        refresh_token: [answer.refreshToken, 'RefreshToken'],
      });
      const dates = await datesOf(zone);
      const values: Record<string, string | number | null> = {
        error_message: null,
        error_description: null,
        error_code: null,
        change_time: dates.write(clock()),
        change_by: userId,
      };
      if (answer.accessToken !== undefined) values.token = answer.accessToken;
      if (answer.accessTokenExpiresAt)
        values.token_expiration_date = dates.write(answer.accessTokenExpiresAt);
      if (answer.refreshToken !== undefined) values.refresh_token = answer.refreshToken;
      if (answer.refreshTokenExpiresAt !== undefined)
        values.refresh_token_expiration_date =
          answer.refreshTokenExpiresAt && dates.write(answer.refreshTokenExpiresAt);
      return db.run('tokens.save', async (knex) => {
        const written = await knex('oauth2_token')
          .where({ token_config_id: expected.configId })
          // Byte by byte: the columns' collation would take `abc` for `ABC`.
          .whereRaw("CAST(COALESCE(token, '') AS BINARY) = CAST(? AS BINARY)", [expected.accessToken ?? ''])
          .whereRaw("CAST(COALESCE(refresh_token, '') AS BINARY) = CAST(? AS BINARY)", [
            expected.refreshToken ?? '',
          ])
          .update(values);
        return written > 0;
      });
    },

    async saveError(configId, { errorMessage, errorDescription, errorCode }, userId) {
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
      await db.run('tokens.save-error', (knex) =>
        knex('oauth2_token').where({ token_config_id: configId }).update(values),
      );
    },

    async dueBefore(before, limit) {
      const date = (await datesOf(zone)).write(before);
      return db.run('tokens.due-before', (knex) =>
        knex
          .from({ t: 'oauth2_token' })
          .join({ c: 'oauth2_token_config' }, 'c.id', 't.token_config_id')
          .where('c.valid_id', knex('valid').select('id').where({ name: 'valid' }).limit(1))
          .where('t.refresh_token', '<>', '')
          .where((due) =>
            due.where('t.token_expiration_date', '<', date).orWhereNull('t.token').orWhere('t.token', ''),
          )
          // A grant that the provider has declared dead is asked last, so that it never keeps a living one waiting.
          .orderByRaw("COALESCE(t.error_code = 'invalid_grant' OR t.error_message = 'invalid_grant', 0)")
          .orderBy(['t.token_expiration_date', 't.token_config_id'])
          .limit(limit)
          .pluck('t.token_config_id'),
      );
    },

    problems: (at, limit) => findProblems(db, zone, at, limit),
  };
}
