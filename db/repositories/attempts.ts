import type { Knex } from 'knex';
import type { Attempt } from '../../plugin/domain/token/renewal-store.js';
import { addEvents } from './events.js';
import { writeIdentity } from './identities.js';
import { noteOtherMailboxes } from './other-mailboxes.js';
import { ownValue, ownValues, type Value } from './own-values.js';
import { CONFIG_MARK, JOINED, REFRESH_TOKEN_MARK, TOKEN_MARK } from './renewal-marks.js';
import { markColumns, RENEWAL } from './renewal-row.js';

function valuesOf({ state, mark }: Attempt): Record<string, Value | undefined> {
  const time = (date: Date | null | undefined) =>
    date === undefined ? undefined : (date?.getTime() ?? null);
  return {
    due_at: time(state.dueAt),
    reason: state.reason,
    failures: state.failures,
    outcome: state.outcome,
    retry_at: time(state.retryAt),
    failing_since: time(state.failingSince),
    error: state.error?.slice(0, 100) ?? null,
    ...markColumns(mark),
    last_success_at: time(state.succeededAt),
    received_at: time(state.receivedAt),
    expires_at: time(state.expiresAt),
    refresh_expires_at: time(state.refreshExpiresAt),
    not_before: time(state.notBefore),
    lost_answer: state.lostAnswer,
    refresh_token_issued_at: time(state.refreshTokenIssuedAt),
    refresh_token_dies_at: time(state.refreshTokenDiesAt),
  };
}

/**
 * Writes what became of attempts, inside of the transaction that wrote their tokens: the events, the states, and the marks,
 * so that our own change is not taken for somebody else's. Gives back the leases.
 */
export async function writeAttempts(knex: Knex, attempts: { id: number; attempt: Attempt }[]): Promise<void> {
  if (attempts.length === 0) return;
  const ids = attempts.map(({ id }) => id);
  await addEvents(
    knex,
    attempts.flatMap(({ id, attempt: { event } }) => (event ? [{ id, event }] : [])),
  );
  const states = ownValues(
    'r.token_config_id',
    attempts.map(({ id, attempt }) => ({ id, values: valuesOf(attempt) })),
    'r',
  );
  // Somebody who changed the configuration meanwhile is seen by the next look: what came of the old one is not held against it.
  const configMark = ownValue(
    'r.token_config_id',
    attempts,
    ({ attempt }) => attempt.configMark,
    CONFIG_MARK,
  );
  const holder = ownValue('r.token_config_id', attempts, ({ attempt }) => attempt.holder);
  const update = () =>
    knex.raw(
      `UPDATE ${RENEWAL} r JOIN (${JOINED}) ON c.id = r.token_config_id
       SET ${states.sql}, r.config_mark = ${configMark.sql}, r.token_mark = ${TOKEN_MARK}, r.lost_answer_of = ${REFRESH_TOKEN_MARK},
         r.lease_until = IF(r.lease_holder = ${holder.sql}, 0, r.lease_until),
         r.lease_holder = IF(r.lease_holder = ${holder.sql}, NULL, r.lease_holder)
       WHERE r.token_config_id IN (?)`,
      // The array is the list of IN; the types know single values only.
      [...states.bindings, ...configMark.bindings, ...holder.bindings, ...holder.bindings, ids] as Value[],
    );
  const [{ affectedRows }] = await update();
  if (affectedRows === attempts.length) return;
  await knex(RENEWAL)
    .insert(ids.map((token_config_id) => ({ token_config_id })))
    .onConflict('token_config_id')
    .ignore();
  await update();
}

/** One attempt; a consent's identity, too. */
export async function writeAttempt(knex: Knex, configId: number, attempt: Attempt): Promise<void> {
  await writeAttempts(knex, [{ id: configId, attempt }]);
  const { consent } = attempt;
  if (!consent) return;
  await writeIdentity(knex, configId, consent.identity, consent.at);
  // Another owner of the token: the state just stored is of the one before, so it is looked at again.
  await noteOtherMailboxes(knex, consent.at, configId);
}
