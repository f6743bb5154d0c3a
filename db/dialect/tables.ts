import type { Knex } from 'knex';

/** Names of column types, for `table.specificType(name, type)`. */
interface ColumnTypes {
  /** Up to so many ASCII characters that compare byte by byte. */
  word(length: number): string;
  /** Exactly so many of them. */
  fixedWord(length: number): string;
  /** A whole number from -128 to 127. */
  readonly tinyInteger: string;
  /** 1 where the condition holds for the row, else 0; the server keeps it so. */
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

/** Changes of tables. Where a statement that changes one commits by itself, a process may die between any two of them. */
export interface Tables {
  readonly types: ColumnTypes;
  /**
   * Creates a table of ours that holds every character, with its indexes, as far as a run that was interrupted has not done so
   * already: every step may be run again.
   */
  createOnce(knex: Knex, name: string, columns: (table: Knex.CreateTableBuilder) => void): Promise<void>;
  /**
   * Adds columns and their indexes to a table of ours, as far as it has not been done already.
   * @param probe the first of the columns: all of them are added, or none
   */
  alterOnce(
    knex: Knex,
    name: string,
    probe: string,
    columns: (table: Knex.AlterTableBuilder) => void,
  ): Promise<void>;
  /**
   * Makes a table for one lease and its row (`id` 1, `holder` with up to 36 ASCII characters, empty, `lease_until` 0), where
   * they are not there yet. Several processes on several hosts may do so in the same moment; nothing waits for a lock of the
   * server, which a cluster does not share.
   */
  prepareLease(knex: Knex, name: string): Promise<void>;
  /**
   * Statements that add what the helpdesk's later update expects, just as that update would make it, and that take it away
   * again with everything in it. In the order of adding; removed in reverse.
   */
  readonly tokenParts: Record<TokenPart, { add: string; remove: string }>;
}
