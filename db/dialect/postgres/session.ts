/**
 * Settings of each connection, as `name=value`. Dates have the helpdesk's form. A transaction sees what others have
 * committed, as the repositories expect. The wait for a locked row is a few seconds, because renewals that are written
 * together wait for it together (repositories/token-saves.ts). A connection that falls silent during a transaction
 * would keep its rows locked: the server closes it after a minute, twice as long as the pool keeps an unused one.
 */
export const SESSION: readonly string[] = [
  'datestyle=ISO',
  'standard_conforming_strings=on',
  'default_transaction_isolation=read committed',
  'lock_timeout=3000',
  'idle_in_transaction_session_timeout=60000',
];
