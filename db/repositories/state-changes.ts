import type { Knex } from 'knex';
import type { StateChange, StateChangeStore } from '../../plugin/domain/mailbox/state-change.js';
import { MUTED } from '../../plugin/domain/mailbox/told-mailbox.js';
import { outcomeOfState } from '../../plugin/domain/token/event-store.js';
import { ATTENTION, severityOf } from '../../plugin/domain/token/token-state.js';
import type { Database } from '../database.js';
import { despiteLocks } from '../despite-locks.js';
import type { Dialect } from '../dialect/dialect.js';
import { recordAlerts } from './alert-rows.js';
import { addEvents } from './events.js';
import { accountsOf } from './mail-accounts.js';
import { MAILBOX } from './mailbox-row.js';
import { RENEWAL } from './renewal-table.js';

/** Takes rows inside a transaction: a second sidecar waits for the rows and finds them reported. */
async function takeRows(knex: Knex, dialect: Dialect, ids: number[], at: Date): Promise<StateChange[]> {
  // Locked by the primary key alone, like every other statement does: in another order both would lock each other.
  const locked = await knex(RENEWAL)
    .whereIn('token_config_id', ids)
    .orderBy('token_config_id')
    .forUpdate()
    .select('token_config_id', 'told_state', 'token_state', 'token_urgency', 'is_change_untold', 'provider');
  const rows = locked.filter(({ is_change_untold }) => is_change_untold === 1);
  if (rows.length === 0) return [];
  const names = new Map<number, string>(
    (await knex('oauth2_token_config').whereIn('id', ids).select('id', 'name')).map(({ id, name }) => [
      id,
      name,
    ]),
  );
  const changes = rows.map(
    ({ token_config_id, told_state, token_state: state, token_urgency: urgency, provider }): StateChange => ({
      subject: { kind: 'configuration', id: token_config_id },
      configId: token_config_id,
      name: names.get(token_config_id) ?? `#${token_config_id}`,
      from: told_state,
      to: state,
      severity: severityOf(urgency),
      needsAttention: urgency <= ATTENTION,
      cause: `${state}@${provider}`,
      at,
    }),
  );
  await knex(RENEWAL)
    .whereIn(
      'token_config_id',
      rows.map(({ token_config_id }) => token_config_id),
    )
    .update({
      told_state: knex.ref('token_state'),
      told_attention: knex.raw(`CASE WHEN token_urgency <= ${ATTENTION} THEN 1 ELSE 0 END`),
    });
  await addEvents(
    knex,
    dialect,
    changes.flatMap(({ subject, from, to, severity }) =>
      from === null || to === MUTED || subject.kind !== 'configuration'
        ? []
        : [
            {
              id: subject.id,
              event: {
                at,
                actor: null,
                what: 'state' as const,
                outcome: outcomeOfState(severity),
                code: to,
                durationMs: null,
              },
            },
          ],
    ),
  );
  await recordAlerts(knex, dialect, changes);
  return changes;
}

/**
 * Whether a token works decides on its mailboxes as well. Outbound mail is among them, because only the settings say
 * whose token it uses. Not inside the transaction that takes the changes, because the watch of mail locks
 * these rows before those.
 * @param left accounts that were locked the last time; is changed
 */
async function judgeMailboxesAgain(
  db: Database,
  configs: number[],
  { now, left }: { now: Date; left: Set<number> },
): Promise<void> {
  if (configs.length === 0 && left.size === 0) return;
  const ids: number[] =
    configs.length === 0 ? [] : await db.run('state-changes.mailboxes', (knex) => accountsOf(knex, configs));
  const due = [...new Set([...(configs.length === 0 ? [] : [0]), ...ids, ...left])].sort((a, b) => a - b);
  const locked = await despiteLocks(db.dialect, due, (part) =>
    db.run('state-changes.mailboxes', async (knex) => {
      await knex(MAILBOX).whereIn('account_id', part).update({ changes_at: now.getTime() });
    }),
  );
  left.clear();
  for (const id of locked) left.add(id);
}

export function createStateChangeStore({ db }: { db: Database }): StateChangeStore {
  // Each call continues after the rows of the last one: a page of locked rows must not hold back those behind it.
  let after = 0;
  const left = new Set<number>();
  return {
    async take(now, limit) {
      const ids: number[] = await db.run('state-changes.find', (knex) =>
        knex(RENEWAL)
          .where('is_change_untold', 1)
          .where('token_config_id', '>', after)
          .orderBy('token_config_id')
          .limit(limit)
          .pluck('token_config_id'),
      );
      after = ids.length === limit ? Number(ids.at(-1)) : 0;
      await judgeMailboxesAgain(db, ids, { now, left });
      const taken: StateChange[] = [];
      await despiteLocks(db.dialect, ids, (part) =>
        db.transaction('state-changes.take', async ({ run }) => {
          taken.push(
            ...(await run('state-changes.take', (knex, dialect) => takeRows(knex, dialect, part, now))),
          );
        }),
      );
      return taken;
    },
  };
}
