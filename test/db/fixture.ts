import { type ColumnReader, createColumnReader } from '../../db/columns.js';
import { type Database, type DatabaseAddress, openDatabase, type PoolOptions } from '../../db/database.js';
import type { TokenConfigStoreDeps } from '../../db/repositories/token-configs.js';
import type { NewTokenConfig } from '../../plugin/domain/configuration/token-config-store.js';
import type { Product } from '../../plugin/domain/product/product.js';
import { partFile } from '../lab/golden.js';
import { scratchDatabase } from '../support/database.js';

/** The helpdesk's time zone in these tests: not UTC, so that a forgotten conversion shows. */
export const ZONE = 'Europe/Berlin';

/** A clock that stands still until it is set. */
interface TestClock {
  (): Date;
  now: Date;
}

function testClock(iso = '2026-07-01T12:00:00Z'): TestClock {
  const clock = (() => clock.now) as TestClock;
  clock.now = new Date(iso);
  return clock;
}

export interface Fixture extends TokenConfigStoreDeps {
  /** Connects as the sidecar's user, with a sidecar's rights. */
  db: Database;
  /** Connects as the helpdesk's user, to do what the helpdesk itself does. */
  helpdesk: Database;
  columns: ColumnReader;
  zone: () => string;
  clock: TestClock;
  address: DatabaseAddress;
  helpdeskAddress: DatabaseAddress;
  /** Statements that `work` sends, transactions included. */
  queries(work: () => Promise<unknown>): Promise<string[]>;
  /** Grants rights on tables that a test has created since. */
  grant(): Promise<void>;
  rows<Row = Record<string, unknown>>(sql: string, bindings?: (string | number)[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** The genuine tables as another product has them. */
interface OtherProduct {
  product: Product;
  changes: string[];
}

interface FixtureOptions extends Partial<OtherProduct> {
  /** The tables of golden.ts; all of them where the helpdesk itself works on them. */
  tables?: typeof partFile;
  /** Of both users. */
  pool?: PoolOptions;
}

/** A private copy of the genuine helpdesk's tables, with the sidecar's own tables. */
export async function fixture({
  product,
  changes,
  pool = {},
  tables = partFile,
}: FixtureOptions = {}): Promise<Fixture> {
  const scratch = await scratchDatabase(tables);
  const columns = product?.columns ?? undefined;
  const helpdeskAddress = { ...scratch.connection, socket: null };
  const helpdesk = openDatabase(helpdeskAddress, pool, columns);
  for (const change of changes ?? []) await helpdesk.knex.raw(change);
  const address = { ...(await scratch.prepare()), socket: null };
  const db = openDatabase(address, pool, columns);
  return {
    db,
    helpdesk,
    address,
    helpdeskAddress,
    grant: scratch.grant,
    columns: createColumnReader(db),
    zone: () => ZONE,
    clock: testClock(),
    async queries(work) {
      const seen: string[] = [];
      const note = ({ sql }: { sql: string }): void => void seen.push(sql);
      db.knex.on('query', note);
      try {
        await work();
      } finally {
        db.knex.removeListener('query', note);
      }
      return seen;
    },
    rows: (sql, bindings = []) => helpdesk.dialect.statements.rows(helpdesk.knex, sql, bindings),
    async close() {
      await db.close();
      await helpdesk.close();
      await scratch.drop();
    },
  };
}

/** A configuration as the stock templates make it, with something that the sidecar does not know. */
export function config(
  name: string,
  more: Partial<NewTokenConfig['document']> = {},
  validId = 1,
): NewTokenConfig {
  return {
    name,
    validId,
    document: {
      ClientID: 'client',
      ClientSecret: 'secret',
      Scope: 'mail',
      Notifications: { NotifyOnExpiredToken: 1, NotifyOnExpiredRefreshToken: 1 },
      Requests: { TokenByRefreshToken: { Request: { URL: 'https://provider.example/token' } } },
      Unknown: { kept: ['as', { it: 'is' }], number: 7, text: '7' },
      ...more,
    },
  };
}

export async function failure(
  work: Promise<unknown>,
): Promise<Error & { code?: string; fields?: Record<string, string>; detail?: string; log?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
