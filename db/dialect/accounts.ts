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

/** How to remove an account from this database. */
export interface Removal {
  /** Statements without values, to run or to show; none if nothing is left to do. */
  statements: string[];
  /** Another database of the server still uses the account, so it only loses its rights here. */
  staysElsewhere: boolean;
}

/**
 * Accounts and their rights. `knex` belongs to a user who may manage them, except for `current`, `namespace` and `may`:
 * names are qualified by `namespace`, so that the helpdesk's user does not decide what they mean (PoolOptions.catalogOnly).
 */
export interface Accounts {
  /**
   * The account of a connection. Its host is the pattern that the server matched, so another user from here
   * needs the same.
   */
  current(knex: Knex): Promise<Account>;
  /**
   * What qualifies the names of the helpdesk's tables. `knex` belongs to the helpdesk's user.
   * @throws SidecarError config-invalid if that user's names lead to tables of the server
   */
  namespace(knex: Knex, database: string): Promise<string>;
  /** Does the account exist, and does it reach the namespace? Rights on tables do not count. */
  reaches(knex: Knex, namespace: string, account: Account): Promise<boolean>;
  /** Creates the account, or sets its password if it exists, and lets it reach the namespace. Its rights stay. */
  set(knex: Knex, namespace: string, account: Account, password: string): Promise<void>;
  /** How to remove the account; see Removal. */
  removal(knex: Knex, account: Account): Promise<Removal>;
  /** The account's rights on the tables of the namespace, and on single columns. */
  granted(knex: Knex, namespace: string, account: Account): Promise<Granted>;
  /** `wanted`, and what else such rights need on this server. */
  completed(knex: Knex, namespace: string, wanted: Granted): Promise<Granted>;
  /**
   * May the user of this connection do this? Nothing is changed.
   * @param column one that the user may read or change
   * @throws Error of the driver if it cannot be determined; see Errors.isTableMissing
   */
  may(knex: Knex, right: Right, table: string, column: string): Promise<boolean>;
  /**
   * The statements that turn the rights `is` into `shall`: first those that revoke, then those that grant.
   */
  grants(namespace: string, account: Account, is: Granted, shall: Granted): GrantStatement[];
  /** What an admin reads and types, without the semicolon; the password is left out. */
  readonly byHand: {
    account(account: Account): string;
    create(account: Account): string;
  };
}
