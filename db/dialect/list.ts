import type { Sql, Value } from './expressions.js';

/**
 * The list after IN, with a placeholder for each value. Callers must not pass an empty list, because it is
 * not valid SQL.
 */
export const listOf = (values: readonly Value[]): Sql => ({
  sql: `(${values.map(() => '?').join(', ')})`,
  bindings: [...values],
});
