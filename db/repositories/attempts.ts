import type { Knex } from 'knex';
import type { Attempt } from '../../plugin/domain/token/renewal-store.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Value } from '../dialect/expressions.js';
import type { JoinedUpdate } from '../dialect/statements.js';
import { addEvents } from './events.js';
import { writeIdentity } from './identities.js';
import { noteOtherMailboxes } from './other-mailboxes.js';
import { ownValue, ownValues } from './own-values.js';
import { joined, marksOf } from './renewal-marks.js';
import { markColumns, writeScopes } from './renewal-row.js';
import { RENEWAL } from './renewal-table.js';

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
    missing_scopes: state.missingScopes && writeScopes(state.missingScopes),
  };
}

/**
 * Writes the results of attempts inside the transaction that wrote their tokens: the events, the states, and
 * the marks, so that our own change is not taken for another program's. Releases the leases.
 */
export async function writeAttempts(
  knex: Knex,
  dialect: Dialect,
  attempts: { id: number; attempt: Attempt }[],
): Promise<void> {
  if (attempts.length === 0) return;
  const ids = attempts.map(({ id }) => id);
  await addEvents(
    knex,
    dialect,
    attempts.flatMap(({ id, attempt: { event } }) => (event ? [{ id, event }] : [])),
  );
  const marks = marksOf(dialect);
  const states = ownValues(
    dialect,
    'r.token_config_id',
    attempts.map(({ id, attempt }) => ({ id, values: valuesOf(attempt) })),
    'r',
  );
  // If somebody changed the configuration in the meantime, the next pass notices it: the result for the old
  // one does not count against it.
  const configMark = ownValue(
    dialect,
    { key: 'r.token_config_id', otherwise: marks.config },
    attempts,
    ({ attempt }) => attempt.configMark,
  );
  const holder = ownValue(dialect, { key: 'r.token_config_id' }, attempts, ({ attempt }) => attempt.holder);
  const held = `r.lease_holder = ${holder.sql}`;
  const statement: JoinedUpdate = {
    table: RENEWAL,
    alias: 'r',
    key: 'token_config_id',
    ids,
    from: joined(dialect),
    on: 'c.id = r.token_config_id',
    set: {
      ...states.set,
      config_mark: configMark.sql,
      token_mark: marks.token,
      lost_answer_of: marks.refreshToken,
      tokens_mark: marks.tokens,
      lease_until: `CASE WHEN ${held} THEN 0 ELSE r.lease_until END`,
      lease_holder: `CASE WHEN ${held} THEN NULL ELSE r.lease_holder END`,
    },
    bindings: {
      set: [...states.bindings, ...configMark.bindings, ...holder.bindings, ...holder.bindings],
    },
  };
  const update = () => dialect.statements.joinedUpdate(knex, statement);
  if ((await update()) === attempts.length) return;
  const rows = ids.map((token_config_id) => ({ token_config_id }));
  await dialect.statements.insertMissing(knex, RENEWAL, rows, 'token_config_id');
  await update();
}

/** Writes one attempt, including the identity of a consent. */
export async function writeAttempt(
  knex: Knex,
  dialect: Dialect,
  configId: number,
  attempt: Attempt,
): Promise<void> {
  await writeAttempts(knex, dialect, [{ id: configId, attempt }]);
  const { consent } = attempt;
  if (!consent) return;
  await writeIdentity(knex, dialect, { configId, ...consent });
  // The token has another owner: the stored state is for the previous one, so it is examined again.
  await noteOtherMailboxes(knex, dialect, consent.at, configId);
}
