import type { Knex } from 'knex';
import type { TokenColumns } from '../plugin/domain/product/product.js';
import { COMMON } from '../plugin/domain/product/records.js';
import { SidecarError } from '../plugin/errors.js';
import type { DatabaseAddress, PoolOptions } from './dialect/connection.js';
import type { Dialect, ServerDialect } from './dialect/dialect.js';
import { MYSQL } from './dialect/mysql/mysql.js';
import { POSTGRES } from './dialect/postgres/postgres.js';

export type { DatabaseAddress, PoolOptions } from './dialect/connection.js';

/** The only access to the helpdesk's database. Every failure is a SidecarError without values in it. */
export interface Database {
  /** The database's name; information_schema needs it. */
  readonly name: string;
  /** The dialect of the server, and the helpdesk's names of columns. */
  readonly dialect: Dialect;
  /** For migrations and tests. */
  readonly knex: Knex;
  /**
   * Runs queries outside a transaction, or inside the one that this Database stands for.
   * @param what names the query in the log
   * @throws SidecarError database-unavailable, database-busy, database-right-missing, schema-unknown,
   *   value-too-long, internal
   */
  run<T>(what: string, work: (knex: Knex, dialect: Dialect) => Promise<T>): Promise<T>;
  /** Runs one transaction; inside a transaction it joins that one. It rolls back if `work` throws. */
  transaction<T>(what: string, work: (database: Database) => Promise<T>): Promise<T>;
  /** How many times the server was lost so far: each time, it may have lost its last transactions. */
  losses(): number;
  close(): Promise<void>;
}

/**
 * Opens a pool; the first query opens the first connection.
 * @param address credentials, from Kernel/Config.pm
 * @param columns of the helpdesk's product
 */
export function openDatabase(
  address: DatabaseAddress,
  options: PoolOptions = {},
  columns: TokenColumns = COMMON.columns,
): Database {
  const count = { losses: 0 };
  const server: ServerDialect = address.family === 'postgres' ? POSTGRES : MYSQL;
  const dialect: Dialect = { ...server, columns };
  const knex = dialect.connect(address, options, () => count.losses++);
  return asDatabase(knex, { name: address.database, dialect, count, joined: false });
}

interface Opened {
  name: string;
  dialect: Dialect;
  count: { losses: number };
  /** Is this already a transaction? */
  joined: boolean;
}

function asDatabase(knex: Knex, opened: Opened): Database {
  const { name, dialect, count, joined } = opened;
  const run: Database['run'] = async (what, work) => {
    try {
      return await work(knex, dialect);
    } catch (error) {
      // Nothing is lost with it: connections that hang are counted by themselves.
      if (isPoolTimeout(error))
        throw new SidecarError('database-unavailable', { log: `${what}: no free connection in time` });
      const fault = dialect.errors.translate(error, what);
      if (fault instanceof SidecarError && fault.code === 'database-unavailable') count.losses++;
      throw fault;
    }
  };
  return {
    name,
    dialect,
    knex,
    run,
    transaction: (what, work) =>
      joined
        ? work(asDatabase(knex, opened))
        : run(what, () => knex.transaction((trx) => work(asDatabase(trx, { ...opened, joined: true })))),
    losses: () => count.losses,
    close: () => knex.destroy(),
  };
}

const isPoolTimeout = (error: unknown): boolean =>
  error instanceof Error && error.name === 'KnexTimeoutError';
