import type { Knex } from 'knex';
import type { Value } from './expressions.js';

/** An UPDATE of rows of one table by values of others. Placeholders: those of `set`, then those of `where`. */
interface JoinedUpdate {
  table: string;
  /** Its short name, which `set`, `on` and `where` use. */
  alias: string;
  /** The other tables, each with its short name, and the joins between them. */
  from: string;
  /** What joins them with the table. */
  on: string;
  /**
   * Column -> expression. An expression may use a column of the changed row that stands later here, or not at all: servers
   * differ in whether they show an earlier one as it was or as it is set.
   */
  set: Record<string, string>;
  where: string;
}

/** Statements that the families write differently. */
export interface Statements {
  /** Rows of a raw query. @param bindings a list, or names for `:name` (a value) and `:name:` (a table or column) */
  rows<Row>(knex: Knex, sql: string, bindings?: readonly Value[] | Record<string, Value>): Promise<Row[]>;
  /** Runs a raw INSERT, UPDATE or DELETE. @returns how many rows its condition has found, changed or not */
  change(knex: Knex, sql: string, bindings?: readonly Value[]): Promise<number>;
  /** See `JoinedUpdate`. @returns the statement */
  joinedUpdate(update: JoinedUpdate): string;
  /**
   * Adds rows, in one statement. One whose key is taken already is left out, and so is one that refers by a foreign key to
   * what does not exist. Nothing else is checked: the values must fit.
   * @param key the column of the unique key
   */
  insertMissing(knex: Knex, table: string, rows: Row | Row[], key: string): Promise<void>;
  /** Adds a row, or overwrites the columns of the one that has its key; one statement that leaves no gap in between. */
  upsert(knex: Knex, table: string, row: Row, key: string): Promise<void>;
  /** Adds a row whose `id` the server gives. @returns that `id` */
  insertNew(knex: Knex, table: string, row: Row): Promise<number>;
  /**
   * Confines an UPDATE or DELETE to so many rows, the first in the order of the query.
   * @param key the primary key
   */
  atMost(query: Knex.QueryBuilder, count: number, key: string): Knex.QueryBuilder;
  /**
   * When anybody last committed a change to one of these tables, without a look at their rows, as a text that is another after
   * each later change; null: not since the server's start. `over`: no later change can have the same text any more. A server
   * that keeps no such note is never `over`.
   * @param database where the tables are
   */
  lastWrite(
    knex: Knex,
    database: string,
    tables: readonly string[],
  ): Promise<{ at: string | null; over: boolean }>;
}

type Row = Record<string, Value>;
