import type { Knex } from 'knex';
import type { Attempt } from '../../plugin/domain/token/renewal-store.js';
import type { StoredToken } from '../../plugin/domain/token/token.js';
import { together } from '../../plugin/lib/together.js';
import type { Database } from '../database.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Value } from '../dialect/expressions.js';
import { listOf } from '../dialect/list.js';
import { writeAttempt, writeAttempts } from './attempts.js';
import { ownValue, ownValues } from './own-values.js';

export interface TokenSave {
  /** The row as it was read. */
  expected: StoredToken;
  values: Record<string, Value>;
  attempt?: Attempt | undefined;
}

/** Rolls back a transaction if not all of its rows are as they were read. */
class Outdated extends Error {}

/**
 * Writes the rows whose tokens nobody has changed. Compares byte by byte, because the columns' collation does
 * not distinguish `abc` from `ABC`.
 * @returns how many rows were written
 */
export async function writeUnchanged(
  knex: Knex,
  dialect: Dialect,
  saves: Pick<TokenSave, 'expected' | 'values'>[],
): Promise<number> {
  const rows = saves.map(({ expected, values }) => ({ id: expected.configId, expected, values }));
  const { tokenConfig: key } = dialect.columns;
  const own = ownValues(dialect, key, rows);
  const access = ownValue(dialect, { key }, rows, ({ expected }) => expected.accessToken ?? '');
  const refresh = ownValue(dialect, { key }, rows, ({ expected }) => expected.refreshToken ?? '');
  const { sameBytes } = dialect.expressions;
  const these = listOf(rows.map(({ id }) => id));
  return dialect.statements.change(
    knex,
    `UPDATE oauth2_token SET ${own.sql} WHERE ${key} IN ${these.sql}
       AND ${sameBytes("COALESCE(token, '')", access.sql)}
       AND ${sameBytes("COALESCE(refresh_token, '')", refresh.sql)}`,
    [...own.bindings, ...these.bindings, ...access.bindings, ...refresh.bindings],
  );
}

/**
 * Compare-and-set of tokens, each with its attempt in the same transaction. Saves that arrive while others
 * are being written share one transaction of a few statements; if one of them fails, each is written
 * separately.
 */
export function createSaves(db: Database) {
  const alone = ({ expected, values, attempt }: TokenSave): Promise<boolean> =>
    db.transaction('tokens.save', ({ run }) =>
      run('tokens.save', async (knex, dialect) => {
        const written = await writeUnchanged(knex, dialect, [{ expected, values }]);
        if (written > 0 && attempt) await writeAttempt(knex, dialect, expected.configId, attempt);
        return written > 0;
      }),
    );

  const all = (saves: TokenSave[]): Promise<void> =>
    db.transaction('tokens.save', ({ run }) =>
      run('tokens.save', async (knex, dialect) => {
        if ((await writeUnchanged(knex, dialect, saves)) !== saves.length) throw new Outdated();
        await writeAttempts(
          knex,
          dialect,
          saves.flatMap(({ expected, attempt }) => (attempt ? [{ id: expected.configId, attempt }] : [])),
        );
      }),
    );

  /**
   * Configurations whose row was locked: they are saved separately until one succeeds, so that no other save
   * waits for that row again.
   */
  const locked = new Set<number>();

  async function apart(save: TokenSave): Promise<boolean> {
    const { configId } = save.expected;
    try {
      const written = await alone(save);
      locked.delete(configId);
      return written;
    } catch (error) {
      if (db.dialect.errors.isBusy(error)) locked.add(configId);
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

  /**
   * @returns whether the row was as it had been read; a consent, whose identity is written too, is saved
   *   separately
   */
  return (save: TokenSave): Promise<boolean> =>
    save.attempt?.consent || locked.has(save.expected.configId) ? apart(save) : gathered(save);
}
