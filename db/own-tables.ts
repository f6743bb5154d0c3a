import type { Knex } from 'knex';
import { COMMON } from '../plugin/domain/product/records.js';
import { SidecarError } from '../plugin/errors.js';
import type { Database } from './database.js';
import { withMigrationLock } from './migration-lock.js';
import { createTokenTables } from './token-tables.js';

/** Made first under the lock: says that the database is the sidecar's own. */
const MARKER = 'oauth2_sidecar_alone';
const [GROUPS] = COMMON.groupTables;

type Columns = (table: Knex.CreateTableBuilder) => void;

/** Columns by kind, in the order of the names. */
const integers = (table: Knex.CreateTableBuilder, ...names: string[]) => {
  for (const name of names) table.integer(name).notNullable();
};
const texts = (table: Knex.CreateTableBuilder, ...names: string[]) => {
  for (const name of names) table.string(name, 250).nullable();
};
const times = (table: Knex.CreateTableBuilder, ...names: string[]) => {
  for (const name of names) table.timestamp(name).nullable();
};
/** `id`, and what most tables of a helpdesk have. */
const named: Columns = (table) => {
  table.integer('id').primary();
  table.string('name', 200).notNullable();
  table.smallint('valid_id').notNullable();
};

/**
 * What the sidecar reads of a helpdesk, for a database without one: the columns that queries name. Nothing ever fills most of
 * them.
 */
const TABLES: Readonly<Record<string, Columns>> = {
  valid(table) {
    table.smallint('id').primary();
    table.string('name', 200).notNullable();
  },
  users(table) {
    table.integer('id').primary();
    table.string('login', 200).notNullable();
    table.smallint('valid_id').notNullable();
    texts(table, 'pw');
  },
  [GROUPS]: named,
  roles: named,
  group_user(table) {
    table.integer('user_id').primary();
    integers(table, 'group_id');
    texts(table, 'permission_key');
  },
  group_role(table) {
    integers(table, 'role_id', 'group_id', 'permission_value');
    texts(table, 'permission_key');
    table.primary(['role_id', 'group_id']);
  },
  role_user(table) {
    integers(table, 'user_id', 'role_id');
    table.primary(['user_id', 'role_id']);
  },
  sysconfig_deployment(table) {
    table.integer('id').primary();
    table.integer('user_id').nullable();
    texts(table, 'comments', 'effective_value');
  },
  sessions(table) {
    table.integer('id').primary();
    texts(table, 'session_id', 'data_key', 'data_value');
    integers(table, 'serialized');
  },
  mail_account(table) {
    named(table);
    texts(table, 'login', 'pw', 'host', 'account_type', 'imap_folder', 'comments');
    times(table, 'change_time');
  },
  gi_webservice_config(table) {
    named(table);
    texts(table, 'config');
  },
  communication_log(table) {
    table.bigInteger('id').primary();
    texts(table, 'transport', 'direction', 'status', 'account_type', 'account_id');
    times(table, 'start_time', 'end_time');
  },
  communication_log_object(table) {
    table.bigInteger('id').primary();
    table.bigInteger('communication_id').notNullable();
    texts(table, 'object_type', 'status');
    times(table, 'start_time', 'end_time');
  },
  communication_log_object_entry(table) {
    table.bigInteger('id').primary();
    table.bigInteger('communication_log_object_id').notNullable();
    texts(table, 'log_key', 'log_value', 'priority');
    times(table, 'create_time');
  },
  mail_queue(table) {
    table.bigInteger('id').primary();
    integers(table, 'attempts');
    table.integer('last_smtp_code').nullable();
    texts(table, 'recipient', 'raw_message', 'last_smtp_message');
    times(table, 'due_time', 'create_time');
  },
  process_id(table) {
    table.string('process_name', 200).primary();
    integers(table, 'process_create');
    texts(table, 'process_id', 'process_host');
  },
  scheduler_recurrent_task(table) {
    named(table);
    times(table, 'last_execution_time');
  },
};

/** The one user, whom the history names, and the right that commands ask for. */
const ROWS: readonly { table: string; key: string; row: Record<string, string | number> }[] = [
  { table: 'valid', key: 'id', row: { id: 1, name: 'valid' } },
  { table: 'valid', key: 'id', row: { id: 2, name: 'invalid' } },
  { table: 'valid', key: 'id', row: { id: 3, name: 'invalid-temporarily' } },
  { table: 'users', key: 'id', row: { id: 1, login: 'root@localhost', valid_id: 1 } },
  { table: GROUPS, key: 'id', row: { id: 1, name: 'admin', valid_id: 1 } },
  { table: 'group_user', key: 'user_id', row: { user_id: 1, group_id: 1, permission_key: 'rw' } },
];

/**
 * Refuses a database that was not made for the sidecar alone: nothing may touch the tables of a helpdesk or of any other program.
 * @throws SidecarError helpdesk-unsupported
 */
export async function refuseForeign(db: Database): Promise<void> {
  const tables = await db.run('own-tables.names', (knex, { catalog }) =>
    catalog.tablesNamed(knex, db.name, ''),
  );
  // The lock of the migrations comes before the mark.
  const names = tables.filter((name) => !name.startsWith('oauth2_sidecar_'));
  if (tables.includes(MARKER) || names.length === 0) return;
  // Ends the service: trying again would change nothing.
  throw new SidecarError('helpdesk-unsupported', {
    detail: `Without a helpdesk (HELPDESK_HOME=none) the sidecar needs a database of its own. This one has tables of another program (${names.sort().slice(0, 3).join(', ')} …). Nothing was changed. Create an empty database and give it with HELPDESK_DATABASE_DSN.`,
  });
}

/**
 * Creates what the sidecar needs where there is no helpdesk. An interrupted run is continued; repeating it changes nothing.
 * @throws SidecarError helpdesk-unsupported: the database belongs to another program
 */
export async function createOwnTables(db: Database): Promise<void> {
  await refuseForeign(db);
  await db.run('own-tables.create', async (knex, dialect) => {
    const { createOnce } = dialect.tables;
    await withMigrationLock(knex, dialect, async () => {
      await createOnce(knex, MARKER, (table) => void table.integer('id').primary());
      for (const [name, columns] of Object.entries(TABLES)) await createOnce(knex, name, columns);
      for (const { table, key, row } of ROWS) await dialect.statements.insertMissing(knex, table, row, key);
    });
  });
  await createTokenTables(db, { builtIn: false });
}
