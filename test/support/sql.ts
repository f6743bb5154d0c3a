import type { Fixture } from '../db/fixture.js';
import { IS_POSTGRES } from './database.js';

/** What tests say to the server in the words of its family. */

/** DatabaseDSN, as Znuny's own Config.pm has it. */
export const dsn = (database: string, { host, port }: { host: string; port: number }): string =>
  `DBI:${IS_POSTGRES ? 'Pg:dbname' : 'mysql:database'}=${database};host=${host};port=${port}`;

/** The server's clock in whole seconds since the epoch. */
export const EPOCH = IS_POSTGRES
  ? 'CAST(floor(extract(epoch FROM statement_timestamp())) AS BIGINT)'
  : 'UNIX_TIMESTAMP()';

/** An expression that takes this many seconds. */
export const sleep = (seconds: number): string =>
  IS_POSTGRES ? `pg_sleep(${seconds})` : `SLEEP(${seconds})`;

/** A text without limit. */
export const TEXT = IS_POSTGRES ? 'VARCHAR' : 'MEDIUMTEXT';

/** @param columns name -> type, with `NOT NULL` after it where the column has no NULL */
export const retype = (table: string, columns: Record<string, string>): string => {
  const changes = Object.entries(columns).map(([name, type]) =>
    IS_POSTGRES
      ? `ALTER ${name} TYPE ${type.replace(/ (?:NOT )?NULL$/, '')}`
      : `MODIFY ${name} ${type}${/NULL$/.test(type) ? '' : ' NULL'}`,
  );
  return `ALTER TABLE ${table} ${changes.join(', ')}`;
};

/** The next row gets the ID 1. */
export const restartIds = (table: string): string =>
  IS_POSTGRES ? `ALTER SEQUENCE ${table}_id_seq RESTART` : `ALTER TABLE ${table} AUTO_INCREMENT = 1`;

/**
 * The server gives out the IDs of deleted rows again, as after a dump of the table was loaded, or as MySQL before 8.0 after a
 * restart.
 */
export const forgetDeletedIds = (table: string): string =>
  IS_POSTGRES
    ? `SELECT setval('${table}_id_seq', COALESCE(MAX(id), 0) + 1, false) FROM ${table}`
    : `ALTER TABLE ${table} AUTO_INCREMENT = 1`;

/** A table with the columns of another. */
export const createLike = (name: string, other: string): string =>
  IS_POSTGRES
    ? `CREATE TABLE "${name}" (LIKE ${other} INCLUDING ALL)`
    : `CREATE TABLE \`${name}\` LIKE ${other}`;

/** A text as a literal of a statement. */
export const literal = (text: string): string =>
  IS_POSTGRES ? `'${text.replaceAll("'", "''")}'` : `'${text.replace(/[\\']/g, '\\$&')}'`;

/** A database user, as the lab creates them, in GRANT and REVOKE. */
export const account = (user: string): string => (IS_POSTGRES ? `"${user}"` : `'${user}'@'127.0.0.1'`);

/** The columns of a table that a database user may read, one a line. */
export const readableColumns = (user: string, table: string, database: string): string =>
  IS_POSTGRES
    ? `SELECT attname FROM pg_attribute WHERE attrelid = CAST('${table}' AS regclass) AND attnum > 0
       AND has_column_privilege('${user}', attrelid, attnum, 'SELECT')`
    : `SELECT COLUMN_NAME FROM information_schema.COLUMN_PRIVILEGES WHERE GRANTEE = "'${user}'@'127.0.0.1'"
       AND TABLE_SCHEMA = '${database}' AND TABLE_NAME = '${table}' AND PRIVILEGE_TYPE = 'SELECT'`;

export const quoted = (name: string): string => (IS_POSTGRES ? `"${name}"` : `\`${name}\``);

/**
 * Names of the indexes that the server may use for a statement.
 * The few rows of a test are faster read as a whole, which is switched off where possible.
 */
export async function indexesFor(
  { helpdesk: { knex } }: Pick<Fixture, 'helpdesk'>,
  sql: string,
): Promise<string> {
  if (!IS_POSTGRES) {
    const [plan] = await knex.raw(`EXPLAIN FORMAT=TRADITIONAL ${sql}`);
    return plan.map((row: Record<string, string>) => row.key ?? row.possible_keys).join(' ');
  }
  return knex.transaction(async (own) => {
    await own.raw('SET LOCAL enable_seqscan = off');
    const { rows } = await own.raw(`EXPLAIN (FORMAT JSON) ${sql}`);
    const names = JSON.stringify(rows).matchAll(/"Index Name":"(\w+)"/g);
    return [...names].map(([, name]) => name).join(' ');
  });
}

/**
 * Adds configurations with nothing to tell, and has the server count them: PostgreSQL chooses an index by the number of
 * rows, and of a few any index is as good as another.
 */
export async function fillForPlan({ rows }: Pick<Fixture, 'rows'>): Promise<void> {
  if (!IS_POSTGRES) return;
  await rows(`INSERT INTO oauth2_token_config
      (name, config, valid_id, create_time, create_by, change_time, change_by)
    SELECT 'Filler ' || number, '{}', 1, now(), 1, now(), 1 FROM generate_series(1, 2000) AS number`);
  await rows(`INSERT INTO oauth2_sidecar_renewal (token_config_id)
    SELECT id FROM oauth2_token_config WHERE name LIKE 'Filler %'`);
  await rows('ANALYZE oauth2_sidecar_renewal');
}

/** Its primary key, as `indexesFor` names it. */
export const primaryKey = (table: string): string => (IS_POSTGRES ? `${table}_pkey` : 'PRIMARY');

/** @param names from -> to */
export const renameTables = (names: Record<string, string>): string =>
  IS_POSTGRES
    ? `DO $$ BEGIN ${Object.entries(names)
        .map(([from, to]) => `ALTER TABLE ${from} RENAME TO ${to};`)
        .join(' ')} END $$`
    : `RENAME TABLE ${Object.entries(names)
        .map(([from, to]) => `${from} TO ${to}`)
        .join(', ')}`;

/** The other connections of a user to a database, and the command that ends one. */
export const OTHER_CONNECTIONS = IS_POSTGRES
  ? 'SELECT pid AS id FROM pg_stat_activity WHERE datname = ? AND usename = ? AND pid <> pg_backend_pid()'
  : 'SELECT id FROM information_schema.PROCESSLIST WHERE DB = ? AND USER = ? AND id <> CONNECTION_ID()';
export const endConnection = (id: number): string =>
  IS_POSTGRES ? `SELECT pg_terminate_backend(${id})` : `KILL ${id}`;
