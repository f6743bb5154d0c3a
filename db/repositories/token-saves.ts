import type { Knex } from 'knex';
import type { Attempt } from '../../plugin/domain/token/renewal-store.js';
import type { StoredToken } from '../../plugin/domain/token/token.js';
import { together } from '../../plugin/lib/together.js';
import type { Database } from '../database.js';
import { isBusy } from '../mysql-errors.js';
import { writeAttempt, writeAttempts } from './attempts.js';
import { ownValue, ownValues, type Value } from './own-values.js';

export interface TokenSave {
  /** The row as it was read. */
  expected: StoredToken;
  values: Record<string, Value>;
  attempt?: Attempt | undefined;
}

/** Rolls back a transaction in which not all of the rows were as they were read. */
class Outdated extends Error {}

/**
 * Writes the rows whose tokens nobody has changed; byte by byte: the columns' collation would take `abc` for `ABC`.
 * @returns how many those are
 */
export async function writeUnchanged(
  knex: Knex,
  saves: Pick<TokenSave, 'expected' | 'values'>[],
): Promise<number> {
  const rows = saves.map(({ expected, values }) => ({ id: expected.configId, expected, values }));
  const own = ownValues('token_config_id', rows);
  const access = ownValue('token_config_id', rows, ({ expected }) => expected.accessToken ?? '');
  const refresh = ownValue('token_config_id', rows, ({ expected }) => expected.refreshToken ?? '');
  const [{ affectedRows }] = await knex.raw(
    `UPDATE oauth2_token SET ${own.sql} WHERE token_config_id IN (?)
       AND CAST(COALESCE(token, '') AS BINARY) = CAST(${access.sql} AS BINARY)
       AND CAST(COALESCE(refresh_token, '') AS BINARY) = CAST(${refresh.sql} AS BINARY)`,
    // The array is the list of IN; the types know single values only.
    [...own.bindings, rows.map(({ id }) => id), ...access.bindings, ...refresh.bindings] as Value[],
  );
  return affectedRows;
}

/**
 * Compare-and-set of tokens, each with its attempt in the same transaction. Those that arrive while others are being
 * written are one transaction of a few statements; where one of them stands in the way, each goes by itself.
 */
export function createSaves(db: Database) {
  const alone = ({ expected, values, attempt }: TokenSave): Promise<boolean> =>
    db.transaction('tokens.save', ({ run }) =>
      run('tokens.save', async (knex) => {
        const written = await writeUnchanged(knex, [{ expected, values }]);
        if (written > 0 && attempt) await writeAttempt(knex, expected.configId, attempt);
        return written > 0;
      }),
    );

  const all = (saves: TokenSave[]): Promise<void> =>
    db.transaction('tokens.save', ({ run }) =>
      run('tokens.save', async (knex) => {
        if ((await writeUnchanged(knex, saves)) !== saves.length) throw new Outdated();
        await writeAttempts(
          knex,
          saves.flatMap(({ expected, attempt }) => (attempt ? [{ id: expected.configId, attempt }] : [])),
        );
      }),
    );

  /** Those whose row was locked: until one is written, it goes by itself, so that nobody else waits for that row again. */
  const locked = new Set<number>();

  async function apart(save: TokenSave): Promise<boolean> {
    const { configId } = save.expected;
    try {
      const written = await alone(save);
      locked.delete(configId);
      return written;
    } catch (error) {
      if (isBusy(error)) locked.add(configId);
      throw error;
    }
  }

  const gathered = together(async (saves: TokenSave[]) => {
    const done = await all(saves).then(
      () => true,
      () => false,
    );
    return saves.map((save) => (done ? true : apart(save)));
  });

  /** @returns whether the row was as it had been read; a consent, whose identity is written too, goes by itself */
  return (save: TokenSave): Promise<boolean> =>
    save.attempt?.consent || locked.has(save.expected.configId) ? apart(save) : gathered(save);
}
