import type { Knex } from 'knex';
import type { Phrase } from '../../plugin/lib/phrase.js';
import type { KnownServer } from './connection.js';

/** What a column can hold. */
export interface Column {
  /** Characters; null for columns that hold no text. */
  maxCharacters: number | null;
  /** Bytes in the column's own character set; null for columns that hold no text. */
  maxBytes: number | null;
  /** The lowest code point of its character set; missing: 0. */
  lowest?: number;
  /** The highest code point of its character set; 0x10ffff to leave the decision to the server. */
  highest: number;
  /** The highest code point that is certainly in its character set; missing: `highest`. */
  certain?: number;
}

/**
 * Information about the server and its tables. Tables on which the user has no right may be missing from the
 * results.
 */
export interface Catalog {
  /** Table -> column -> limits, for those of the tables that exist. */
  columns(knex: Knex, database: string, tables: readonly string[]): Promise<Map<string, Map<string, Column>>>;
  /**
   * Table -> names of its columns in their order.
   * @param tables without it, all tables of the database
   */
  columnNames(knex: Knex, database: string, tables?: readonly string[]): Promise<Map<string, string[]>>;
  /**
   * Names of the tables with this prefix, in alphabetical order; with those on which the user has no right, if it may create tables
   * in the database.
   */
  tablesNamed(knex: Knex, database: string, prefix: string): Promise<string[]>;
  /** `10.11.6-MariaDB`, `8.0.36`. */
  version(knex: Knex): Promise<string>;
  /** A warning about a server that is older than any tested version; null for all others. */
  oldVersion(version: string): Phrase | null;
  /** The server's clock, to the millisecond. */
  now(knex: Knex): Promise<Date>;
  /** Equal for two connections exactly if they lead to the same server. */
  serverName(knex: Knex): Promise<string>;
  /** How later connections recognise this server; empty if it shows no key. */
  identity(knex: Knex): Promise<KnownServer>;
}
