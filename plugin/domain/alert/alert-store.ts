import type { Alert, AlertDecision, AlertPolicy, CauseFacts } from './alert.js';
import type { AlertChannelName } from './alert-channel.js';
import type { AlertMessage } from './alert-message.js';

/** What is due to be told, as read inside the transaction that tells it. */
export interface DueAlerts {
  alerts: Alert[];
  /** By cause. */
  causes: ReadonlyMap<string, CauseFacts>;
  /** What people have been told of and still lasts, most urgent first; empty where no reminder is due. */
  lasting: Alert[];
  /** How many those are. */
  lastingCount: number;
}

/** What is written in that transaction. */
export interface AlertPlan {
  decisions: ReadonlyMap<string, AlertDecision>;
  messages: AlertMessage[];
}

export interface WaitingMessage {
  /** Its row. */
  id: number;
  channel: AlertChannelName;
  message: AlertMessage;
  /** How many attempts failed before. */
  failures: number;
  createdAt: Date;
}

interface FailedAttempt {
  /** What went wrong; contains no secret. */
  answer: string;
  /** null: the message is given up. */
  retryAt: Date | null;
  /** Nothing is sent over the channel before. */
  pauseUntil: Date;
}

/** What is known of a channel. */
export interface ChannelHealth {
  channel: string;
  /** Failures in a row. */
  failures: number;
  failingSince: Date | null;
  /** What went wrong last. */
  lastError: string | null;
  lastSuccessAt: Date | null;
  /** Messages that wait. */
  waiting: number;
  /** Messages that were given up in the last week. */
  givenUp: number;
}

/** What is to be told, to whom it was told, and what waits to be sent: tables `oauth2_sidecar_alert…`. */
export interface AlertStore {
  /** Cheap: is there anything to decide? One indexed query. */
  isDue(now: Date, channels: readonly AlertChannelName[]): Promise<boolean>;
  /** Alerts that are due, to describe them before `tell`. */
  due(now: Date, limit: number): Promise<Alert[]>;
  /**
   * Decides and writes messages for each channel, in one transaction and in one sidecar at a time.
   * @returns how many messages were written
   */
  tell(
    now: Date,
    channels: readonly AlertChannelName[],
    policy: AlertPolicy,
    plan: (due: DueAlerts) => AlertPlan,
  ): Promise<number>;
  /**
   * Marks deleted configurations as over, and takes in severities that grew while the state stayed the same.
   */
  follow(now: Date): Promise<void>;
  /**
   * Takes messages whose time has come, at most one for each channel, for `leaseMs` by the server's clock. A
   * sidecar that ends meanwhile leaves them to the next one.
   */
  takeWaiting(
    now: Date,
    channels: readonly AlertChannelName[],
    holder: string,
    leaseMs: number,
  ): Promise<WaitingMessage[]>;
  /** The message has arrived. */
  sent(row: WaitingMessage, now: Date): Promise<void>;
  /** The attempt failed. */
  failed(row: WaitingMessage, now: Date, failure: FailedAttempt): Promise<void>;
  /**
   * Gives up messages for channels that no sidecar has switched on for ten minutes, and the oldest where too many
   * wait.
   * @param channels those that this sidecar has
   * @returns how many
   */
  discard(now: Date, channels: readonly AlertChannelName[]): Promise<number>;
  /**
   * Notes the outcome of something that is no waiting message: a test, the heartbeat.
   * @param nextAt when the heartbeat is due again
   */
  note(channel: string, now: Date, error: string | null, nextAt?: Date): Promise<void>;
  /**
   * Takes the next call of the heartbeat, for one of several sidecars, unless an error has lasted for `delay`.
   * @param times milliseconds
   */
  takeHeartbeat(now: Date, times: { every: number; delay: number }): Promise<boolean>;
  health(now: Date): Promise<ChannelHealth[]>;
  /** Removes what is older than a week. */
  prune(now: Date): Promise<number>;
}
