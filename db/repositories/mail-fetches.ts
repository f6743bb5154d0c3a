import type { MailFetch, MailFetches } from '../../plugin/domain/mailbox/mail-fetches.js';
import type { Database } from '../database.js';
import { datesOf, type Zone } from '../dates.js';

/** How many of the newest entries are read: the table has no index by account and grows with every mail. */
const NEWEST = 5000;

/** Table `communication_log`: the fetchers write one row per fetch, with the account's ID and the result. */
export function createMailFetches({ db, zone }: { db: Database; zone: Zone }): MailFetches {
  return {
    async of(accountIds) {
      const fetches = new Map<number, MailFetch>();
      if (accountIds.length === 0) return fetches;
      const dates = await datesOf(zone);
      const rows: { account_id: string; succeeded: string | null; failed: string | null }[] = await db.run(
        'mail-fetches.of',
        (knex) =>
          knex
            .from(
              knex('communication_log')
                .select('account_id', 'direction', 'status', 'start_time')
                .orderBy('id', 'desc')
                .limit(NEWEST)
                .as('recent'),
            )
            .where('direction', 'Incoming')
            .whereIn('account_id', accountIds.map(String))
            .groupBy('account_id')
            .select('account_id')
            .select(knex.raw("MAX(CASE WHEN status = 'Successful' THEN start_time END) AS succeeded"))
            .select(knex.raw("MAX(CASE WHEN status = 'Failed' THEN start_time END) AS failed")),
      );
      for (const { account_id, succeeded, failed } of rows)
        fetches.set(Number(account_id), {
          succeededAt: dates.read(succeeded),
          failedAt: dates.read(failed),
        });
      return fetches;
    },
  };
}
