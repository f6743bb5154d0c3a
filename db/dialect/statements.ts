import type { Knex } from 'knex';
import type { Value } from './expressions.js';

/** An UPDATE of one table's rows with values of others. */
export interface JoinedUpdate {
  table: string;
  /** Its alias, which `set`, `on` and `where` use. */
  alias: string;
  /** Which rows: the column that identifies them, and its values; not empty. */
  key: string;
  ids: readonly number[];
  /** The other tables with their aliases, and the joins between them. */
  from: string;
  /** What joins them with the table. */
  on: string;
  /**
   * Column -> expression. An expression may use only columns of the changed row that follow later here or do
   * not occur here, because servers differ in whether an earlier one has its old or its new value.
   */
  set: Record<string, string>;
  /** What must hold for a row. Default: nothing. */
  where?: string;
  /** The values of the placeholders: first those of `set`, then those of `where`. */
  bindings: { set: readonly Value[]; where?: readonly Value[] };
}

/** Statements that the families write differently. */
export interface Statements {
  /**
   * Returns the rows of a raw query.
   * @param bindings a list, or names for `:name` (a value) and `:name:` (a table or column)
   */
  rows<Row>(knex: Knex, sql: string, bindings?: readonly Value[] | Record<string, Value>): Promise<Row[]>;
  /**
   * Runs a raw INSERT, UPDATE or DELETE.
   * @returns how many rows match its condition, changed or not
   */
  change(knex: Knex, sql: string, bindings?: readonly Value[]): Promise<number>;
  /**
   * Runs a `JoinedUpdate`. If another transaction has locked a row, this waits for it, and then uses the rows of every
   * table as that transaction has left them.
   * @returns how many rows match its condition, changed or not
   */
  joinedUpdate(knex: Knex, update: JoinedUpdate): Promise<number>;
  /**
   * Adds rows with one statement. Skips a row whose key is taken, and one whose foreign key refers to a
   * missing row. Nothing else is checked: the values must fit.
   * @param key the column of the unique key
   */
  insertMissing(knex: Knex, table: string, rows: Row | Row[], key: string): Promise<void>;
  /**
   * Adds rows, or overwrites the given columns of the rows with the same keys; one statement, with no gap in
   * between.
   */
  upsert(knex: Knex, table: string, rows: Row | Row[], key: string): Promise<void>;
  /**
   * Adds a row whose `id` the server assigns.
   * @returns that `id`
   */
  insertNew(knex: Knex, table: string, row: Row): Promise<number>;
  /**
   * Limits an UPDATE or DELETE to this many rows, the first in the order of the query.
   * @param key the primary key
   */
  atMost(query: Knex.QueryBuilder, count: number, key: string): Knex.QueryBuilder;
  /**
   * When any program last committed a change to one of these tables, determined without reading their columns: a
   * text that differs after each later change; null: not since the server started. `over`: no later change
   * can have the same text. A server that does not record this is never `over`. `written`: the keys of the rows that
   * have been added or changed since the last call on this pool; undefined if the server cannot tell.
   * @param database where the tables are
   */
  lastWrite(
    knex: Knex,
    database: string,
    tables: readonly WatchedTable[],
  ): Promise<{ at: string | null; over: boolean; written?: number[] | undefined }>;
  /**
   * How long the server has been running, in whole seconds; may be negative after its clock was set back. `server` tells
   * apart servers that started in the same second; '' if this family cannot say it in the same statement.
   */
  uptime(knex: Knex): Promise<{ seconds: number; server: string }>;
}

type Row = Record<string, Value>;

/** A table whose writes are to be noticed; `key`: the column of its rows to return, a number. */
export interface WatchedTable {
  name: string;
  key: string | null;
}
