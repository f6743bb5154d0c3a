import { codeOf } from '../errors.js';
import { createClockWatch } from './clock-watch.js';
import type { createDueBatch } from './due-batch.js';
import type { createPreparation } from './preparation.js';
import type { RenewalServiceDeps } from './renewal-service-deps.js';
import type { StallWatch } from './stall-watch.js';
import type { Steps } from './steps.js';

export interface DueListPassDeps
  extends Pick<
    RenewalServiceDeps,
    'renewals' | 'replay' | 'announce' | 'policy' | 'quiet' | 'clock' | 'elapsed' | 'log'
  > {
  steps: Steps;
  preparation: ReturnType<typeof createPreparation>;
  dueBatch: ReturnType<typeof createDueBatch>;
  stallWatch: Pick<StallWatch, 'ended'>;
  isStopped(): boolean;
  /** Receives the number of concurrent requests to one provider. */
  limitRequests(perProvider: number): void;
}

/** Returns one pass: everything that happens between two sleeps of the renewal service. Never rejects. */
export function createDueListPass(deps: DueListPassDeps): () => Promise<void> {
  const { renewals, quiet, clock, log, steps, preparation } = deps;
  const clockWatch = createClockWatch(clock, deps.elapsed ?? (() => performance.now()));

  /**
   * Expiries calculated while the clock was ahead are too late by the same amount; the tokens would expire
   * unrenewed.
   */
  async function setBack(by: number): Promise<void> {
    const tokens = await renewals.setBack(clock(), by);
    await renewals.lookAgain(clock());
    log.warn({ seconds: Math.round(by / 1000), tokens }, 'the clock was set back');
  }

  /** If the settings cannot be read at the moment, the last ones apply. */
  const currentPolicy = () =>
    deps.policy().catch((error: unknown) => {
      const known = preparation.lastPolicy();
      if (known) return known;
      throw error;
    });

  return async () => {
    try {
      const failures = [
        await steps.take('journal', deps.replay),
        await steps.take('clock', () => clockWatch.whenSetBack(setBack)),
      ];
      const policy = await currentPolicy();
      deps.limitRequests(policy.requestsPerProvider);
      await quiet.look();
      if (quiet.isOn()) return;
      failures.push(...(await preparation.before(policy)));
      // What failed may have lost a connection, or the database.
      if (failures.some((code) => code !== null)) await quiet.look();
      if (quiet.isOn()) return;
      await deps.dueBatch.all(policy, deps.isStopped);
      deps.stallWatch.ended();
      await preparation.watchMail();
      await steps.take('changes of state', deps.announce);
      await preparation.prune(policy);
    } catch (error) {
      log.error({ code: codeOf(error) }, 'the due list could not be read');
    }
  };
}
