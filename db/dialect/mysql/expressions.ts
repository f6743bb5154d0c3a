import type { Expressions } from '../expressions.js';

const anyText = (text: string): string => `CONVERT(${text} USING utf8mb4)`;

export const expressions: Expressions = {
  // Without an argument, which would involve the session's time zone.
  secondNow: 'UNIX_TIMESTAMP() * 1000',
  millisecondNow: 'ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000)',
  earlier: (column) => `${column} - INTERVAL ? SECOND`,
  checksum: (text) => `CRC32(${text})`,
  concat: (...parts) => `CONCAT(${parts.join(', ')})`,
  sameBytes: (a, b) => `CAST(${a} AS BINARY) = CAST(${b} AS BINARY)`,
  anyText,
  plainText: (text) => `LOWER(TRIM(${anyText(text)})) COLLATE utf8mb4_bin`,
  contains: (column, part) => ({
    // `!` escapes the wildcards, because a backslash depends on the SQL mode. The conversion makes an emoji
    // find nothing instead of failing; no index could serve a search within a text anyway.
    sql: `${anyText(column)} LIKE ? ESCAPE '!'`,
    bindings: [`%${part.replace(/[!%_]/g, '!$&')}%`],
  }),
  // MySQL refuses a text that is no JSON.
  jsonParts: (column, paths) =>
    `CASE WHEN JSON_VALID(${column}) THEN JSON_EXTRACT(${column}, ${paths.map((path) => `'${path}'`).join(', ')}) END`,
  // The driver writes values into the statement as literals.
  parameter: () => '?',
  joinInOrder: 'STRAIGHT_JOIN',
};
