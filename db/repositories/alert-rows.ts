import type { Knex } from 'knex';
import type { Alert, AlertSeverity } from '../../plugin/domain/alert/alert.js';
import { type StateChange, subjectKey } from '../../plugin/domain/mailbox/state-change.js';
import type { Dialect } from '../dialect/dialect.js';

/** What is the matter, and what people have been told; the columns are explained in migration 0011. */
export const ALERT = 'oauth2_sidecar_alert';

const SEVERITIES: readonly AlertSeverity[] = ['error', 'warning', null];
export const rankOf = (severity: AlertSeverity): number => SEVERITIES.indexOf(severity);
export interface AlertRow {
  subject: string;
  config_id: number | null;
  name: string;
  state: string;
  cause: string;
  severity: number;
  since: number;
  changed_at: number;
  told_state: string | null;
  told_severity: number | null;
  told_at: number | null;
  episodes: number;
}

const date = (ms: number | string): Date => new Date(Number(ms));

export const toAlert = (row: AlertRow): Alert => ({
  subject: row.subject,
  name: row.name,
  state: row.state,
  cause: row.cause,
  severity: SEVERITIES[row.severity] ?? null,
  since: date(row.since),
  changedAt: date(row.changed_at),
  told:
    row.told_severity === null
      ? null
      : {
          state: row.told_state ?? '',
          severity: row.told_severity === 0 ? 'error' : 'warning',
          at: date(row.told_at ?? 0),
        },
  episodes: row.episodes,
});

/** A configuration that nobody has requested a token for yet is being set up. */
const isNew = ({ from, to }: StateChange): boolean =>
  to === 'never-requested' && (from === null || from === to);

/**
 * Notes changes in the transaction that takes them, so that none is lost or told twice. Leaves out subjects
 * that are well and were never told to be otherwise. Two statements for any number of changes.
 */
export async function recordAlerts(
  knex: Knex,
  dialect: Dialect,
  changes: readonly StateChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const known = new Map<string, AlertRow>(
    (
      await knex(ALERT).whereIn(
        'subject',
        changes.map(({ subject }) => subjectKey(subject)),
      )
    ).map((row: AlertRow) => [row.subject, row]),
  );
  const rows = changes
    .flatMap((change) => {
      const subject = subjectKey(change.subject);
      const before = known.get(subject);
      if (!before && (!change.needsAttention || isNew(change))) return [];
      const lasts = before !== undefined && before.severity < rankOf(null);
      const at = change.at.getTime();
      return [
        {
          subject,
          config_id: change.configId ?? null,
          name: change.name.slice(0, 250),
          state: change.to,
          // What is over keeps its cause, to be told with the others.
          cause: change.needsAttention ? ascii(change.cause) : (before?.cause ?? ''),
          severity: change.needsAttention ? (change.severity === 'error' ? 0 : 1) : rankOf(null),
          since: lasts ? Number(before.since) : at,
          changed_at: at,
          look_at: at,
        },
      ];
    })
    .sort((a, b) => (a.subject < b.subject ? -1 : 1));
  if (rows.length > 0) await dialect.statements.upsert(knex, ALERT, rows, 'subject');
}

const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 255);
