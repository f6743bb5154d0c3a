import type { Knex } from 'knex';
import {
  FETCHING_NAME,
  type FetchingCause,
  type FetchingWord,
} from '../../plugin/domain/mailbox/fetching-state.js';
import { type StateChange, subjectKey } from '../../plugin/domain/mailbox/state-change.js';
import { isTrouble, NOT_WATCHED, type ToldMailbox } from '../../plugin/domain/mailbox/told-mailbox.js';
import type { Dialect } from '../dialect/dialect.js';
import { ALERT, rankOf, recordAlerts } from './alert-rows.js';
import { addEventsOfMailboxes, addOwnEvent } from './events.js';
import { WATCH } from './mail-look.js';
import { MAILBOX, writeRows } from './mailbox-row.js';

/**
 * Notes a change of fetching as a whole for history and alerts, in the transaction that holds the lock of the watch:
 * once for all sidecars. The first state of all is no change and does not get into the history.
 */
export async function tellFetching(
  knex: Knex,
  dialect: Dialect,
  { word, cause, at }: { word: FetchingWord; cause: FetchingCause | null; at: Date },
): Promise<StateChange> {
  const row = await knex(WATCH).where('id', 1).first('told_fetching');
  await knex(WATCH).where('id', 1).update({ told_fetching: word });
  const needsAttention = word === 'fetching-stopped';
  const change: StateChange = {
    subject: { kind: 'fetching' },
    name: FETCHING_NAME,
    from: row.told_fetching,
    to: word,
    severity: needsAttention ? 'error' : 'ok',
    needsAttention,
    cause: 'fetching',
    at,
  };
  if (change.from !== null)
    await addOwnEvent(knex, FETCHING_NAME, {
      at,
      actor: null,
      what: 'state',
      outcome: needsAttention ? 'attention' : 'ok',
      code: [word, cause].filter(Boolean).join(' '),
      durationMs: null,
    });
  await recordAlerts(knex, dialect, [change]);
  return change;
}

/** What a mailbox does is worth a line unless it is the first word, or follows from what an admin has done. */
const isWorthALine = ({ from, to, needsAttention }: StateChange): boolean =>
  needsAttention || (to === 'mail-runs' && from !== null && isTrouble(from));

/** How many changes one statement notes. */
const PART = 500;

/**
 * Notes for history and alerts which mailboxes are in another state than the one noted last, in the transaction that
 * holds the lock of the watch. One query where nothing has changed.
 */
export async function tellMailboxes(
  knex: Knex,
  dialect: Dialect,
  { mailboxes, only, at }: { mailboxes: readonly ToldMailbox[]; only: readonly number[] | null; at: Date },
): Promise<StateChange[]> {
  const ids = mailboxes.map(({ accountId }) => accountId);
  const rows: { account_id: number; told_state: string | null }[] =
    ids.length === 0 ? [] : await knex(MAILBOX).whereIn('account_id', ids).select('account_id', 'told_state');
  const before = new Map(rows.map((row) => [row.account_id, row.told_state]));
  const changed = mailboxes.filter(({ accountId, word }) => (before.get(accountId) ?? null) !== word);
  await writeRows(
    knex,
    dialect,
    changed.map(({ accountId, word }) => ({ account_id: accountId, told_state: word })),
  );
  const changes = changed.map((mailbox) => changeOf(mailbox, before.get(mailbox.accountId) ?? null, at));
  await addEventsOfMailboxes(knex, changes.filter(isWorthALine).map(eventOf));
  for (let from = 0; from < changes.length; from += PART)
    await recordAlerts(knex, dialect, changes.slice(from, from + PART));
  if (only) await endOthers(knex, only, at);
  return changes;
}

const changeOf = (
  { accountId, configId, login, word, cause }: ToldMailbox,
  from: string | null,
  at: Date,
): StateChange & { configId: number } => ({
  subject: { kind: 'mailbox', id: accountId },
  configId,
  name: login,
  from,
  to: word,
  severity: word === 'mail-stopped' ? 'error' : word === 'mail-failing' ? 'warning' : 'ok',
  needsAttention: isTrouble(word),
  cause,
  at,
});

const eventOf = ({ configId, name, to, needsAttention, at }: ReturnType<typeof changeOf>) => ({
  configId,
  event: {
    at,
    actor: null,
    what: 'state' as const,
    outcome: needsAttention ? ('attention' as const) : ('ok' as const),
    code: `${to} ${name}`,
    durationMs: null,
  },
});

/** Accounts that were deleted, or no longer sign in with a token. @param ids all others */
async function endOthers(knex: Knex, ids: readonly number[], at: Date): Promise<void> {
  const subjects = new Set(ids.map((id) => subjectKey({ kind: 'mailbox', id })));
  const open: string[] = await knex(ALERT)
    .where('subject', 'like', 'mailbox:%')
    .where('severity', '<', rankOf(null))
    .pluck('subject');
  const gone = open.filter((subject) => !subjects.has(subject));
  if (gone.length > 0)
    await knex(ALERT)
      .whereIn('subject', gone)
      .update({
        severity: rankOf(null),
        state: NOT_WATCHED,
        changed_at: at.getTime(),
        look_at: at.getTime(),
      });
}
