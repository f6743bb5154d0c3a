import type { Dialect } from '../dialect/dialect.js';
import type { Sql, Value } from '../dialect/expressions.js';

/**
 * An expression that gives each row its own value, so that one statement writes many rows; a plain value if
 * it is the same for all.
 * @param key the column that identifies the rows
 * @param value undefined: the row keeps `otherwise`
 */
export function ownValue<Row extends { id: number }>(
  { expressions }: Dialect,
  { key, otherwise = 'NULL' }: { key: string; otherwise?: string },
  rows: Row[],
  value: (row: Row) => Value | undefined,
): Sql {
  const values = rows.map((row) => ({ id: row.id, value: value(row) }));
  const first = values[0]?.value;
  if (first !== undefined && values.every((each) => each.value === first))
    return { sql: expressions.parameter(first), bindings: [first] };
  const given = values.flatMap(({ id, value }) => (value === undefined ? [] : [{ id, value }]));
  if (given.length === 0) return { sql: otherwise, bindings: [] };
  const cases = given.map(({ value }) => `WHEN ? THEN ${expressions.parameter(value)}`).join(' ');
  return {
    sql: `CASE ${key} ${cases} ELSE ${otherwise} END`,
    bindings: given.flatMap(({ id, value }) => [id, value]),
  };
}

/** The assignments of an UPDATE. */
export interface Assignments {
  /** Column -> expression. */
  set: Record<string, string>;
  /** The same as text after SET, for a statement with a single table. */
  sql: string;
  bindings: Value[];
}

/**
 * `SET` of an UPDATE for many rows: each row gets its own values and keeps the columns for which it has none.
 * @param table its alias, if the statement joins several
 */
export function ownValues(
  dialect: Dialect,
  key: string,
  rows: { id: number; values: Record<string, Value | undefined> }[],
  table?: string,
): Assignments {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const columns = names.map((name) => {
    const column = table === undefined ? name : `${table}.${name}`;
    return { name, ...ownValue(dialect, { key, otherwise: column }, rows, ({ values }) => values[name]) };
  });
  return {
    set: Object.fromEntries(columns.map(({ name, sql }) => [name, sql])),
    sql: columns.map(({ name, sql }) => `${name} = ${sql}`).join(', '),
    bindings: columns.flatMap(({ bindings }) => bindings),
  };
}
