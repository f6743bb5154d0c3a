import type { Expressions } from '../expressions.js';

/** The time at which the statement arrived; now() would be that of the transaction. */
const NOW = 'extract(epoch FROM statement_timestamp())';

export const expressions: Expressions = {
  secondNow: `CAST(floor(${NOW}) * 1000 AS BIGINT)`,
  millisecondNow: `CAST(floor(${NOW} * 1000) AS BIGINT)`,
  earlier: (column) => `${column} - CAST(? AS INTEGER) * INTERVAL '1 second'`,
  // Neither hashtext(), which no version promises to keep, nor md5(), which a server in FIPS mode refuses.
  checksum: (text) =>
    `CAST(CAST('x' || encode(substring(sha256(convert_to(${text}, 'UTF8')) FROM 1 FOR 4), 'hex') AS BIT(32)) AS BIGINT)`,
  concat: (...parts) => `(${parts.map((part) => `CAST(${part} AS TEXT)`).join(' || ')})`,
  sameBytes: (a, b) => `CAST(${a} AS TEXT) COLLATE "C" = CAST(${b} AS TEXT) COLLATE "C"`,
  // The server has one character set for all columns.
  anyText: (text) => text,
  plainText: (text) => `lower(trim(CAST(${text} AS TEXT)))`,
  contains: (column, part) =>
    part.includes('\0')
      ? { sql: '1 = 0', bindings: [] }
      : { sql: `${column} ILIKE ? ESCAPE '!'`, bindings: [`%${part.replace(/[!%_]/g, '!$&')}%`] },
  // Before version 16, the server cannot tell whether a text is JSON without failing. So this takes the values of all
  // keys of these names; a question mark would be a placeholder.
  jsonParts(column, paths) {
    const keys = [...new Set(paths.map((path) => path.slice(path.lastIndexOf('.') + 1)))].join('|');
    const pair = `"(${keys})"\\s*:\\s*"(([^"\\\\]|\\\\.)*)"`;
    return `(SELECT string_agg(m[2], ' ') FROM regexp_matches(${column}, '${pair}', 'g') m)`;
  },
  // The server would take a number whose column it does not see for a text. It recognises all others.
  parameter: (value) => (typeof value === 'number' ? 'CAST(? AS BIGINT)' : '?'),
  // The server has no hints; it walks the index of the order if that is cheaper.
  joinInOrder: 'JOIN',
};
