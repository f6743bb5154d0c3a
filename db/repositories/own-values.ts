export type Value = string | number | null;

/** A piece of a statement. */
export interface Sql {
  sql: string;
  bindings: Value[];
}

/**
 * An expression that gives each row its own value, so that one statement writes many rows; plain where all have the same.
 * @param key the column that tells the rows apart
 * @param value undefined: what `otherwise` names stays
 */
export function ownValue<Row extends { id: number }>(
  key: string,
  rows: Row[],
  value: (row: Row) => Value | undefined,
  otherwise = 'NULL',
): Sql {
  const values = rows.map((row) => ({ id: row.id, value: value(row) }));
  const first = values[0]?.value;
  if (first !== undefined && values.every((each) => each.value === first))
    return { sql: '?', bindings: [first] };
  const given = values.flatMap(({ id, value }) => (value === undefined ? [] : [id, value]));
  if (given.length === 0) return { sql: otherwise, bindings: [] };
  const cases = Array.from({ length: given.length / 2 }, () => 'WHEN ? THEN ?').join(' ');
  return { sql: `CASE ${key} ${cases} ELSE ${otherwise} END`, bindings: given };
}

/**
 * `SET` of an UPDATE for many rows: each gets its own values, and keeps what it has in the columns that its own lack.
 * @param table its short name, where the statement joins several
 */
export function ownValues(
  key: string,
  rows: { id: number; values: Record<string, Value | undefined> }[],
  table?: string,
): Sql {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const columns = names.map((name) => {
    const column = table === undefined ? name : `${table}.${name}`;
    const own = ownValue(key, rows, ({ values }) => values[name], column);
    return { sql: `${column} = ${own.sql}`, bindings: own.bindings };
  });
  return {
    sql: columns.map(({ sql }) => sql).join(', '),
    bindings: columns.flatMap(({ bindings }) => bindings),
  };
}
