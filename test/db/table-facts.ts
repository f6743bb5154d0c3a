import type { Fixture } from './fixture.js';

/**
 * Everything that information_schema knows about tables: columns in order, keys, foreign keys, engine and character
 * set.
 */
export async function tableFacts(fix: Pick<Fixture, 'rows'>, schema: string, tables: string[]) {
  const list = tables.map(() => '?').join(', ');
  const all = [schema, ...tables];
  return {
    tables: await fix.rows(
      `SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES
       WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (${list}) ORDER BY 1`,
      all,
    ),
    columns: await fix.rows(
      `SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (${list}) ORDER BY 1, 2`,
      all,
    ),
    keys: await fix.rows(
      `SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME
       FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (${list}) ORDER BY 1, 2, 4`,
      all,
    ),
    foreignKeys: await fix.rows(
      `SELECT k.TABLE_NAME, k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME,
         r.UPDATE_RULE, r.DELETE_RULE
       FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
         ON r.CONSTRAINT_SCHEMA = k.TABLE_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
       WHERE k.TABLE_SCHEMA = ? AND k.TABLE_NAME IN (${list}) ORDER BY 1, 2, 3`,
      all,
    ),
  };
}
