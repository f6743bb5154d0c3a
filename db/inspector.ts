import type { DatabaseInspector } from '../plugin/domain/doctor/doctor-ports.js';
import { COMMON } from '../plugin/domain/product/records.js';
import type { Database } from './database.js';
import { GRANTS, type Right } from './grants.js';
import { pendingMigrations } from './migrate.js';
import { mysqlCode } from './mysql-errors.js';

/** Statements whose rights the server checks although they touch no row, with the names that they need. */
const HARMLESS: Record<Right, (table: string, column: string) => [sql: string, names: string[]]> = {
  SELECT: (table, column) => ['SELECT ?? FROM ?? LIMIT 0', [column, table]],
  INSERT: (table) => ['INSERT INTO ?? SELECT * FROM ?? WHERE 1 = 0', [table, table]],
  UPDATE: (table, column) => ['UPDATE ?? SET ?? = ?? WHERE 1 = 0', [table, column, column]],
  DELETE: (table) => ['DELETE FROM ?? WHERE 1 = 0', [table]],
};

const DENIED = ['ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR'];
const ABSENT = ['ER_NO_SUCH_TABLE'];

/** The table of groups has one name or the other. */
const [NEWER_GROUPS, OLDER_GROUPS] = COMMON.groupTables;
const OTHER_NAME: Record<string, string> = { [OLDER_GROUPS]: NEWER_GROUPS, [NEWER_GROUPS]: OLDER_GROUPS };

/** Not on every helpdesk, and missed where it is closed to us by an answer that is too short only. */
const OPTIONAL = ['sendmail_config'];

/** A table that information_schema does not show is absent, or closed to us altogether. */
function isExpected(table: string, tables: ReadonlyMap<string, unknown>): boolean {
  if (OPTIONAL.includes(table)) return tables.has(table);
  const other = OTHER_NAME[table];
  return other === undefined || tables.has(table) || !tables.has(other);
}

export function createDatabaseInspector({
  db,
  sessionTable,
}: {
  db: Database;
  /** The setting SessionTable. */
  sessionTable(): Promise<string>;
}): DatabaseInspector {
  const one = async (what: string, sql: string): Promise<string> => {
    const [rows] = (await db.run(what, (knex) => knex.raw(sql))) as [Record<string, unknown>[]];
    return String(Object.values(rows[0] ?? {})[0]);
  };

  /** Table -> the columns that this user may know of. */
  async function visibleColumns(sessions: string): Promise<Map<string, string[]>> {
    const names = [...GRANTS.map(({ table }) => table), sessions];
    const rows: { table: string; name: string }[] = await db.run('doctor.columns', (knex) =>
      knex
        .select({ table: 'TABLE_NAME', name: 'COLUMN_NAME' })
        .from('information_schema.COLUMNS')
        .where({ TABLE_SCHEMA: db.name })
        .whereIn('TABLE_NAME', names),
    );
    const columns = new Map<string, string[]>();
    for (const { table, name } of rows) columns.set(table, [...(columns.get(table) ?? []), name]);
    return columns;
  }

  async function isDenied(right: Right, table: string, column: string): Promise<boolean> {
    const [sql, names] = HARMLESS[right](table, column);
    try {
      await db.knex.raw(sql, names);
      return false;
    } catch (error) {
      const code = mysqlCode(error) ?? '';
      if (DENIED.includes(code)) return true;
      if (ABSENT.includes(code)) return false;
      return db.run('doctor.rights', () => Promise.reject(error));
    }
  }

  return {
    version: () => one('doctor.version', 'SELECT VERSION()'),
    now: async () => new Date(`${(await one('doctor.now', 'SELECT UTC_TIMESTAMP(3)')).replace(' ', 'T')}Z`),
    async missingRights() {
      const sessions = await sessionTable();
      const tables = await visibleColumns(sessions);
      const missing: string[] = [];
      for (const { table: name, rights, without = [] } of GRANTS) {
        const table = name === 'sessions' ? sessions : name;
        if (!isExpected(table, tables)) continue;
        const open = (tables.get(table) ?? []).filter((column) => !without.includes(column));
        for (const right of rights)
          if (await isDenied(right, table, open[0] ?? 'id')) missing.push(`${right} on ${table}`);
      }
      return missing;
    },
    async hasGroup(name) {
      const sessions = await sessionTable();
      const tables = await visibleColumns(sessions);
      const table = COMMON.groupTables.find((name) => tables.has(name)) ?? OLDER_GROUPS;
      const row = await db.run('doctor.group', (knex) => knex(table).where({ name }).first('id'));
      return row !== undefined;
    },
    pendingMigrations: () => db.run('doctor.migrations', (knex) => pendingMigrations(knex)),
  };
}
