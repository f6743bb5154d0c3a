import type { RenewalRow } from '../domain/token/renewal-store.js';
import type { RefreshOutcome } from '../usecases/refresh-token.js';
import { providerHost, renewalHost } from './due-batch.js';
import { failureFacts, isPassingFault } from './failure-facts.js';
import { createHostQueues } from './host-queues.js';
import type { ProviderRecovery } from './provider-recovery.js';
import type { RenewalServiceDeps } from './renewal-service-deps.js';

export interface RenewalQueueDeps extends Pick<RenewalServiceDeps, 'refresh' | 'log'> {
  recovery: Pick<ProviderRecovery, 'asked' | 'failed' | 'succeeded' | 'quietly'>;
  /** Concurrent requests to one provider. */
  requestsPerProvider(): number;
}

/** A renewal that says when its provider has answered, and when the usual time-out is over and the wait continues. */
export type UrgentRenewal = (answered: () => void, late: () => void) => Promise<RefreshOutcome>;

/**
 * Renews what is due, a few at a time per provider, and reports each outcome to the log and to the recovery of
 * providers. A configuration that waits already is not added again.
 */
export function createRenewalQueue({ refresh, log, recovery, requestsPerProvider }: RenewalQueueDeps) {
  const hosts = createHostQueues(requestsPerProvider);
  const queued = new Set<number>();

  /** Reports the outcome, and returns or throws it. */
  async function reported(
    configId: number,
    provider: string,
    renew: () => Promise<RefreshOutcome>,
  ): Promise<RefreshOutcome> {
    recovery.asked(provider);
    try {
      const done = await renew();
      if (done.outcome !== 'renewed') return done;
      log.info({ configId }, 'token renewed');
      await recovery.quietly(recovery.succeeded(provider, configId));
      return done;
    } catch (error) {
      if (isPassingFault(error)) recovery.failed(provider, configId);
      log.warn({ configId, ...failureFacts(error) }, 'token not renewed');
      throw error;
    }
  }

  return {
    /** @param since when its wait began */
    add(row: RenewalRow, since: Date): void {
      const configId = row.config.id;
      if (queued.has(configId)) return;
      queued.add(configId);
      // The work must not keep the row alive: thousands may wait, and a row holds a document and two tokens.
      const provider = providerHost(row);
      hosts.add(renewalHost(row), since, async (answered, late) => {
        await reported(configId, provider, () => refresh(configId, answered, late)).catch(() => undefined);
        queued.delete(configId);
      });
    },
    /**
     * Renews for somebody who waits: before everything that is due, but with no more requests at a time.
     * @param renew calls `answered` and `late` like `refresh`
     */
    urgent: (row: RenewalRow, since: Date, renew: UrgentRenewal): Promise<RefreshOutcome> =>
      new Promise((resolve, reject) => {
        const provider = providerHost(row);
        const work = (answered: () => void, late: () => void) =>
          reported(row.config.id, provider, () => renew(answered, late)).then(resolve, reject);
        hosts.add(renewalHost(row), since, work, true);
      }),
    open(): void {
      queued.clear();
      hosts.open();
    },
    close: () => hosts.close(),
    idle: () => hosts.idle(),
    waitingSince: () => hosts.waitingSince(),
  };
}
