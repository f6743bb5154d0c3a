import { isRenewable, type Renewable, type RenewalDecision } from './renewal.js';
import type { TokenState } from './token-state.js';

/**
 * A renewable configuration is examined again after this time at the latest, whatever was calculated.
 * Milliseconds.
 */
export const LONGEST_UNSEEN = 12 * 3_600_000;

/**
 * Calculates when the due list must return a configuration again, because its renewal or its stored state is
 * due. This function alone decides, because a configuration without a time never comes up again: a renewable
 * one always has a time.
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

/**
 * A due time further ahead than this was set by a wrong clock. Milliseconds; includes a tolerance for the
 * clocks of other hosts.
 */
export const TOO_FAR = LONGEST_UNSEEN + 3_600_000;
