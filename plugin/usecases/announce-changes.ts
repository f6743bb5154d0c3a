import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { Notifier, StateChange, StateChangeStore } from '../domain/mailbox/state-change.js';
import { SidecarError } from '../errors.js';

export interface AnnounceChangesDeps {
  stateChanges: StateChangeStore;
  notifiers: readonly Notifier[];
  clock: Clock;
  log: Pick<Log, 'error'>;
}

/** How many changes one call takes. After a long outage every configuration may have one. */
const PAGE = 500;

/** Reports changes to every notifier; one that fails is logged and does not stop the others. */
export async function notifyAll(
  changes: readonly StateChange[],
  { notifiers, log }: { notifiers: readonly Notifier[]; log?: Pick<Log, 'error'> | undefined },
): Promise<void> {
  await Promise.all(
    notifiers.map((notifier) =>
      notifier.notify(changes).catch((error: unknown) => {
        const code = error instanceof SidecarError ? error.code : 'internal';
        log?.error({ notifier: notifier.name, code }, 'state changes could not be announced');
      }),
    ),
  );
}

/**
 * Reports the states that have changed since the last call to every notifier.
 * @returns how many
 */
export async function announceChanges({
  stateChanges,
  notifiers,
  clock,
  log,
}: AnnounceChangesDeps): Promise<number> {
  let total = 0;
  for (;;) {
    const changes = await stateChanges.take(clock(), PAGE);
    total += changes.length;
    if (changes.length > 0) await notifyAll(changes, { notifiers, log });
    if (changes.length < PAGE) return total;
  }
}
