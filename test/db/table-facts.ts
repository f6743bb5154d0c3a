import { IS_POSTGRES } from '../support/database.js';
import type { Fixture } from './fixture.js';

type Rows = Pick<Fixture, 'rows'>;

/**
 * Everything that the server's catalogue knows about tables: columns in order, keys, foreign keys, engine and character
 * set.
 */
export function tableFacts({ rows }: Rows, schema: string, tables: string[]) {
  return IS_POSTGRES ? postgresFacts({ rows }, tables) : mysqlFacts({ rows }, schema, tables);
}

interface Facts {
  tables: Record<string, unknown>[];
  columns: Record<string, unknown>[];
  keys: Record<string, unknown>[];
  foreignKeys: Record<string, unknown>[];
}

async function mysqlFacts(fix: Rows, schema: string, tables: string[]): Promise<Facts> {
  const list = tables.map(() => '?').join(', ');
  const all = [schema, ...tables];
  return {
    tables: await fix.rows(
      `SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES
       WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN (${list}) ORDER BY 1`,
      all,
    ),
    columns: await fix.rows(
      `SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME AS name, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA,
         COLLATION_NAME
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

/** A column that is added is always the last one, so their order does not count. */
async function postgresFacts(fix: Rows, tables: string[]): Promise<Facts> {
  const list = tables.map(() => '?').join(', ');
  const of = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'`;
  const these = `c.relname IN (${list}) ORDER BY 1, 2`;
  return {
    tables: await fix.rows(`SELECT c.relname AS table, c.relkind AS kind ${of} WHERE ${these}`, tables),
    columns: await fix.rows(
      `SELECT c.relname AS table, a.attname AS name,
         format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attgenerated, l.collname,
         pg_get_expr(d.adbin, d.adrelid) AS value
       ${of} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       LEFT JOIN pg_collation l ON l.oid = a.attcollation WHERE ${these}`,
      tables,
    ),
    keys: await fix.rows(
      `SELECT c.relname AS table, pg_get_indexdef(i.indexrelid) AS definition ${of}
       JOIN pg_index i ON i.indrelid = c.oid WHERE ${these}`,
      tables,
    ),
    foreignKeys: await fix.rows(
      `SELECT c.relname AS table, k.conname, pg_get_constraintdef(k.oid) AS definition ${of}
       JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' WHERE ${these}`,
      tables,
    ),
  };
}
