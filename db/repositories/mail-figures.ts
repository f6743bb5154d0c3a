import type { Knex } from 'knex';
import {
  SHOWN_SEVERITIES,
  type ShownSeverity,
  type StoredFigures,
} from '../../plugin/domain/mailbox/mailbox-figures.js';
import { MAILBOX } from './mailbox-row.js';
import { time } from './renewal-row.js';

const severityOf = (rank: number): ShownSeverity => SHOWN_SEVERITIES[rank] ?? 'ok';

/** Counts mailboxes by state and reads some of them, those in trouble first; see MailWatchStore. */
export async function readFigures(knex: Knex, most: number): Promise<StoredFigures> {
  const known = () => knex(MAILBOX).whereNotNull('severity');
  const counts: { severity: number; state: string; mailboxes: number | string }[] = await known()
    .groupBy(['severity', 'state'])
    .orderBy(['severity', 'state'])
    .select('severity', 'state')
    .count({ mailboxes: '*' });
  const rows = await known()
    .orderBy(['severity', 'state', 'account_id'])
    .limit(most)
    .select('account_id', 'severity', 'state', 'fetched_at', 'failures');
  return {
    counts: counts.map(({ severity, state, mailboxes }) => ({
      state,
      severity: severityOf(severity),
      mailboxes: Number(mailboxes),
    })),
    mailboxes: rows.map((row) => ({
      account: row.account_id === 0 ? ('smtp' as const) : row.account_id,
      state: row.state,
      severity: severityOf(row.severity),
      succeededAt: time(row.fetched_at),
      failures: Number(row.failures),
    })),
  };
}
