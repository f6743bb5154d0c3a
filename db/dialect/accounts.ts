import type { Knex } from 'knex';
import type { Granted, Right } from '../grants.js';

/** An account of the database server. */
export interface Account {
  user: string;
  /**
   * The host from which it may connect: `localhost`, `127.0.0.1`, `%` … Empty if the server does not bind
   * accounts to hosts.
   */
  host: string;
}

/** A statement that grants a right to an account or revokes one. */
export interface GrantStatement {
  sql: string;
  bindings: string[];
  /** The same for an admin who runs it by hand, without the semicolon. */
  byHand: string;
}

/** Accounts and their rights. `knex` belongs to a user who may manage them, except for `current`. */
export interface Accounts {
  /**
   * The account of a connection. Its host is the pattern that the server matched, so another user from here
   * needs the same.
   */
  current(knex: Knex): Promise<Account>;
  exists(knex: Knex, account: Account): Promise<boolean>;
  /** Creates the account, or sets its password if it exists. Its rights stay. */
  set(knex: Knex, account: Account, password: string): Promise<void>;
  /** Removes the account and all its rights; does nothing if it does not exist. */
  drop(knex: Knex, account: Account): Promise<void>;
  /** The account's rights on the tables of the database, and on single columns. */
  granted(knex: Knex, database: string, account: Account): Promise<Granted>;
  /** `wanted`, and what else such rights need on this server. */
  completed(knex: Knex, wanted: Granted): Promise<Granted>;
  /**
   * May the user of this connection do this? Nothing is changed.
   * @param column one that the user may read or change
   * @throws Error of the driver if it cannot be determined; see Errors.isTableMissing
   */
  may(knex: Knex, right: Right, table: string, column: string): Promise<boolean>;
  /**
   * The statements that turn the rights `is` into `shall`: first those that revoke, then those that grant.
   */
  grants(database: string, account: Account, is: Granted, shall: Granted): GrantStatement[];
  /** What an admin reads and types, without the semicolon; the password is left out. */
  readonly byHand: {
    account(account: Account): string;
    create(account: Account): string;
    drop(account: Account): string;
  };
}
