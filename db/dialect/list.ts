import type { Sql, Value } from './expressions.js';

/** What stands after IN: a placeholder for each value. An empty list is no SQL, so callers see to that. */
export const listOf = (values: readonly Value[]): Sql => ({
  sql: `(${values.map(() => '?').join(', ')})`,
  bindings: [...values],
});
