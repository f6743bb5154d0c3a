import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../db/database.js';
import { migrate, ownTables } from '../../db/migrate.js';
import { partFile } from '../lab/golden.js';
import { scratchDatabase } from '../support/database.js';
import { tableFacts } from './table-facts.js';

const FOLDER = path.join(import.meta.dirname, 'released');
/** Tables that hold nothing but the state of updates. */
const NOT_DATA = /_(migration(_lock)?|migrating)$/;

export type Row = Record<string, unknown>;

/** A separate helpdesk database, with the user that may change tables, and what the tests of an upgrade do with it. */
export async function upgradeDatabase() {
  const scratch = await scratchDatabase(partFile);
  const address = { ...scratch.connection, socket: null };
  const db = openDatabase(address);
  const rows = <T = Row>(sql: string, bindings: (string | number)[] = []): Promise<T[]> =>
    db.dialect.statements.rows<T>(db.knex, sql, bindings);
  const own = (): Promise<string[]> => ownTables(db);
  return {
    db,
    address,
    rows,
    own,
    facts: async () => tableFacts({ rows }, db.name, await own()),
    async empty() {
      for (const name of await own()) await db.knex.schema.dropTable(name);
    },
    /** Runs a file of test/db/released. @param name without `.sql` */
    async load(name: string) {
      const text = readFileSync(path.join(FOLDER, `${name}.sql`), 'utf8').replace(/^--.*$/gm, '');
      for (const statement of text.split(/;$/m)) if (statement.trim()) await db.knex.raw(statement.trim());
    },
    /** Every row of the sidecar's tables but those of updates. */
    async data(): Promise<Record<string, Row[]>> {
      const found: Record<string, Row[]> = {};
      for (const name of (await own()).filter((table) => !NOT_DATA.test(table)))
        found[name] = await rows(`SELECT * FROM ${name} ORDER BY 1`);
      return found;
    },
    close: () => db.close().then(() => scratch.drop()),
  };
}

export type UpgradeDatabase = Awaited<ReturnType<typeof upgradeDatabase>>;

/** Names of the files of a folder below test/db/released, with the folder, without `.sql`. */
export const dumpsIn = (folder: string): string[] =>
  readdirSync(path.join(FOLDER, folder))
    .filter((file) => file.endsWith('.sql'))
    .map((file) => path.join(folder, path.basename(file, '.sql')))
    .sort();

/** Migration 0002 put the leases into the table of renewals; what they were for is renewed again. */
const REPLACED = 'oauth2_sidecar_lease';

/** Migration 0004 makes the renewal service look at every configuration again; all else stays, to the letter. */
const expected = (table: string, row: Row): Row =>
  table === 'oauth2_sidecar_renewal' && !('state' in row) ? { ...row, due_at: 0 } : row;

/**
 * Upgrades the tables that are there, each of which must have rows, and compares every value that they had.
 * @param removed columns that the upgrade drops
 */
export async function expectRowsKept(
  { data, db }: UpgradeDatabase,
  removed: readonly string[] = [],
): Promise<void> {
  const before = await data();
  for (const [table, rows] of Object.entries(before)) expect(rows, table).to.have.length.greaterThan(0);

  expect(await migrate(db)).to.have.length.greaterThan(0);
  expect(await migrate(db)).to.deep.equal([]);

  const after = await data();
  for (const [table, rows] of Object.entries(before)) {
    if (table === REPLACED) continue;
    const columns = Object.keys(rows[0] ?? {}).filter((column) => !removed.includes(column));
    const only = (row: Row): Row => Object.fromEntries(columns.map((column) => [column, row[column]]));
    expect(after[table]?.map(only), table).to.deep.equal(rows.map((row) => only(expected(table, row))));
  }
}
