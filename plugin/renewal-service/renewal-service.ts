import type { RenewalRow } from '../domain/token/renewal-store.js';
import { codeOf } from '../errors.js';
import type { RefreshOutcome } from '../usecases/refresh-token.js';
import { createCatchUp } from './catch-up.js';
import { createDueBatch } from './due-batch.js';
import { createDueListPass } from './due-list-pass.js';
import { createForgotten } from './forgotten.js';
import { createPreparation } from './preparation.js';
import { createProviderRecovery } from './provider-recovery.js';
import { createRenewalQueue, type UrgentRenewal } from './renewal-queue.js';
import type { RenewalServiceDeps } from './renewal-service-deps.js';
import { createStallWatch } from './stall-watch.js';
import { createSteps } from './steps.js';

/** Many may be due one after the other, but none is that urgent. Milliseconds. */
const SHORTEST_SLEEP = 1000;

export type RenewalService = ReturnType<typeof createRenewalService>;

/** The parts of the service, without the timer. */
function createParts(deps: RenewalServiceDeps, isStopped: () => boolean) {
  const { renewals, clock, log, batch = 200, helpdeskRefresh = 0 } = deps;
  let perProvider = 4;
  const requestsPerProvider = () => perProvider;
  const steps = createSteps(log);
  const stallWatch = createStallWatch(log);
  const forgotten = createForgotten({ renewals, clock, log });
  const recovery = createProviderRecovery({ renewals, clock, log, requestsPerProvider });
  const queue = createRenewalQueue({ ...deps, recovery, requestsPerProvider });
  const dueBatch = createDueBatch({ renewals, clock, batch, helpdeskRefresh, renew: queue.add });
  const preparation = createPreparation({ ...deps, batch, steps, forgotten, recovery });
  const pass = createDueListPass({
    ...deps,
    steps,
    preparation,
    dueBatch,
    stallWatch,
    isStopped,
    limitRequests(limit) {
      perProvider = limit;
    },
  });
  const catchUp = createCatchUp(renewals, async (written) => {
    const policy = await deps.policy();
    const changes = await renewals.reconcile(clock(), written);
    for (let left = changes; left > 0; left -= batch) await dueBatch.one(policy);
  });
  return { stallWatch, forgotten, queue, pass, catchUp };
}

/**
 * Renews tokens before they expire. Each pass reads the due list with one indexed query and starts a few
 * renewals at a time per provider; the next pass does not wait for them. Sleeps in between. Leases in the
 * database ensure that several sidecars send only one request.
 */
export function createRenewalService(deps: RenewalServiceDeps) {
  const { renewals, quiet, clock, log, longestSleep = 5000 } = deps;
  let stopped = true;
  const { stallWatch, forgotten, queue, pass, catchUp } = createParts(deps, () => stopped);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  async function sleepFor(): Promise<number> {
    const next = await renewals.nextDue().catch(() => undefined);
    if (next === undefined) return longestSleep;
    // An answer may fit only what another sidecar restores meanwhile, and must be stored before the quiet time ends.
    if (quiet.isOn()) return Math.min(longestSleep, SHORTEST_SLEEP);
    const until = next === null ? longestSleep : next.getTime() - clock().getTime();
    return Math.min(longestSleep, Math.max(SHORTEST_SLEEP, until));
  }

  function schedule(wait: number): void {
    timer = setTimeout(() => {
      running = pass()
        .then(sleepFor)
        .then((sleep) => {
          running = undefined;
          if (!stopped) schedule(sleep);
        });
    }, wait);
  }

  function begin(): void {
    stopped = false;
    queue.open();
  }

  return {
    /** Runs one pass and waits until everything it started has ended, so that tests need no timers. */
    async tick(): Promise<void> {
      if (stopped) begin();
      await pass();
      await queue.idle();
    },
    start(): void {
      begin();
      stallWatch.start();
      schedule(0);
    },
    /**
     * Call it before reading a screen that relies on stored states. Never rejects: on failure the states are
     * a few seconds older.
     */
    async catchUp(): Promise<void> {
      if (stopped) return;
      await catchUp().catch((error) =>
        log.warn({ code: codeOf(error) }, "other programs' changes could not be read"),
      );
    },
    /** Renews for somebody who waits: before everything that is due, but with no more requests at a time. */
    renewUrgently: (row: RenewalRow, renew: UrgentRenewal): Promise<RefreshOutcome> =>
      queue.urgent(row, clock(), renew),
    /** Since when the renewal that has waited longest has been waiting for its provider; null: none waits. */
    waitingSince: () => queue.waitingSince(),
    /** Seconds since a pass over the due list ended; more than a minute means that something hangs. */
    secondsSincePass: () => stallWatch.seconds(),
    isStalled: () => stallWatch.isStalled(),
    /** How many configurations without a due time were found since the start. */
    forgotten: () => forgotten.total(),
    /** Starts nothing new and waits for what is running, however long that takes. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      stallWatch.stop();
      await Promise.all([running, queue.close()]);
    },
  };
}
