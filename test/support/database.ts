import { readFileSync } from 'node:fs';
import { createDatabase, dropDatabase, sql } from '../lab/database-server.js';
import { schemaFile } from '../lab/golden.js';
import { otherDatabase, withOther } from '../lab/other-database.js';
import { grantSidecarUser, prepareSidecarUser, SIDECAR_USER } from '../lab/sidecar-user.js';
import { lab } from './instance.js';
import { inWordsOf } from './words-of-sql.js';

/** `make test-all` runs the database tests once more on MySQL, and on a newer MariaDB. */
const other = otherDatabase();
export const IS_MYSQL = other === 'mysql';
export const IS_POSTGRES = lab.database.family === 'postgres';
/** The server on which they run. */
export const server = withOther(lab, other);
let count = 0;

/**
 * A fresh private copy of the genuine helpdesk's schema and first rows.
 * @param file which tables (golden.ts)
 */
export async function scratchDatabase(file = schemaFile) {
  const database = `scratch_${process.pid}_${count++}`;
  await createDatabase(server, database);
  const schema = readFileSync(file(lab), 'utf8');
  // A helpdesk that was set up on the newer server has the collation that is usual there.
  await sql(
    server,
    other === 'mariadb' ? schema.replaceAll(' COLLATE=utf8mb3_general_ci', '') : schema,
    database,
  );
  const { user, password, database: _helpdesks, ...at } = server.database;
  return {
    database,
    connection: { ...at, user, password, database },
    /** The sidecar's tables, and a sidecar's rights on them. @returns the connection of a sidecar */
    async prepare() {
      await prepareSidecarUser(server, database);
      return { ...at, ...SIDECAR_USER, database };
    },
    /** After a change of the tables, as `install` does after an update of the helpdesk. */
    grant: () => grantSidecarUser(server, database),
    drop: () => dropDatabase(server, database),
  };
}

/** A fresh database without a single table, and its owner's connection. */
export async function emptyDatabase() {
  const database = `empty_${process.pid}_${count++}`;
  await createDatabase(server, database);
  return { connection: { ...server.database, database }, drop: () => dropDatabase(server, database) };
}

/** A statement of a test may meet those of a running sidecar in the opposite order; the server then ends one of them. */
async function repeatedAfterDeadlocks<T>(work: () => Promise<T>, attempts = 5): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (attempts <= 1 || !/ERROR 1213|deadlock detected/.test(String(error))) throw error;
    return repeatedAfterDeadlocks(work, attempts - 1);
  }
}

/** Statements of which a running sidecar sees all or none. */
export const inOneTransaction = (statements: string[]): Promise<string[][]> =>
  databaseRows(['START TRANSACTION', ...statements, 'COMMIT'].join(';\n'));

/** Rows of a query on the test instance's helpdesk, as texts. */
export async function databaseRows(query: string): Promise<string[][]> {
  const text = await repeatedAfterDeadlocks(() =>
    sql(lab, inWordsOf(IS_POSTGRES, query), lab.database.database),
  );
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

/** A checksum of the rows of each table, in the same order each time. */
export async function tableChecksums(tables: string[]): Promise<string[][]> {
  if (!IS_POSTGRES) return databaseRows(`CHECKSUM TABLE ${tables.map((name) => `\`${name}\``).join(', ')}`);
  const all = tables.map(
    (name) =>
      `SELECT '${name}', md5(string_agg(CAST(t AS TEXT), ' ' ORDER BY CAST(t AS TEXT))) FROM "${name}" t`,
  );
  return databaseRows(`${all.join(' UNION ALL ')} ORDER BY 1`);
}
