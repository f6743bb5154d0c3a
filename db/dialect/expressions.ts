export type Value = string | number | null;

/** A part of a statement, with the values of its placeholders in order. */
export interface Sql {
  sql: string;
  bindings: Value[];
}

/**
 * Parts of statements. Arguments are SQL: a column, a literal or a placeholder. Each is used exactly once, so
 * that bindings keep their order.
 */
export interface Expressions {
  /**
   * The server's clock in milliseconds since the epoch, in whole seconds. Independent of time zones and of
   * the hosts' clocks. Does not advance within a statement.
   */
  readonly secondNow: string;
  /** The same to the millisecond; the session's time zone may distort it in the hour of a clock change. */
  readonly millisecondNow: string;
  /** A column of dates minus a number of whole seconds (a placeholder). */
  earlier(column: string): string;
  /**
   * A number of 32 bits that is the same for the same text and different for another text, except with a
   * chance of one in billions. NULL for NULL. The numbers are stored and compared with later ones, so an
   * implementation never changes.
   */
  checksum(text: string): string;
  /** Concatenates parts of any type to a text; NULL if one of them is NULL. */
  concat(...parts: string[]): string;
  /** A condition: both texts are the same, byte by byte, whatever the columns' collations are. */
  sameBytes(a: string, b: string): string;
  /**
   * A text in a form that can be compared with every text, even if the column's character set lacks some
   * characters.
   */
  anyText(text: string): string;
  /**
   * A text in lower case without leading and trailing spaces, which compares character by character with
   * another such text.
   */
  plainText(text: string): string;
  /** A condition: the column's text contains `part`, ignoring case. No character of it is a wildcard. */
  contains(column: string, part: string): Sql;
  /**
   * The texts at these paths (`$.Requests.X`) of a column that holds JSON, as one text to search in; NULL if it has none
   * of them. A server may also take texts at other paths that end in the same key, and texts of what is no JSON.
   */
  jsonParts(column: string, paths: readonly string[]): string;
  /** A placeholder that has the value's type wherever it is used, even in branches of a CASE. */
  parameter(value: Value): string;
  /**
   * Used between two tables instead of JOIN: a hint to read the left table first, by the index of the order.
   */
  readonly joinInOrder: string;
}
