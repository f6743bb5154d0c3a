import type { Knex } from 'knex';
import type { JudgedState } from '../../plugin/domain/mailbox/mail-watch.js';
import { SHOWN_SEVERITIES } from '../../plugin/domain/mailbox/mailbox-figures.js';
import type { Dialect } from '../dialect/dialect.js';
import { listOf } from '../dialect/list.js';
import type { DueTimes } from './mail-accounts.js';
import { MAILBOX, writeRows } from './mailbox-row.js';
import { ownValue } from './own-values.js';

/** How many rows one statement writes. */
const PART = 500;
/** Takes the place of NULL, which equals nothing. */
const NEVER = -1;

/**
 * Stores states, and when time alone changes them. An account that somebody has made due since it was read stays due:
 * whoever mutes one or renews its token does not wait for the lock of the watch.
 * @param read when each account was due as it was read
 */
export async function writeStates(
  knex: Knex,
  dialect: Dialect,
  states: readonly JudgedState[],
  read: DueTimes,
): Promise<void> {
  await writeRows(
    knex,
    dialect,
    states.map(({ accountId, shown }) => ({
      account_id: accountId,
      state: shown?.kind ?? null,
      severity: shown && SHOWN_SEVERITIES.indexOf(shown.severity),
    })),
  );
  const rows = states
    .map(({ accountId, at }) => ({
      id: accountId,
      at: at?.getTime() ?? null,
      before: read.get(accountId) ?? null,
    }))
    .filter(({ at, before }) => at !== before)
    .sort((a, b) => a.id - b.id);
  for (let from = 0; from < rows.length; from += PART) {
    const part = rows.slice(from, from + PART);
    const at = ownValue(dialect, { key: 'account_id' }, part, (row) => row.at);
    const before = ownValue(dialect, { key: 'account_id' }, part, (row) => row.before ?? NEVER);
    const these = listOf(part.map(({ id }) => id));
    await dialect.statements.change(
      knex,
      `UPDATE ${MAILBOX} SET changes_at = ${at.sql}
       WHERE account_id IN ${these.sql} AND COALESCE(changes_at, ${NEVER}) = ${before.sql}`,
      [...at.bindings, ...these.bindings, ...before.bindings],
    );
  }
}
