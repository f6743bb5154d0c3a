import type { Knex } from 'knex';
import type { Granted } from '../grants.js';

/** An account of the database server. */
export interface Account {
  user: string;
  /** From where it may come: `localhost`, `127.0.0.1`, `%` … Empty where accounts of the server are not bound to hosts. */
  host: string;
}

/** A statement that gives an account a right or takes one from it. */
export interface GrantStatement {
  sql: string;
  bindings: string[];
  /** The same for a person who runs it by hand, without the semicolon. */
  byHand: string;
}

/** Accounts and their rights. `knex` is that of somebody who may manage them, except for `current`. */
export interface Accounts {
  /** Which account a connection is. The host is the pattern that the server has matched, so another user from here needs the same. */
  current(knex: Knex): Promise<Account>;
  exists(knex: Knex, account: Account): Promise<boolean>;
  /** Creates the account, or gives it this password where it is there already. Its rights stay. */
  set(knex: Knex, account: Account, password: string): Promise<void>;
  /** Removes the account with everything it was granted; nothing happens where there is none. */
  drop(knex: Knex, account: Account): Promise<void>;
  /** What the account may do with the tables of the database, and with single columns. */
  granted(knex: Knex, database: string, account: Account): Promise<Granted>;
  /** What leads from the rights that are to those that shall be: first what is taken away, then what is added. */
  grants(database: string, account: Account, is: Granted, shall: Granted): GrantStatement[];
  /** What a person reads and types, without the semicolon; the password is left out. */
  readonly byHand: {
    account(account: Account): string;
    create(account: Account): string;
    drop(account: Account): string;
  };
}
