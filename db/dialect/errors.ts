/** The meaning of the errors of a driver and its server. All functions accept anything that was thrown. */
export interface Errors {
  /**
   * Converts an error of the driver to one of the catalogue (plugin/errors.ts), without the driver's message
   * and stack, which quote the statement with its values, including tokens. Returns anything else unchanged.
   * - database-unavailable: the server is unreachable, refuses the user, is shutting down or overloaded, or
   *   ended the connection
   * - database-busy: see `isBusy`
   * - database-right-missing: the user lacks a right
   * - schema-unknown: there is no such table or column
   * - value-too-long: a column cannot hold the value
   * - internal: every other error of the server
   * @param what the name of the query, for the log: `tokens.save`
   */
  translate(error: unknown, what: string): unknown;
  /**
   * Another transaction blocks this statement (a locked row, a deadlock, a collision with another node of a
   * cluster). Other statements are not affected, and the same one may succeed later. A translated error
   * counts, too.
   */
  isBusy(error: unknown): boolean;
  /** Only those errors of `isBusy` in which the server has ended our transaction in favour of another. */
  isCollision(error: unknown): boolean;
  /** A unique key already has this value. */
  isDuplicate(error: unknown): boolean;
  /** After a DELETE: a foreign key of another table still refers to the row. */
  isReferenced(error: unknown): boolean;
  /** The user lacks a right on this table or column. */
  isDenied(error: unknown): boolean;
  /** There is no such table, or none that this user may know of. */
  isTableMissing(error: unknown): boolean;
}
