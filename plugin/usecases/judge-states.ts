import { isUsed, type UsageStore } from '../domain/mailbox/usage.js';
import type { RenewalPolicy } from '../domain/token/renewal.js';
import type { RenewalRow } from '../domain/token/renewal-store.js';
import { type TokenState, tokenState } from '../domain/token/token-state.js';

/** Does it depend on what uses the configuration? Mailboxes that the row knows of already say that something does. */
const isDoubtful = ({ kind, severity, mail }: TokenState): boolean =>
  kind === 'never-requested' || (severity === 'error' && (mail?.told ?? 0) + (mail?.muted ?? 0) === 0);

/**
 * Determines the states of rows, and asks what uses a configuration only where the state depends on it: for all of
 * these at once, with a fixed number of queries, or with none.
 * @returns in the order of the rows
 */
export async function judgeStates<Row extends RenewalRow>(
  usages: UsageStore,
  rows: readonly Row[],
  now: Date,
  policy: RenewalPolicy,
): Promise<{ row: Row; state: TokenState }[]> {
  const judged = rows.map((row) => ({ row, state: tokenState(row, now, policy) }));
  const doubtful = judged.filter(({ state }) => isDoubtful(state)).map(({ row }) => row.config);
  if (doubtful.length === 0) return judged;
  const found = await usages.of(doubtful);
  return judged.map(({ row, state }) => {
    const usage = found.get(row.config.id);
    return { row, state: usage ? tokenState({ ...row, used: isUsed(usage) }, now, policy) : state };
  });
}
