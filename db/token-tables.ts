import type { Abilities } from '../plugin/domain/helpdesk/abilities.js';
import { SidecarError } from '../plugin/errors.js';
import { type Columns, createColumnReader } from './columns.js';
import type { Database } from './database.js';
import { withMigrationLock } from './migration-lock.js';
import { foreignTokenTables } from './schema-variants.js';

/** One thing that a helpdesk without OAuth2 lacks, and the statement that adds it. */
interface Part {
  table: string;
  column?: string;
  sql: string;
}

const foreignKey = (table: string, column: string, to: string): string =>
  `CONSTRAINT FK_${table}_${column}_id FOREIGN KEY (${column}) REFERENCES ${to} (id)`;

const WHO_AND_WHEN = `create_time DATETIME NOT NULL, create_by INTEGER NOT NULL,
  change_time DATETIME NOT NULL, change_by INTEGER NOT NULL, PRIMARY KEY (id)`;

/**
 * As Znuny 6.5 has them: names, types, order, keys and foreign keys. Its update to 6.3 finds the tables and leaves them,
 * finds the columns and leaves them (with authentication_type nullable, as it does wherever that column is there
 * already), and what 6.4 and 6.5 widen or add is there, too. No engine and no character set: those of the database, as
 * for every other table of the helpdesk.
 */
const PARTS: Part[] = [
  {
    table: 'oauth2_token_config',
    sql: `CREATE TABLE oauth2_token_config (
      id INTEGER NOT NULL AUTO_INCREMENT, dbcrud_uuid VARCHAR(36) NULL, name VARCHAR(250) NOT NULL,
      config MEDIUMTEXT NOT NULL, valid_id SMALLINT NOT NULL, ${WHO_AND_WHEN},
      UNIQUE INDEX oauth2_token_config_name (name), UNIQUE INDEX oauth2_token_config_uuid (dbcrud_uuid),
      ${foreignKey('oauth2_token_config', 'create_by', 'users')},
      ${foreignKey('oauth2_token_config', 'change_by', 'users')},
      ${foreignKey('oauth2_token_config', 'valid_id', 'valid')})`,
  },
  {
    table: 'oauth2_token',
    sql: `CREATE TABLE oauth2_token (
      id INTEGER NOT NULL AUTO_INCREMENT, dbcrud_uuid VARCHAR(36) NULL, token_config_id INTEGER NOT NULL,
      authorization_code MEDIUMTEXT NULL, token MEDIUMTEXT NULL, token_expiration_date DATETIME NULL,
      refresh_token MEDIUMTEXT NULL, refresh_token_expiration_date DATETIME NULL,
      error_message MEDIUMTEXT NULL, error_description MEDIUMTEXT NULL, error_code TEXT NULL, ${WHO_AND_WHEN},
      UNIQUE INDEX oauth2_token_config_id (token_config_id), UNIQUE INDEX oauth2_token_uuid (dbcrud_uuid),
      ${foreignKey('oauth2_token', 'token_config_id', 'oauth2_token_config')},
      ${foreignKey('oauth2_token', 'create_by', 'users')},
      ${foreignKey('oauth2_token', 'change_by', 'users')})`,
  },
  {
    table: 'mail_account',
    column: 'authentication_type',
    sql: `ALTER TABLE mail_account
      ADD authentication_type VARCHAR(100) NOT NULL DEFAULT 'password' AFTER imap_folder`,
  },
  {
    table: 'mail_account',
    column: 'oauth2_token_config_id',
    sql: `ALTER TABLE mail_account ADD oauth2_token_config_id INTEGER NULL AFTER authentication_type,
      ADD ${foreignKey('mail_account', 'oauth2_token_config_id', 'oauth2_token_config')}`,
  },
];

const nameOf = ({ table, column }: Part): string => (column ? `${table}.${column}` : table);

const missingParts = (columns: Columns): Part[] =>
  PARTS.filter(({ table, column }) => !(column ? columns.get(table)?.has(column) : columns.has(table)));

/** Names of the tables and columns for tokens that this helpdesk lacks; none on Znuny 6.3 and newer. */
export const missingTokenTables = (columns: Columns): string[] => missingParts(columns).map(nameOf);

/** `builtIn`: the helpdesk has token configurations of its own (Znuny 6.3 and newer), and so the tables are its business. */
type TokenTablesOptions = Pick<Abilities, 'builtIn'>;

/**
 * Gives a helpdesk without OAuth2 (Znuny 6.0 to 6.2, OTRS 6) the tables and columns that its later update expects. Only
 * ever asked for explicitly, by `migrate` and `install`: a service that changes the helpdesk's tables by being started
 * would be a surprise. Does nothing twice, and goes on where it was interrupted.
 * @returns names of what was added now
 * @throws SidecarError schema-unknown for a helpdesk that brings such tables itself, or has an add-on that does
 */
export async function createTokenTables(db: Database, { builtIn }: TokenTablesOptions): Promise<string[]> {
  if (missingParts(await read(db)).length === 0) return [];
  return db.run('token-tables.create', (knex) =>
    withMigrationLock(knex, async () => {
      const columns = await read(db);
      const foreign = foreignTokenTables(columns);
      if (foreign) throw new SidecarError('schema-unknown', { detail: foreign });
      const missing = missingParts(columns);
      if (missing.length > 0 && builtIn)
        throw new SidecarError('schema-unknown', {
          detail: `Missing: ${missing.map(nameOf).join(', ')}. This helpdesk adds them itself: run the migration scripts of its update to the end.`,
        });
      for (const { sql } of missing) await knex.raw(sql);
      return missing.map(nameOf);
    }),
  );
}

/**
 * Takes away what `createTokenTables` has added, with every configuration and token in it.
 * @returns names of what was removed
 * @throws SidecarError schema-unknown where the helpdesk knows OAuth2: the tables belong to it by now
 * @throws SidecarError token-config-in-use where a mail account uses a token
 */
export async function dropTokenTables(db: Database, { builtIn }: TokenTablesOptions): Promise<string[]> {
  if (builtIn)
    throw new SidecarError('schema-unknown', {
      detail: 'The tables oauth2_token_config and oauth2_token belong to this helpdesk. Nothing was removed.',
    });
  return db.run('token-tables.drop', (knex) =>
    withMigrationLock(knex, async () => {
      const columns = await read(db);
      const foreign = foreignTokenTables(columns);
      if (foreign) throw new SidecarError('schema-unknown', { detail: foreign });
      const missing = missingTokenTables(columns);
      const there = PARTS.map(nameOf).filter((name) => !missing.includes(name));
      if (there.includes('mail_account.oauth2_token_config_id')) {
        const used = await knex('mail_account').whereNotNull('oauth2_token_config_id').first('id');
        if (used) throw new SidecarError('token-config-in-use');
        await knex.raw(
          'ALTER TABLE mail_account DROP FOREIGN KEY FK_mail_account_oauth2_token_config_id_id, DROP COLUMN oauth2_token_config_id',
        );
      }
      if (there.includes('mail_account.authentication_type'))
        await knex.raw('ALTER TABLE mail_account DROP COLUMN authentication_type');
      for (const table of ['oauth2_token', 'oauth2_token_config'])
        if (there.includes(table)) await knex.schema.dropTable(table);
      return there;
    }),
  );
}

/** Read now: the reader of the running sidecar remembers for a minute. */
const read = (db: Database): Promise<Columns> => createColumnReader(db).columns();
