import { renewalUrl } from '../domain/auth-flow.js';
import { dueTime } from '../domain/due-time.js';
import type { Clock, EventStore, Log, RenewalRow, RenewalStore } from '../domain/ports.js';
import { ProviderError } from '../domain/provider-error.js';
import { decide, type RenewalPolicy } from '../domain/renewal.js';
import { markOf, tokenState } from '../domain/token-state.js';
import { SidecarError } from '../errors.js';
import type { RefreshOutcome } from '../usecases/refresh-token.js';
import { createCatchUp } from './catch-up.js';
import { createClockWatch } from './clock-watch.js';
import { createHostQueues } from './host-queues.js';

export interface KeeperDeps {
  renewals: Pick<
    RenewalStore,
    'due' | 'nextDue' | 'schedule' | 'lookAgain' | 'reconcile' | 'lastWrite' | 'setBack'
  >;
  events: Pick<EventStore, 'prune'>;
  /** Renews one token if it is due; bound to its own dependencies. @param answered called when its provider has answered */
  refresh(configId: number, answered: () => void): Promise<RefreshOutcome>;
  /** Stores what the journal still holds. */
  replay(): Promise<number>;
  /** As deployed at this moment; `keepEvents` in milliseconds. */
  policy(): Promise<RenewalPolicy & { keepEvents: number }>;
  clock: Clock;
  /** Milliseconds that really pass; replaced in tests. */
  elapsed?: () => number;
  log: Log;
  /** The longest sleep, in milliseconds. Default 5 s. */
  longestSleep?: number;
  /** How many of the due list one query takes. Default 200. */
  batch?: number;
}

/** How often changes of others are looked for, in milliseconds. */
export const RECONCILE = 15_000;
const PRUNE = 3_600_000;
/** What waits for its turn comes back to the due list after this, should this process die. Milliseconds. */
const TURN = 60_000;
/** Many are due one after the other; none is that urgent. Milliseconds. */
const SHORTEST_SLEEP = 1000;
/** After the database was away other sidecars get this time to bring their journals to it. Milliseconds. */
const GRACE = 5000;
/** How long a stop waits for what is on its way, in milliseconds; the process has a second more. */
const PATIENCE = 4000;

function hostOf({ config }: RenewalRow): string {
  const url = renewalUrl(config.document);
  return URL.canParse(url) ? new URL(url).host : '';
}

const codeOf = (error: unknown) => (error instanceof SidecarError ? error.code : 'internal');

/** A failure in the words of the catalogue, and in those of the record of events. */
function failureOf(error: unknown): Record<string, unknown> {
  const code = codeOf(error);
  if (!(error instanceof SidecarError)) return { code, fault: 'unexpected failure' };
  const { cause } = error;
  if (!(cause instanceof ProviderError)) return { code, fault: error.log };
  return { code, fault: error.log, outcome: cause.failure.outcome, error: cause.failure.error };
}

/**
 * Renews due tokens ahead of their end: the due list by one indexed query a tick, then a few renewals at a time for each
 * provider, which the next tick does not wait for. Asleep otherwise. Leases in the database see to it that several
 * sidecars ask once.
 */
export function createKeeper(deps: KeeperDeps) {
  const { renewals, events, refresh, replay, clock, log, longestSleep = 5000, batch = 200 } = deps;
  const watch = createClockWatch(clock, deps.elapsed ?? (() => performance.now()));
  const queues = createHostQueues(() => atOnce);
  const queued = new Set<number>();
  let atOnce = 4;
  let known = '';
  let reconciledAt = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let quietUntil = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = true;

  async function renewOne(configId: number, answered: () => void): Promise<void> {
    try {
      const { outcome } = await refresh(configId, answered);
      if (outcome === 'renewed') log.info({ configId }, 'token renewed');
    } catch (error) {
      log.warn({ configId, ...failureOf(error) }, 'token not renewed');
    } finally {
      queued.delete(configId);
    }
  }

  /** @returns whether there may be more that is due */
  async function takeBatch(policy: RenewalPolicy): Promise<boolean> {
    const now = clock();
    const rows = await renewals.due(now, batch);
    const entries = rows.map((row) => {
      const decision = decide(row, now, policy);
      const { renew, reason } = decision;
      const state = tokenState(row, now, policy);
      // Its stored state is to be true, so a row is due when its state changes, too.
      const at = renew ? new Date(now.getTime() + TURN) : dueTime(row, decision, state, now);
      return { row, renew, reason, at, configId: row.config.id, mark: markOf(state, row.config.document) };
    });
    await renewals.schedule(entries, now);
    for (const { row, renew, configId } of entries) {
      if (!renew || queued.has(configId)) continue;
      queued.add(configId);
      queues.add(hostOf(row), now, (answered) => renewOne(configId, answered));
    }
    return rows.length === batch;
  }

  const isQuiet = (now: number) => now < quietUntil && quietUntil - now <= GRACE;

  /** All rows are looked through, and the states of those that somebody changed stored. */
  async function takeIn(): Promise<void> {
    const policy = await deps.policy();
    const changes = await renewals.reconcile(clock());
    for (let left = changes; left > 0; left -= batch) await takeBatch(policy);
  }
  const takeInNow = createCatchUp(renewals, takeIn);

  /** Intervals hold although the clock may jump: a time in the future is no time of ours. */
  const isOver = (since: number, interval: number, now: number) => now - since >= interval || since > now;

  /** Ends that were reckoned while the clock was ahead come too late by as much; the tokens would end unrenewed. */
  async function setBack(by: number): Promise<void> {
    const tokens = await renewals.setBack(clock(), by);
    await renewals.lookAgain(clock());
    log.warn({ seconds: Math.round(by / 1000), tokens }, 'the clock was set back');
  }

  async function look(): Promise<void> {
    try {
      await replay();
      await watch.whenSetBack(setBack);
      const { keepEvents, ...policy } = await deps.policy();
      atOnce = policy.requestsPerProvider;
      const now = clock().getTime();
      if (isQuiet(now)) return;
      const current = JSON.stringify(policy);
      if (known !== '' && known !== current) await renewals.lookAgain(clock());
      known = current;
      if (isOver(reconciledAt, RECONCILE, now)) {
        const taken = await renewals.reconcile(clock());
        // One look takes in a part only: after many changes, such as an import, the next one goes on at once.
        reconciledAt = taken > batch ? Number.NEGATIVE_INFINITY : now;
      }
      while (!stopped && (await takeBatch(policy)));
      if (isOver(prunedAt, PRUNE, now)) {
        // A part at each look, until nothing is left to remove.
        const removed = await events.prune(new Date(now - keepEvents));
        if (removed === 0) prunedAt = now;
      }
    } catch (error) {
      quietUntil = clock().getTime() + GRACE;
      log.error({ code: codeOf(error) }, 'due list not read');
    }
  }

  async function sleepFor(): Promise<number> {
    const next = await renewals.nextDue().catch(() => null);
    const until = next === null ? longestSleep : next.getTime() - clock().getTime();
    return Math.min(longestSleep, Math.max(SHORTEST_SLEEP, until));
  }

  function schedule(wait: number): void {
    timer = setTimeout(() => {
      looking = look()
        .then(sleepFor)
        .then((sleep) => {
          looking = undefined;
          if (!stopped) schedule(sleep);
        });
    }, wait);
  }

  function begin(): void {
    stopped = false;
    queued.clear();
    queues.open();
  }

  return {
    /** One look at the due list, and until everything it began has ended: tests need no timers. */
    async tick(): Promise<void> {
      if (stopped) begin();
      await look();
      await queues.idle();
    },
    start(): void {
      begin();
      schedule(0);
    },
    /** Before a screen is read that goes by stored states. Never rejects: without it they are a few seconds older. */
    async catchUp(): Promise<void> {
      if (stopped || isQuiet(clock().getTime())) return;
      await takeInNow().catch((error) => log.warn({ code: codeOf(error) }, 'changes of others not taken in'));
    },
    /** Since when the first renewal waits for its turn at its provider; null: none does. */
    waitingSince: () => queues.waitingSince(),
    /** Begins nothing new and waits a few seconds for what is on its way. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE).unref());
      await Promise.race([Promise.all([looking, queues.close()]), patience]);
    },
  };
}
