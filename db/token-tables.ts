import type { Abilities } from '../plugin/domain/helpdesk/abilities.js';
import type { TokenColumns } from '../plugin/domain/product/product.js';
import { COMMON } from '../plugin/domain/product/records.js';
import { SidecarError } from '../plugin/errors.js';
import { type Columns, createColumnReader } from './columns.js';
import type { Database } from './database.js';
import type { TokenPart } from './dialect/tables.js';
import { withMigrationLock } from './migration-lock.js';
import { foreignTokenTables } from './schema-variants.js';

/** What a helpdesk without OAuth2 lacks, in the order in which it is added. */
const PARTS: readonly TokenPart[] = [
  'oauth2_token_config',
  'oauth2_token',
  'mail_account.authentication_type',
  'mail_account.oauth2_token_config_id',
];

/** Names of the tables and columns for tokens that this helpdesk lacks; none on Znuny 6.3 and newer. */
export const missingTokenTables = (columns: Columns, { signIn }: TokenColumns): TokenPart[] =>
  PARTS.filter((part) => {
    const [table = '', column] = part.split('.');
    if (column === undefined) return !columns.has(table);
    return !columns.get(table)?.has(column === COMMON.columns.signIn ? signIn : column);
  });

/**
 * `builtIn`: the helpdesk has its own token configurations (Znuny 6.3 and newer), and therefore their tables.
 */
type TokenTablesOptions = Pick<Abilities, 'builtIn'>;

/**
 * Adds to a helpdesk without OAuth2 (Znuny 6.0 to 6.2, OTRS 6) the tables and columns that its later update
 * expects. Only `migrate` and `install` call it: admins would not expect a service to change the helpdesk's
 * tables when it starts. Repeating it changes nothing, and an interrupted run is continued.
 * @returns names of what was added now
 * @throws SidecarError schema-unknown for a helpdesk that adds these tables itself, or has an add-on that
 *   does
 */
export async function createTokenTables(db: Database, { builtIn }: TokenTablesOptions): Promise<string[]> {
  if (missingTokenTables(await read(db), db.dialect.columns).length === 0) return [];
  return db.run('token-tables.create', (knex, dialect) =>
    withMigrationLock(knex, dialect, async () => {
      const columns = await read(db);
      const foreign = foreignTokenTables(columns, dialect.columns);
      if (foreign) throw new SidecarError('schema-unknown', { detail: foreign });
      const missing = missingTokenTables(columns, dialect.columns);
      if (missing.length > 0 && builtIn)
        throw new SidecarError('schema-unknown', {
          detail: `Missing: ${missing.join(', ')}. This helpdesk adds them itself: run the migration scripts of its update to the end.`,
        });
      for (const part of missing) await knex.raw(dialect.tables.tokenParts[part].add);
      return missing;
    }),
  );
}

/**
 * Removes what `createTokenTables` added, with every configuration and token in it.
 * @returns names of what was removed
 * @throws SidecarError schema-unknown if the helpdesk supports OAuth2: the tables now belong to it
 * @throws SidecarError token-config-in-use if a mail account uses a token
 */
export async function dropTokenTables(db: Database, { builtIn }: TokenTablesOptions): Promise<string[]> {
  if (builtIn)
    throw new SidecarError('schema-unknown', {
      detail: 'The tables oauth2_token_config and oauth2_token belong to this helpdesk. Nothing was removed.',
    });
  return db.run('token-tables.drop', (knex, dialect) =>
    withMigrationLock(knex, dialect, async () => {
      const columns = await read(db);
      const foreign = foreignTokenTables(columns, dialect.columns);
      if (foreign) throw new SidecarError('schema-unknown', { detail: foreign });
      const missing = missingTokenTables(columns, dialect.columns);
      const there = PARTS.filter((part) => !missing.includes(part));
      if (there.includes('mail_account.oauth2_token_config_id')) {
        const used = await knex('mail_account').whereNotNull('oauth2_token_config_id').first('id');
        if (used) throw new SidecarError('token-config-in-use');
      }
      for (const part of there.toReversed()) await knex.raw(dialect.tables.tokenParts[part].remove);
      return there;
    }),
  );
}

/** Reads the tables now: the running sidecar's reader caches for a minute. */
const read = (db: Database): Promise<Columns> => createColumnReader(db).columns();
