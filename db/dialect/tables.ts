import type { Knex } from 'knex';

/** Names of column types, for `table.specificType(name, type)`. */
interface ColumnTypes {
  /** Up to this many ASCII characters that compare byte by byte. */
  word(length: number): string;
  /** Exactly this many of them. */
  fixedWord(length: number): string;
  /** A whole number from -128 to 127. */
  readonly tinyInteger: string;
  /** 1 if the condition is true for the row, otherwise 0; maintained by the server. */
  flag(condition: string): string;
  /** Up to 16 million bytes. */
  readonly largeBinary: string;
}

/** What a helpdesk without OAuth2 lacks, by table or `table.column`. */
export type TokenPart =
  | 'oauth2_token_config'
  | 'oauth2_token'
  | 'mail_account.authentication_type'
  | 'mail_account.oauth2_token_config_id';

/**
 * Changes of tables. If a statement that changes one commits by itself, a process may die between any two
 * statements.
 */
export interface Tables {
  readonly types: ColumnTypes;
  /** A transaction can contain changes of tables, and rolls them back. */
  readonly rollsBack: boolean;
  /**
   * Creates one of our tables, which can hold every character, with its indexes. Skips what an interrupted
   * run has already done, so that every step may be repeated.
   */
  createOnce(knex: Knex, name: string, columns: (table: Knex.CreateTableBuilder) => void): Promise<void>;
  /**
   * Adds columns and their indexes to one of our tables, as far as they are missing.
   * @param probe the first of the columns: either all of them exist or none
   */
  alterOnce(
    knex: Knex,
    name: string,
    probe: string,
    columns: (table: Knex.AlterTableBuilder) => void,
  ): Promise<void>;
  /** Makes an index of one of our tables anew, with these columns. */
  replaceIndex(knex: Knex, table: string, name: string, columns: readonly string[]): Promise<void>;
  /**
   * Creates a table for one lease and its row (`id` 1, `holder` with up to 36 ASCII characters, empty,
   * `lease_until` 0), as far as they are missing. Several processes on several hosts may do so at the same
   * time. Uses no lock of the server, because a cluster does not share them.
   */
  prepareLease(knex: Knex, name: string): Promise<void>;
  /**
   * Statements that add what the helpdesk's later update expects, exactly as that update would, and
   * statements that remove it with everything in it. In the order of adding; removed in reverse.
   */
  readonly tokenParts: Record<TokenPart, { add: string; remove: string }>;
}
