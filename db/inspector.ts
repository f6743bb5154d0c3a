import type { DatabaseInspector } from '../plugin/domain/doctor/doctor-ports.js';
import { COMMON } from '../plugin/domain/product/records.js';
import type { Database } from './database.js';
import { GRANTS, type Right } from './grants.js';
import { pendingMigrations } from './migrate.js';

/** The table of groups has one of two names. */
const [NEWER_GROUPS, OLDER_GROUPS] = COMMON.groupTables;
const OTHER_NAME: Record<string, string> = { [OLDER_GROUPS]: NEWER_GROUPS, [NEWER_GROUPS]: OLDER_GROUPS };

/**
 * Not on every helpdesk. If the sidecar has no right on it, the only effect is an incomplete list of usages.
 */
const OPTIONAL = ['sendmail_config'];

/**
 * Should the table exist? One that information_schema does not show is missing, or the user has no right on
 * it.
 */
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
  /** Table -> the columns that this user may know of. */
  const visibleColumns = (sessions: string): Promise<Map<string, string[]>> =>
    db.run('doctor.columns', (knex, { catalog }) =>
      catalog.columnNames(knex, db.name, [...GRANTS.map(({ table }) => table), sessions]),
    );

  async function isDenied(right: Right, table: string, column: string): Promise<boolean> {
    try {
      return !(await db.dialect.accounts.may(db.knex, right, table, column));
    } catch (error) {
      if (db.dialect.errors.isTableMissing(error)) return false;
      return db.run('doctor.rights', () => Promise.reject(error));
    }
  }

  return {
    version: () =>
      db.run('doctor.version', async (knex, { catalog }) => {
        const text = await catalog.version(knex);
        return { text, old: catalog.oldVersion(text) };
      }),
    now: () => db.run('doctor.now', (knex, { catalog }) => catalog.now(knex)),
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
