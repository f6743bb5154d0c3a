import type { Clock } from '../domain/clock.js';
import type { Log } from '../domain/log.js';
import type { EventStore } from '../domain/token/event-store.js';
import type { RenewalPolicy } from '../domain/token/renewal.js';
import type { RenewalStore } from '../domain/token/renewal-store.js';
import type { RefreshOutcome } from '../usecases/refresh-token.js';
import type { QuietTime } from './quiet-time.js';

/** As currently deployed; `keepEvents` in milliseconds. */
export type ServicePolicy = RenewalPolicy & { keepEvents: number };

export interface RenewalServiceDeps {
  renewals: Pick<
    RenewalStore,
    | 'due'
    | 'nextDue'
    | 'schedule'
    | 'unscheduled'
    | 'noteTimes'
    | 'lookAgain'
    | 'reconcile'
    | 'lastWrite'
    | 'setBack'
    | 'holdOff'
    | 'providerIsBack'
    | 'probeProvider'
  >;
  events: Pick<EventStore, 'prune'>;
  /**
   * Renews one token if it is due; bound to its own dependencies.
   * @param answered called when its provider has answered
   * @param late called when the usual time-out is over and the wait continues
   */
  refresh(configId: number, answered: () => void, late: () => void): Promise<RefreshOutcome>;
  /** Stores what the journal still holds. */
  replay(): Promise<number>;
  /** Takes in what the helpdesk's fetches have reported. Default: nobody watches mail. */
  watchMail?(): Promise<unknown>;
  /** Reports states that have changed since the last pass. */
  announce(): Promise<unknown>;
  policy(): Promise<ServicePolicy>;
  /** After a loss of the database; `refresh` respects it too. */
  quiet: QuietTime;
  clock: Clock;
  /** Milliseconds that really pass; replaced in tests. */
  elapsed?: () => number;
  log: Log;
  /** The longest sleep, in milliseconds. Default 5 s. */
  longestSleep?: number;
  /**
   * How long to wait for a refresh that the helpdesk has started with an expired token, in milliseconds.
   * Default 0.
   */
  helpdeskRefresh?: number;
  /** How many rows of the due list one query takes. Default 200. */
  batch?: number;
}
