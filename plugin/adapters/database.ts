import type { Database, PoolOptions } from '../../db/database.js';
import type { Config } from '../config/load-config.js';
import { meanwhile } from '../lib/meanwhile.js';
import type { AdapterContext } from './context.js';
import type { HelpdeskAdapters } from './helpdesk.js';
import { once } from './once.js';

/** The helpdesk's database: connection, columns, schema and migrations. */
export function databaseAdapters(
  { config, clock }: AdapterContext,
  { recognised, settingsSource, abilities }: HelpdeskAdapters,
) {
  /** The credentials of the helpdesk's own database user. */
  const credentials = once(async () => {
    const [{ databaseCredentials }, values] = await Promise.all([
      import('../config/database-credentials.js'),
      settingsSource().then((source) => source.read()),
    ]);
    return databaseCredentials(values);
  });
  const openAs = async (user: Config['databaseUser'], pool?: PoolOptions): Promise<Database> => {
    const { product } = await recognised();
    const [address, { openHelpdesk }] = await Promise.all([
      credentials(),
      meanwhile(() => import('../../db/open-helpdesk.js')),
    ]);
    return openHelpdesk({ ...address, ...user, server: config.databaseServer }, product, pool);
  };
  const database = once(() => openAs(config.databaseUser));
  const quiet = once(async () => {
    const { createQuietTime } = await import('../renewal-service/quiet-time.js');
    const db = await database();
    const quietTime = createQuietTime({
      elapsed: () => performance.now(),
      losses: db.losses,
      uptime: () =>
        db.run('uptime', async (knex, { statements }) => {
          // Changes nothing; a replica that takes over is read-only for a while.
          await knex('oauth2_sidecar_renewal').whereRaw('1 = 0').delete();
          return statements.uptime(knex);
        }),
    });
    await quietTime.look();
    return quietTime;
  });
  const columns = once(async () => {
    const { createColumnReader } = await import('../../db/columns.js');
    return createColumnReader(await database(), clock);
  });
  const checkSchema = async () => {
    const [{ checkSchema: check }, { createColumnReader }] = await Promise.all([
      import('../../db/schema.js'),
      import('../../db/columns.js'),
    ]);
    // A new reader, because `columns` caches for a minute: missing columns may have been added since.
    const db = await database();
    return check(createColumnReader(db, clock), db.dialect.columns);
  };
  const schema = once(checkSchema);
  /**
   * Works as the helpdesk's database user: our own user has only the rights of a running sidecar and may not
   * change tables.
   */
  const asHelpdesk = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const own = await database();
    if (config.databaseUser === null) return work(own);
    const helpdesks = await openAs(null, { max: 2 });
    return work(helpdesks).finally(() => helpdesks.close());
  };
  return {
    credentials,
    database,
    /** The time after a loss of the database; it has begun if the server has just started. */
    quiet,
    columns,
    schema,
    /** Checks again; `schema` remembers its result. */
    checkSchema,
    /**
     * Adds the tables that a helpdesk without OAuth2 lacks; only for commands that announce it.
     * @returns the names of what was added
     */
    async addTokenTables(): Promise<string[]> {
      const { createTokenTables } = await import('../../db/token-tables.js');
      const knows = await (await abilities())();
      return asHelpdesk((db) => createTokenTables(db, knows));
    },
    /** Checks the schema and updates our own tables. */
    ready: once(async () => {
      if (config.isAlone) {
        const { createOwnTables } = await import('../../db/own-tables.js');
        await asHelpdesk(createOwnTables);
      }
      const { notes } = await schema();
      const { migrate, needsMigration } = await import('../../db/migrate.js');
      // The helpdesk's own user may be one whom the server signs in for the helpdesk only.
      const migrations = (await needsMigration(await database())) ? await asHelpdesk(migrate) : [];
      return { notes, migrations };
    }),
    async close(): Promise<void> {
      const opened = await database.made()?.catch(() => undefined);
      await opened?.close();
    },
  };
}

export type DatabaseAdapters = ReturnType<typeof databaseAdapters>;
