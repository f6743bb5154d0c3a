import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { RenewalStore } from '../domain/token/renewal-store.js';
import { codeOf } from '../errors.js';

/** A failure this soon after a success concerns one configuration, not the provider. Milliseconds. */
const WELL = 60_000;
/** The shortest interval between two releases of a provider's waiting configurations. Milliseconds. */
const MINUTE = 60_000;
/**
 * An unavailable provider is probed after a tenth of the time it has been unavailable, within these limits.
 * Milliseconds.
 */
const PROBE = { share: 0.1, least: 60_000, most: 300_000 };

export interface ProviderRecoveryDeps {
  renewals: Pick<RenewalStore, 'providerIsBack' | 'probeProvider'>;
  clock: Clock;
  log: Log;
  /** Concurrent requests to one provider. */
  requestsPerProvider(): number;
}

export type ProviderRecovery = ReturnType<typeof createProviderRecovery>;

interface Known {
  succeededAt: number;
  askedAt: number;
  releasedAt: number;
  /** Since when the provider seems unavailable: a renewal failed after a while without a success. */
  unavailableSince: number | null;
  /** Configurations that failed although the provider answered others. */
  single: Set<number>;
}

/**
 * Ends back-offs after an outage: the first success at a provider makes all configurations that wait for it
 * due, evenly spread. To get a first success soon, one of them probes an unavailable provider every few
 * minutes.
 */
export function createProviderRecovery({ renewals, clock, log, requestsPerProvider }: ProviderRecoveryDeps) {
  const never = Number.NEGATIVE_INFINITY;
  const providers = new Map<string, Known>();

  function of(provider: string): Known {
    const known = providers.get(provider) ?? {
      succeededAt: never,
      askedAt: never,
      releasedAt: never,
      unavailableSince: null,
      single: new Set<number>(),
    };
    providers.set(provider, known);
    return known;
  }

  /** The clock may have jumped. */
  const isWithin = (since: number, span: number, now: number) => now - since < span && since <= now;

  return {
    /** Call it when a request to this provider begins. */
    asked(provider: string): void {
      of(provider).askedAt = clock().getTime();
    },
    /** Call it for a passing failure: no answer, or not a token endpoint's. */
    failed(provider: string, configId: number): void {
      const known = of(provider);
      if (isWithin(known.succeededAt, WELL, clock().getTime())) known.single.add(configId);
      else {
        known.single.delete(configId);
        known.unavailableSince ??= clock().getTime();
      }
    },
    async succeeded(provider: string, configId: number): Promise<void> {
      const known = of(provider);
      const now = clock();
      known.succeededAt = now.getTime();
      known.single.delete(configId);
      if (known.unavailableSince === null || isWithin(known.releasedAt, MINUTE, now.getTime())) return;
      known.unavailableSince = null;
      known.releasedAt = now.getTime();
      // Twice as fast as the provider could process them, if each took a second.
      const pace = 1000 / (2 * requestsPerProvider());
      const renewed = await renewals.providerIsBack(provider, now, pace, [...known.single]);
      if (renewed > 0) log.info({ provider, waiting: renewed }, 'the provider answers again');
    },
    /** Probes each unavailable provider that has received no request for a while. */
    async probe(): Promise<void> {
      const now = clock();
      for (const [provider, known] of providers) {
        if (known.unavailableSince === null) continue;
        const length = (now.getTime() - known.unavailableSince) * PROBE.share;
        const pause = Math.min(PROBE.most, Math.max(PROBE.least, length));
        if (isWithin(known.askedAt, pause, now.getTime())) continue;
        known.askedAt = now.getTime();
        await renewals.probeProvider(provider, now);
      }
    },
    /** Runs work whose failure must not make the caller fail. */
    async quietly(work: Promise<void>): Promise<void> {
      await work.catch((error: unknown) =>
        log.warn({ code: codeOf(error) }, 'the recovery of a provider could not be stored'),
      );
    },
  };
}
