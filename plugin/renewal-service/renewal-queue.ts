import type { RenewalRow } from '../domain/token/renewal-store.js';
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

/**
 * Renews what is due, a few at a time per provider, and reports each outcome to the log and to the recovery of
 * providers. A configuration that waits already is not added again.
 */
export function createRenewalQueue({ refresh, log, recovery, requestsPerProvider }: RenewalQueueDeps) {
  const hosts = createHostQueues(requestsPerProvider);
  const queued = new Set<number>();

  async function renewOne(configId: number, provider: string, answered: () => void, late: () => void) {
    recovery.asked(provider);
    try {
      const { outcome } = await refresh(configId, answered, late);
      if (outcome !== 'renewed') return;
      log.info({ configId }, 'token renewed');
      await recovery.quietly(recovery.succeeded(provider, configId));
    } catch (error) {
      if (isPassingFault(error)) recovery.failed(provider, configId);
      log.warn({ configId, ...failureFacts(error) }, 'token not renewed');
    } finally {
      queued.delete(configId);
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
      hosts.add(renewalHost(row), since, (answered, late) => renewOne(configId, provider, answered, late));
    },
    open(): void {
      queued.clear();
      hosts.open();
    },
    close: () => hosts.close(),
    idle: () => hosts.idle(),
    waitingSince: () => hosts.waitingSince(),
  };
}
