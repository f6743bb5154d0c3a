import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { RenewalStore } from '../domain/token/renewal-store.js';
import { codeOf } from './failure-facts.js';

/** A failure so soon after a success concerns one configuration, not the provider. Milliseconds. */
const WELL = 60_000;
/** What waits for a provider is made due at most so often. Milliseconds. */
const MINUTE = 60_000;
/** A provider that is away is asked after a tenth of the time it has been away, within these limits. Milliseconds. */
const PROBE = { share: 0.1, least: 60_000, most: 300_000 };

export interface ProviderRecoveryDeps {
  renewals: Pick<RenewalStore, 'providerIsBack' | 'probeProvider'>;
  clock: Clock;
  log: Log;
  /** Requests at a time to one provider. */
  atOnce(): number;
}

interface Known {
  succeededAt: number;
  askedAt: number;
  releasedAt: number;
  /** Since when it seems to be away: some failed when nobody had succeeded for a while. */
  awaySince: number | null;
  /** These failed although it answered others. */
  single: Set<number>;
}

/**
 * After an outage nobody waits for the end of a back-off: the first success at a provider makes due all that waits for it,
 * evenly spread. So that there is a first one soon, a provider that is away is asked every few minutes by one of them.
 */
export function createProviderRecovery({ renewals, clock, log, atOnce }: ProviderRecoveryDeps) {
  const never = Number.NEGATIVE_INFINITY;
  const providers = new Map<string, Known>();

  function of(provider: string): Known {
    const known = providers.get(provider) ?? {
      succeededAt: never,
      askedAt: never,
      releasedAt: never,
      awaySince: null,
      single: new Set<number>(),
    };
    providers.set(provider, known);
    return known;
  }

  /** The clock may have jumped. */
  const isWithin = (since: number, span: number, now: number) => now - since < span && since <= now;

  return {
    /** A request to this provider begins. */
    asked(provider: string): void {
      of(provider).askedAt = clock().getTime();
    },
    /** A passing failure: no answer, or none of a token endpoint. */
    failed(provider: string, configId: number): void {
      const known = of(provider);
      if (isWithin(known.succeededAt, WELL, clock().getTime())) known.single.add(configId);
      else {
        known.single.delete(configId);
        known.awaySince ??= clock().getTime();
      }
    },
    async succeeded(provider: string, configId: number): Promise<void> {
      const known = of(provider);
      const now = clock();
      known.succeededAt = now.getTime();
      known.single.delete(configId);
      if (known.awaySince === null || isWithin(known.releasedAt, MINUTE, now.getTime())) return;
      known.awaySince = null;
      known.releasedAt = now.getTime();
      // Twice as fast as they could be asked one after the other, were each answered within a second.
      const pace = 1000 / (2 * atOnce());
      const renewed = await renewals.providerIsBack(provider, now, pace, [...known.single]);
      if (renewed > 0) log.info({ provider, waiting: renewed }, 'the provider answers again');
    },
    /** Asks each provider that is away again, if nobody has for a while. */
    async probe(): Promise<void> {
      const now = clock();
      for (const [provider, known] of providers) {
        if (known.awaySince === null) continue;
        const length = (now.getTime() - known.awaySince) * PROBE.share;
        const pause = Math.min(PROBE.most, Math.max(PROBE.least, length));
        if (isWithin(known.askedAt, pause, now.getTime())) continue;
        known.askedAt = now.getTime();
        await renewals.probeProvider(provider, now);
      }
    },
    /** For whoever must not fail because of it. */
    async quietly(work: Promise<void>): Promise<void> {
      await work.catch((error: unknown) =>
        log.warn({ code: codeOf(error) }, 'recovery of a provider not noted'),
      );
    },
  };
}
