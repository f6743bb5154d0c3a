import type { ServerDialect } from '../dialect.js';
import { accounts } from './accounts.js';
import { catalog } from './catalog.js';
import { connect } from './connection.js';
import { errors } from './errors.js';
import { expressions } from './expressions.js';
import { statements } from './statements.js';
import { tables } from './tables.js';

/** PostgreSQL 13 and newer. */
export const POSTGRES: ServerDialect = {
  connect,
  errors,
  expressions,
  statements,
  catalog,
  accounts,
  tables,
};
