import type { Clock, Log, TokenStore } from '../domain/ports.js';
import { LEAD } from '../domain/refresh-decision.js';
import { SidecarError } from '../errors.js';
import type { RefreshOutcome } from '../usecases/refresh-token.js';

export interface KeeperDeps {
  tokens: Pick<TokenStore, 'dueBefore'>;
  /** Renews one token if it is due; bound to its own dependencies. */
  refresh(configId: number): Promise<RefreshOutcome>;
  clock: Clock;
  log: Log;
  /** Milliseconds between two looks. Default 10 s. */
  intervalMs?: number;
  /** Between 0 and 1; for the jitter of the back-off. */
  random?: () => number;
}

const BATCH = 200;
const AT_ONCE = 4;
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 15 * 60_000;
/** A grant that is dead, or a client that is rejected, waits for a person: seldom enough to harm nobody. */
const HOPELESS = ['grant-dead', 'client-rejected', 'provider-refused', 'no-refresh-token'];

/**
 * Renews due tokens ahead of their end: one query a tick, then a few renewals at a time. Failures wait longer each
 * time, per token. Leases in the database see to it that several sidecars ask once.
 */
export function createKeeper(deps: KeeperDeps) {
  const { tokens, refresh, clock, log, intervalMs = 10_000, random = Math.random } = deps;
  const waits = new Map<number, { until: number; failures: number }>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopped = true;

  function postpone(configId: number, error: unknown): void {
    const failures = (waits.get(configId)?.failures ?? 0) + 1;
    const code = error instanceof SidecarError ? error.code : 'internal';
    const doubled = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1));
    const wait = HOPELESS.includes(code) ? LONGEST_WAIT : doubled * (0.5 + random() / 2);
    waits.set(configId, { until: clock().getTime() + wait, failures });
    const fault = error instanceof SidecarError ? error.log : 'unexpected failure';
    log.warn({ configId, code, fault, waitSeconds: Math.round(wait / 1000) }, 'token not renewed');
  }

  async function renewOne(configId: number): Promise<void> {
    try {
      const { outcome } = await refresh(configId);
      waits.delete(configId);
      if (outcome === 'renewed') log.info({ configId }, 'token renewed');
    } catch (error) {
      postpone(configId, error);
    }
  }

  /** One look at the due list; exposed so that tests need no timers. */
  async function tick(): Promise<void> {
    const now = clock();
    let due: number[];
    try {
      due = await tokens.dueBefore(new Date(now.getTime() + LEAD), BATCH);
    } catch (error) {
      log.error({ code: error instanceof SidecarError ? error.code : 'internal' }, 'due list not read');
      return;
    }
    const ready = due.filter((id) => (waits.get(id)?.until ?? 0) <= now.getTime());
    const worker = async () => {
      for (let id = ready.shift(); id !== undefined && !stopped; id = ready.shift()) await renewOne(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  function schedule(wait: number): void {
    timer = setTimeout(() => {
      running = tick().finally(() => {
        running = undefined;
        if (!stopped) schedule(intervalMs);
      });
    }, wait);
  }

  return {
    tick: async () => {
      stopped = false;
      await tick();
    },
    start(): void {
      stopped = false;
      schedule(0);
    },
    /** Begins nothing new and waits up to 5 s for what is on its way. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      const patience = new Promise<void>((resolve) => setTimeout(resolve, 5000).unref());
      await Promise.race([running, patience]);
    },
  };
}
