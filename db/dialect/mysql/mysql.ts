import type { ServerDialect } from '../dialect.js';
import { accounts } from './accounts.js';
import { catalog } from './catalog.js';
import { connect } from './connection.js';
import { errors } from './errors.js';
import { expressions } from './expressions.js';
import { statements } from './statements.js';
import { tables } from './tables.js';

/** MySQL 8 and MariaDB 10.2, and newer. */
export const MYSQL: ServerDialect = { connect, errors, expressions, statements, catalog, accounts, tables };
