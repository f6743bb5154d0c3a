import type { Accounts } from './accounts.js';
import type { Catalog } from './catalog.js';
import type { Connect } from './connection.js';
import type { Errors } from './errors.js';
import type { Expressions } from './expressions.js';
import type { Statements } from './statements.js';
import type { Tables } from './tables.js';

/**
 * How one family of database servers differs from the others. Everything else under db/ is written once and asks here; each
 * promise says what a caller may rely on, whatever the server. A test under test/guard holds that no statement, code or name
 * of one family stands elsewhere.
 */
export interface Dialect {
  readonly connect: Connect;
  readonly errors: Errors;
  readonly expressions: Expressions;
  readonly statements: Statements;
  readonly catalog: Catalog;
  readonly accounts: Accounts;
  readonly tables: Tables;
}
