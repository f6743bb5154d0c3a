import { isRenewable, type Renewable, type RenewalDecision } from './renewal.js';
import type { TokenState } from './token-state.js';

/** Whatever was calculated: what can be renewed is looked at again after this at the latest. Milliseconds. */
export const LONGEST_UNSEEN = 12 * 3_600_000;

/**
 * When the due list has to bring up a configuration again: its renewal or its stored state is due then. The only place that
 * says so, because a configuration without a time is never asked again: what can be renewed always has one.
 * @param decision and `state` as of `now`
 * @returns null: not before somebody changes something
 */
export function dueTime(
  subject: Renewable,
  { renew }: Pick<RenewalDecision, 'renew'>,
  { changesAt }: Pick<TokenState, 'changesAt'>,
  now: Date,
): Date | null {
  if (renew) return now;
  if (changesAt === null && !isRenewable(subject, now)) return null;
  return new Date(Math.min(changesAt?.getTime() ?? Number.POSITIVE_INFINITY, now.getTime() + LONGEST_UNSEEN));
}

/** Where a due time lies so far ahead, a clock that was wrong has set it. Milliseconds; the clocks of hosts may differ. */
export const TOO_FAR = LONGEST_UNSEEN + 3_600_000;
