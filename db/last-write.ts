import type { Knex } from 'knex';

/**
 * When anybody last wrote to the helpdesk's tables of tokens and mail accounts, without a look through their rows: InnoDB
 * remembers the last commit to each table since the server's start.
 *
 * It does so by a clock that may be some milliseconds behind that of NOW(), and MariaDB by when the transaction began: a
 * second counts as over when another one has passed.
 */
export async function lastWrite(knex: Knex, database: string): Promise<{ at: string | null; over: boolean }> {
  const [[row]] = await knex.raw(
    `SELECT MAX(UPDATE_TIME) AS at, MAX(UPDATE_TIME) < NOW() - INTERVAL 1 SECOND AS is_over
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN ('oauth2_token_config', 'oauth2_token', 'mail_account')`,
    [database],
  );
  return { at: row.at, over: row.at === null || Number(row.is_over) === 1 };
}
