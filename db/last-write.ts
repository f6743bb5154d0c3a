import type { Knex } from 'knex';

/**
 * When anybody last wrote to the helpdesk's token tables, without a look through their rows: InnoDB remembers the last
 * commit to each table since the server's start. MySQL would tell what it knew up to a day ago, were it not told to look
 * (information_schema_stats_expiry); to MariaDB that is a comment.
 */
export async function lastWrite(knex: Knex, database: string): Promise<{ at: string | null; over: boolean }> {
  const [[row]] = await knex.raw(
    `SELECT /*+ SET_VAR(information_schema_stats_expiry = 0) */ MAX(UPDATE_TIME) AS at, MAX(UPDATE_TIME) < NOW() AS is_over
     FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN ('oauth2_token_config', 'oauth2_token', 'mail_account')`,
    [database],
  );
  return { at: row.at, over: row.at === null || Number(row.is_over) === 1 };
}
