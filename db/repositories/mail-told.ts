import type { Knex } from 'knex';
import { FETCHING_NAME, type FetchingWord } from '../../plugin/domain/mailbox/fetching-state.js';
import type { StateChange } from '../../plugin/domain/mailbox/state-change.js';
import type { Dialect } from '../dialect/dialect.js';
import { recordAlerts } from './alert-rows.js';
import { addOwnEvent } from './events.js';
import { WATCH } from './mail-look.js';

/**
 * Notes a change of fetching as a whole for history and alerts, in the transaction that holds the lock of the watch:
 * once for all sidecars. The first state of all is no change and does not get into the history.
 */
export async function tellFetching(
  knex: Knex,
  dialect: Dialect,
  word: FetchingWord,
  at: Date,
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
      code: word,
      durationMs: null,
    });
  await recordAlerts(knex, dialect, [change]);
  return change;
}
