import type { Clock, Log, TokenConfigStore, TokenStore } from '../domain/ports.js';
import { ProviderError } from '../domain/provider-error.js';
import { SidecarError } from '../errors.js';
import type { RefreshOutcome } from '../usecases/refresh-token.js';
import { createHostQueues } from './host-queues.js';
import { createWaits } from './waits.js';

export interface KeeperDeps {
  tokens: Pick<TokenStore, 'dueBefore'>;
  /** For the host of the token endpoint; without it all count as one host. */
  tokenConfigs?: Pick<TokenConfigStore, 'byId'>;
  /** Renews one token if it is due; bound to its own dependencies. */
  refresh(configId: number): Promise<RefreshOutcome>;
  clock: Clock;
  log: Log;
  /** Milliseconds between two looks. Default 15 s. */
  intervalMs?: number;
  /** How many of the due list one look takes. Default 200. */
  batch?: number;
  /** Requests at a time to one provider. Default 4. */
  concurrencyPerHost?: number;
  /** Between 0 and 1; for the jitter of the back-off. */
  random?: () => number;
}

/** How far ahead the due list looks, in milliseconds: a fifth of the life of tokens up to 2½ hours. */
export const HORIZON = 30 * 60_000;

/** How long a stop waits for what is on its way, in milliseconds. */
const PATIENCE = 5000;

function retryAfterOf(error: unknown): number | null {
  const cause = error instanceof SidecarError ? error.cause : undefined;
  return cause instanceof ProviderError ? cause.failure.retryAfter : null;
}

/**
 * Renews due tokens ahead of their end: one query a tick, then a few renewals at a time for each provider, which the
 * next tick does not wait for. Leases in the database see to it that several sidecars ask once.
 */
export function createKeeper(deps: KeeperDeps) {
  const { tokens, refresh, clock, log, intervalMs = 15_000, batch = 200, random = Math.random } = deps;
  const waits = createWaits(random);
  const queues = createHostQueues(deps.concurrencyPerHost ?? 4);
  const queued = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = true;

  async function renewOne(configId: number): Promise<void> {
    try {
      const done = await refresh(configId);
      if (done.outcome === 'not-due') waits.untilDue(configId, done.at, clock());
      else waits.clear(configId);
      if (done.outcome === 'renewed') log.info({ configId }, 'token renewed');
    } catch (error) {
      const wait = waits.afterFailure(configId, error, retryAfterOf(error), clock());
      const code = error instanceof SidecarError ? error.code : 'internal';
      const fault = error instanceof SidecarError ? error.log : 'unexpected failure';
      log.warn({ configId, code, fault, waitSeconds: Math.round(wait / 1000) }, 'token not renewed');
    } finally {
      queued.delete(configId);
    }
  }

  async function hostOf(configId: number): Promise<string> {
    const config = await deps.tokenConfigs?.byId(configId);
    const url = String(config?.document.Requests?.TokenByRefreshToken?.Request?.URL ?? '');
    return URL.canParse(url) ? new URL(url).host : '';
  }

  async function look(): Promise<void> {
    try {
      const now = clock();
      const due = await tokens.dueBefore(new Date(now.getTime() + HORIZON), batch + waits.count());
      for (const configId of due) {
        if (stopped) return;
        if (queued.has(configId) || !waits.isOver(configId, now)) continue;
        queued.add(configId);
        const host = await hostOf(configId).catch((error: unknown) => {
          queued.delete(configId);
          throw error;
        });
        queues.add(host, () => renewOne(configId));
      }
    } catch (error) {
      log.error({ code: error instanceof SidecarError ? error.code : 'internal' }, 'due list not read');
    }
  }

  function schedule(wait: number): void {
    timer = setTimeout(() => {
      looking = look().finally(() => {
        looking = undefined;
        if (!stopped) schedule(intervalMs);
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
    /** Begins nothing new and waits up to 5 s for what is on its way. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE).unref());
      await Promise.race([Promise.all([looking, queues.close()]), patience]);
    },
  };
}
