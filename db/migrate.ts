import type { Knex } from 'knex';
import { SidecarError } from '../plugin/errors.js';
import type { Database } from './database.js';
import type { Dialect } from './dialect/dialect.js';
import type { Tables } from './dialect/tables.js';
import { withMigrationLock } from './migration-lock.js';
import * as authorizationAndLease from './migrations/0001-authorization-and-lease.js';
import * as renewalAndEvent from './migrations/0002-renewal-and-event.js';
import * as importPreview from './migrations/0003-import-preview.js';
import * as storedState from './migrations/0004-stored-state.js';
import * as identity from './migrations/0005-identity.js';
import * as tokenEnd from './migrations/0006-token-end.js';
import * as otherMailbox from './migrations/0007-other-mailbox.js';
import * as lostAnswer from './migrations/0008-lost-answer.js';
import * as toldState from './migrations/0009-told-state.js';
import * as mailbox from './migrations/0010-mailbox.js';
import * as alerts from './migrations/0011-alerts.js';
import * as alertChannelSeen from './migrations/0012-alert-channel-seen.js';
import * as missingScopes from './migrations/0013-missing-scopes.js';
import * as toldMailbox from './migrations/0014-told-mailbox.js';
import * as lastTest from './migrations/0015-last-test.js';
import * as toldAttention from './migrations/0016-told-attention.js';
import * as oneForm from './migrations/0017-one-form.js';
import * as relay from './migrations/0018-relay.js';
import * as relayConfiguration from './migrations/0019-relay-configuration.js';

/** In order. Listed here and not read from a folder, so that the compiled program includes them. */
const MIGRATIONS: Record<string, { up(knex: Knex, tables: Tables): Promise<void> }> = {
  '0001-authorization-and-lease': authorizationAndLease,
  '0002-renewal-and-event': renewalAndEvent,
  '0003-import-preview': importPreview,
  '0004-stored-state': storedState,
  '0005-identity': identity,
  '0006-token-end': tokenEnd,
  '0007-other-mailbox': otherMailbox,
  '0008-lost-answer': lostAnswer,
  '0009-told-state': toldState,
  '0010-mailbox': mailbox,
  '0011-alerts': alerts,
  '0012-alert-channel-seen': alertChannelSeen,
  '0013-missing-scopes': missingScopes,
  '0014-told-mailbox': toldMailbox,
  '0015-last-test': lastTest,
  '0016-told-attention': toldAttention,
  '0017-one-form': oneForm,
  '0018-relay': relay,
  '0019-relay-configuration': relayConfiguration,
};

/** The name that a migration had before it was released, and its name now. */
const RENAMED = { from: '0014-last-test', to: '0015-last-test' } as const;

const sourceOf = ({ tables }: Dialect): Knex.MigrationSource<string> => ({
  getMigrations: async () => Object.keys(MIGRATIONS),
  getMigrationName: (name) => name,
  // Knex requires both directions; there is no way back.
  getMigration: async (name) => ({
    up: async (knex) => MIGRATIONS[name]?.up(knex, tables),
    down: () => Promise.reject(new Error('migrations go forward only')),
  }),
});

const TABLE = 'oauth2_sidecar_migration';

const configOf = (dialect: Dialect) =>
  ({
    migrationSource: sourceOf(dialect),
    tableName: TABLE,
    // Not every server can roll back a change of a table.
    disableTransactions: !dialect.tables.rollsBack,
  }) satisfies Knex.MigratorConfig;

/**
 * Updates the sidecar's own tables. Forward only: a migration's changes are permanent, and an older program
 * refuses to start. Several sidecars may start at the same time; one at a time migrates. If there is nothing
 * to do, none waits and none needs the right to create tables.
 * @returns names of the migrations that ran now
 * @throws SidecarError database-unavailable; schema-unknown if a newer version has migrated before
 */
export function migrate(db: Database): Promise<string[]> {
  return db.run('migrate', async (knex, dialect) => {
    if (await isUpToDate(knex)) return [];
    return withMigrationLock(knex, dialect, async () => {
      if (await isUpToDate(knex)) return [];
      const config = configOf(dialect);
      // We hold the real lock, so a lock row that is still set was left behind by a crash.
      if (await knex.schema.hasTable(`${TABLE}_lock`)) await knex.migrate.forceFreeMigrationsLock(config);
      if (await knex.schema.hasTable(TABLE))
        await knex(TABLE).where({ name: RENAMED.from }).update({ name: RENAMED.to });
      const [, names] = await knex.migrate.latest(config);
      return names as string[];
    });
  });
}

/** Is there anything for `migrate` to do? */
export const needsMigration = (db: Database): Promise<boolean> =>
  db.run('migrate.pending', async (knex) => !(await isUpToDate(knex)));

const isUpToDate = async (knex: Knex): Promise<boolean> => (await pendingMigrations(knex)).length === 0;

/**
 * Names of the migrations that have not run yet.
 * @throws SidecarError schema-unknown if a newer version has migrated before
 */
export async function pendingMigrations(knex: Knex): Promise<string[]> {
  if (!(await knex.schema.hasTable(TABLE))) return Object.keys(MIGRATIONS);
  const names: string[] = await knex(TABLE).pluck('name');
  const done = names.map((name) => (name === RENAMED.from ? RENAMED.to : name));
  const unknown = done.filter((name) => !(name in MIGRATIONS));
  if (unknown.length > 0)
    throw new SidecarError('schema-unknown', {
      detail: `A newer version of the sidecar has changed its tables (${unknown.join(', ')}). Start that version again.`,
    });
  return Object.keys(MIGRATIONS).filter((name) => !done.includes(name));
}

const PREFIX = 'oauth2_sidecar_';

/** Names of the sidecar's own tables that exist. The helpdesk needs none of them. */
export const ownTables = (db: Database): Promise<string[]> =>
  db.run('migrate.own-tables', (knex, { catalog }) => catalog.tablesNamed(knex, db.name, PREFIX));

/** Drops one of the sidecar's tables. */
export const dropOwnTable = (db: Database, name: string): Promise<void> =>
  db.run('migrate.drop', async (knex) => {
    if (!name.startsWith(PREFIX)) throw new RangeError(`${name} is not a table of the sidecar`);
    await knex.schema.dropTableIfExists(name);
  });
