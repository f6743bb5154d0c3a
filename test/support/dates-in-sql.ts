/** End-to-end tests write dates as MariaDB does; the helpdesk's zone is UTC there. */
export const inWordsOf = (isPostgres: boolean, query: string): string =>
  !isPostgres
    ? query
    : query
        .replace(/\bINTERVAL (-?\d+) (SECOND|MINUTE|HOUR|DAY)\b/g, "INTERVAL '$1 $2'")
        .replaceAll('UTC_TIMESTAMP()', "date_trunc('second', now() AT TIME ZONE 'UTC')")
        .replaceAll('UNIX_TIMESTAMP()', 'CAST(floor(extract(epoch FROM now())) AS BIGINT)');
