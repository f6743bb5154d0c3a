import type { Knex } from 'knex';
import type { Phrase } from '../../plugin/lib/phrase.js';
import type { KnownServer } from './connection.js';

/** What a column can hold. */
export interface Column {
  /** Characters; null for columns that hold no text. */
  maxCharacters: number | null;
  /** Bytes in the column's own character set; null for columns that hold no text. */
  maxBytes: number | null;
  /** The highest code point that its character set has; 0x10ffff where the server itself is to judge. */
  highest: number;
}

/** What the server says of itself and of its tables. Tables that the user has no right on may be missing from the answers. */
export interface Catalog {
  /** Table -> column -> limits, of those tables that are there. */
  columns(knex: Knex, database: string, tables: readonly string[]): Promise<Map<string, Map<string, Column>>>;
  /** Table -> names of its columns in their order. @param tables without: all of the database */
  columnNames(knex: Knex, database: string, tables?: readonly string[]): Promise<Map<string, string[]>>;
  /** Names of the tables that begin so, in alphabetical order. */
  tablesNamed(knex: Knex, database: string, prefix: string): Promise<string[]>;
  /** `10.11.6-MariaDB`, `8.0.36`. */
  version(knex: Knex): Promise<string>;
  /** What to say of a server that is older than any that was tested; null for all others. */
  oldVersion(version: string): Phrase | null;
  /** The server's clock, to the millisecond. */
  now(knex: Knex): Promise<Date>;
  /** The same for two connections exactly if they lead to the same server. */
  serverName(knex: Knex): Promise<string>;
  /** How a connection recognises this server from now on; empty where it shows no key. */
  identity(knex: Knex): Promise<KnownServer>;
}
