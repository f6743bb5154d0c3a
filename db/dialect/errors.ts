/** What the errors of a driver and its server mean. All of these take anything that was thrown. */
export interface Errors {
  /**
   * Turns an error of the driver into one of the catalogue (plugin/errors.ts), without the driver's message and stack: they quote
   * the statement with its values, tokens included. Anything else comes back as it is.
   * - database-unavailable: the server cannot be reached, refuses the user, is shutting down or overloaded, or ended the connection
   * - database-busy: see `isBusy`
   * - database-right-missing: the user lacks a right
   * - schema-unknown: there is no such table or column
   * - value-too-long: a column cannot hold the value
   * - internal: every other error of the server
   * @param what which query, for the log: `tokens.save`
   */
  translate(error: unknown, what: string): unknown;
  /**
   * Another transaction is in the way of this statement (a locked row, a deadlock, a collision with another node of a cluster);
   * nothing is wrong with any other, and the same one may work later. A translated error counts as well.
   */
  isBusy(error: unknown): boolean;
  /** Only that of `isBusy` in which the server has ended our transaction in favour of another. */
  isCollision(error: unknown): boolean;
  /** A unique key has this value already. */
  isDuplicate(error: unknown): boolean;
  /** A foreign key of another table still refers to the row. */
  isReferenced(error: unknown): boolean;
  /** The user lacks a right on this table or column. */
  isDenied(error: unknown): boolean;
  /** There is no such table, or none that this user may know of. */
  isTableMissing(error: unknown): boolean;
}
