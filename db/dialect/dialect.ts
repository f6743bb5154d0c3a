import type { TokenColumns } from '../../plugin/domain/product/product.js';
import type { Accounts } from './accounts.js';
import type { Catalog } from './catalog.js';
import type { Connect } from './connection.js';
import type { Errors } from './errors.js';
import type { Expressions } from './expressions.js';
import type { Statements } from './statements.js';
import type { Tables } from './tables.js';

/**
 * How one family of database servers differs from the others. All other code in db/ is written once and uses
 * this interface. Each promise says what a caller may rely on with any server. A test in test/guard ensures
 * that no statement, code or name of one family is used elsewhere.
 */
export interface ServerDialect {
  readonly connect: Connect;
  readonly errors: Errors;
  readonly expressions: Expressions;
  readonly statements: Statements;
  readonly catalog: Catalog;
  readonly accounts: Accounts;
  readonly tables: Tables;
}

/** What a query needs to know: the server's dialect, and the names that the helpdesk's product gives its columns. */
export interface Dialect extends ServerDialect {
  readonly columns: TokenColumns;
}
