export type Value = string | number | null;

/** A piece of a statement, with the values of its placeholders in their order. */
export interface Sql {
  sql: string;
  bindings: Value[];
}

/**
 * Pieces of statements. Arguments are SQL: a column, a literal or a placeholder, each written into the piece exactly once, so
 * that bindings keep their order.
 */
export interface Expressions {
  /**
   * The server's clock in milliseconds since the epoch, to the whole second. Depends on no time zone and on no host's clock.
   * Within a statement it does not advance.
   */
  readonly secondNow: string;
  /** The same to the millisecond; the session's time zone may disturb it in the hour in which the clocks change. */
  readonly millisecondNow: string;
  /** A column of dates, so many whole seconds (a placeholder) earlier. */
  earlier(column: string): string;
  /**
   * A number of 32 bits that is the same for the same text and, but for one chance in billions, another for another. NULL of
   * NULL. It is stored and compared with later ones, so an implementation never changes it.
   */
  checksum(text: string): string;
  /** The parts, of any type, one after the other as a text; NULL where one of them is NULL. */
  concat(...parts: string[]): string;
  /** A condition: both texts are the same, byte by byte, whatever the collations of the columns are. */
  sameBytes(a: string, b: string): string;
  /** A text in a form that can be compared with every text, also where the column's character set lacks some characters. */
  anyText(text: string): string;
  /** A text in lower case without outer spaces, which compares character by character with any other such text. */
  plainText(text: string): string;
  /** A condition: the text of the column has `part` somewhere, upper or lower case. No character of it is a wildcard. */
  contains(column: string, part: string): Sql;
  /** A placeholder for this value that has the value's type wherever it stands, branches of a CASE included. */
  parameter(value: Value): string;
  /** Between two tables instead of JOIN: the left one is to be read first, by the index of the order. A hint. */
  readonly joinInOrder: string;
}
