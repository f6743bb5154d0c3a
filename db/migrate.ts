import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { SidecarError } from '../plugin/errors.js';
import type { Database } from './database.js';
import * as authorizationAndLease from './migrations/0001-authorization-and-lease.js';
import * as renewalAndEvent from './migrations/0002-renewal-and-event.js';

/** In order. Named, not read from a folder, so that the compiled program brings them along. */
const MIGRATIONS: Record<string, Knex.Migration> = {
  '0001-authorization-and-lease': authorizationAndLease,
  '0002-renewal-and-event': renewalAndEvent,
};

const SOURCE: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(MIGRATIONS),
  getMigrationName: (name) => name,
  getMigration: async (name) => MIGRATIONS[name] as Knex.Migration,
};

const LOCK_SECONDS = 60;

/**
 * Brings the sidecar's own tables up to date. Several sidecars may start at once: a named lock of the server lets one
 * at a time through, and goes away with its connection should that one crash.
 * @returns names of the migrations that ran now
 * @throws SidecarError database-unavailable; schema-unknown where a newer version was here before
 */
export function migrate(db: Database): Promise<string[]> {
  return db.run('migrate', async (knex) => {
    const lock = `oauth2_sidecar_${createHash('sha256').update(db.name).digest('hex').slice(0, 32)}`;
    const connection = await knex.client.acquireConnection();
    try {
      const [rows] = await knex
        .raw('SELECT GET_LOCK(?, ?) AS got', [lock, LOCK_SECONDS])
        .connection(connection);
      if (rows[0]?.got !== 1)
        throw new SidecarError('database-unavailable', {
          log: 'migrate: another sidecar has been migrating for a minute',
        });
      return await runMigrations(knex);
    } finally {
      await knex
        .raw('SELECT RELEASE_LOCK(?)', [lock])
        .connection(connection)
        .catch(() => undefined);
      await knex.client.releaseConnection(connection);
    }
  });
}

async function runMigrations(knex: Knex): Promise<string[]> {
  const config: Knex.MigratorConfig = {
    migrationSource: SOURCE,
    tableName: 'oauth2_sidecar_migration',
    // Statements that change tables commit by themselves in MySQL.
    disableTransactions: true,
  };
  const unknown = await newerMigrations(knex, config.tableName as string);
  if (unknown.length > 0)
    throw new SidecarError('schema-unknown', {
      detail: `A newer version of the sidecar has changed its tables (${unknown.join(', ')}). Start that version again.`,
    });
  // We hold the real lock, so a lock row that is still set was left behind by a crash.
  if (await knex.schema.hasTable(`${config.tableName}_lock`))
    await knex.migrate.forceFreeMigrationsLock(config);
  const [, names] = await knex.migrate.latest(config);
  return names as string[];
}

async function newerMigrations(knex: Knex, table: string): Promise<string[]> {
  if (!(await knex.schema.hasTable(table))) return [];
  const names: string[] = await knex(table).pluck('name');
  return names.filter((name) => !(name in MIGRATIONS));
}
