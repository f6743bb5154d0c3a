import type { Knex } from 'knex';
import {
  FETCHING_NAME,
  type FetchingCause,
  type FetchingWord,
} from '../../plugin/domain/mailbox/fetching-state.js';
import type { OtherAccounts } from '../../plugin/domain/mailbox/mail-watch.js';
import { type StateChange, subjectKey, subjectOf } from '../../plugin/domain/mailbox/state-change.js';
import { isTrouble, NOT_WATCHED, type ToldMailbox } from '../../plugin/domain/mailbox/told-mailbox.js';
import { outcomeOfState } from '../../plugin/domain/token/event-store.js';
import type { Dialect } from '../dialect/dialect.js';
import { ALERT, type AlertRow, rankOf, recordAlerts } from './alert-rows.js';
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
      outcome: outcomeOfState(change.severity),
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
 * holds the lock of the watch. One query where nothing has changed and no mailbox is in trouble.
 */
export async function tellMailboxes(
  knex: Knex,
  dialect: Dialect,
  { mailboxes, others, at }: { mailboxes: readonly ToldMailbox[]; others: OtherAccounts; at: Date },
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
  // Parts in the order of the key: who decides on alerts locks them in that order.
  const all = [...changes, ...(await endOthers(knex, others, at))].sort((a, b) =>
    subjectKey(a.subject) < subjectKey(b.subject) ? -1 : 1,
  );
  for (let from = 0; from < all.length; from += PART)
    await recordAlerts(knex, dialect, all.slice(from, from + PART));
  const noted = new Set(changed);
  const same = mailboxes.filter((mailbox) => isTrouble(mailbox.word) && !noted.has(mailbox));
  await followConfigurations(knex, dialect, same);
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

const eventOf = ({ configId, name, to, severity, at }: ReturnType<typeof changeOf>) => ({
  configId,
  event: {
    at,
    actor: null,
    what: 'state' as const,
    outcome: outcomeOfState(severity),
    code: `${to} ${name}`,
    durationMs: null,
  },
});

/**
 * Ends what was told of accounts that were deleted or no longer sign in with a token, so that it is told again when
 * they do again.
 * @returns their alerts that are over; not yet written
 */
async function endOthers(knex: Knex, others: OtherAccounts, at: Date): Promise<StateChange[]> {
  const { ids, areOthers } = others;
  if (areOthers && ids.length === 0) return [];
  const listed = new Set(ids);
  const rows = knex(MAILBOX).where((either) => {
    either.whereNotNull('state').orWhere('told_state', '<>', NOT_WATCHED);
  });
  const open = knex(ALERT).where('subject', 'like', 'mailbox:%').where('severity', '<', rankOf(null));
  if (areOthers) {
    rows.whereIn('account_id', ids);
    open.whereIn('subject', ids.map(keyOf));
  }
  const known: number[] = await rows.orderBy('account_id').pluck('account_id');
  const gone = known.filter((id) => listed.has(id) === areOthers);
  if (gone.length > 0)
    await knex(MAILBOX)
      .whereIn('account_id', gone)
      .update({ told_state: NOT_WATCHED, state: null, severity: null });
  const alerts: Pick<AlertRow, 'subject' | 'name' | 'state' | 'config_id'>[] = await open.select(
    'subject',
    'name',
    'state',
    'config_id',
  );
  return alerts.flatMap(({ subject: key, name, state, config_id }) => {
    const subject = subjectOf(key);
    if (!subject || !('id' in subject) || listed.has(subject.id) !== areOthers) return [];
    const configId = config_id ?? undefined;
    const well = { severity: 'ok', needsAttention: false, cause: '' } as const;
    return [
      {
        subject,
        name,
        from: state,
        to: NOT_WATCHED,
        at,
        ...well,
        ...(configId === undefined ? {} : { configId }),
      },
    ];
  });
}

const keyOf = (id: number): string => subjectKey({ kind: 'mailbox', id });

/** What is told of a mailbox belongs to the configuration whose token it uses now. */
async function followConfigurations(
  knex: Knex,
  { expressions }: Dialect,
  mailboxes: readonly ToldMailbox[],
): Promise<void> {
  if (mailboxes.length === 0) return;
  const configs = new Map(mailboxes.map(({ accountId, configId }) => [keyOf(accountId), configId]));
  const rows: Pick<AlertRow, 'subject' | 'config_id'>[] = await knex(ALERT)
    .whereIn('subject', [...configs.keys()])
    .select('subject', 'config_id');
  const moved = rows.flatMap(({ subject, config_id }) => {
    const configId = configs.get(subject) ?? null;
    return configId === config_id ? [] : [{ subject, configId }];
  });
  if (moved.length === 0) return;
  const cases = moved.map(({ configId }) => `WHEN ? THEN ${expressions.parameter(configId)}`).join(' ');
  await knex(ALERT)
    .whereIn(
      'subject',
      moved.map(({ subject }) => subject),
    )
    .update({
      config_id: knex.raw(
        `CASE subject ${cases} END`,
        moved.flatMap(({ subject, configId }) => [subject, configId]) as Knex.RawBinding[],
      ),
    });
}
