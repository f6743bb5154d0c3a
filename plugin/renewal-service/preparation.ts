import type { Forgotten } from './forgotten.js';
import type { ProviderRecovery } from './provider-recovery.js';
import type { RenewalServiceDeps, ServicePolicy } from './renewal-service-deps.js';
import type { Steps } from './steps.js';

/** How often to look for changes by others, in milliseconds. */
const RECONCILE = 15_000;
/** How often to look for configurations without a due time, in milliseconds. */
const FORGOTTEN = 300_000;
const PRUNE = 3_600_000;
/** How often to look at the helpdesk's fetches, in milliseconds. */
const MAIL = 15_000;
const NEVER = Number.NEGATIVE_INFINITY;

export interface PreparationDeps
  extends Pick<RenewalServiceDeps, 'renewals' | 'events' | 'watchMail' | 'clock'> {
  /** How many changes one pass takes in. */
  batch: number;
  steps: Steps;
  forgotten: Pick<Forgotten, 'check'>;
  recovery: Pick<ProviderRecovery, 'probe'>;
}

/** Has the interval passed? A time in the future comes from a clock that has jumped. */
const isOver = (since: number, interval: number, now: number) => now - since >= interval || since > now;

/** What a pass does beside reading the due list, each at its own interval. */
export function createPreparation(deps: PreparationDeps) {
  const { renewals, events, clock, batch, steps, forgotten, recovery } = deps;
  let known: ServicePolicy | undefined;
  let reconciledAt = NEVER;
  let forgottenAt = NEVER;
  let prunedAt = NEVER;
  let mailAt = NEVER;

  async function reconcile(now: number): Promise<void> {
    const taken = await renewals.reconcile(clock());
    // One pass takes in only a part: after many changes, such as an import, the next pass continues at once.
    reconciledAt = taken > batch ? NEVER : now;
  }

  async function findForgotten(policy: ServicePolicy, now: number): Promise<void> {
    await forgotten.check(policy);
    forgottenAt = now;
  }

  return {
    /** The policy of the last pass that could apply one. */
    lastPolicy: () => known,
    /**
     * Runs the steps before the due list; none of them prevents the due list from being read.
     * @returns codes of failures
     */
    async before(policy: ServicePolicy): Promise<(string | null)[]> {
      const now = clock().getTime();
      const failures: (string | null)[] = [];
      if (known && JSON.stringify(known) !== JSON.stringify(policy))
        failures.push(await steps.take('settings', () => renewals.lookAgain(clock())));
      if (failures.every((code) => code === null)) known = policy;
      if (isOver(reconciledAt, RECONCILE, now))
        failures.push(await steps.take('changes', () => reconcile(now)));
      if (isOver(forgottenAt, FORGOTTEN, now))
        failures.push(await steps.take('forgotten', () => findForgotten(policy, now)));
      failures.push(await steps.take('providers', () => recovery.probe()));
      return failures;
    },
    /** After the due list, which waits for nothing that concerns mail. */
    async watchMail(): Promise<void> {
      const now = clock().getTime();
      if (!deps.watchMail || !isOver(mailAt, MAIL, now)) return;
      mailAt = now;
      await steps.take('mail', deps.watchMail);
    },
    /** Removes old events, a part at each pass, until nothing is left. */
    async prune({ keepEvents }: ServicePolicy): Promise<void> {
      if (!isOver(prunedAt, PRUNE, clock().getTime())) return;
      await steps.take('prune', async () => {
        const now = clock().getTime();
        const removed = await events.prune(new Date(now - keepEvents));
        if (removed === 0) prunedAt = now;
      });
    },
  };
}
