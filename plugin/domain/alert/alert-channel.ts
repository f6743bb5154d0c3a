import type { AlertMessage } from './alert-message.js';

/** The channels that carry messages. The heartbeat carries none. */
const ALERT_CHANNELS = ['mail', 'webhook', 'command'] as const;
export type AlertChannelName = (typeof ALERT_CHANNELS)[number];

/** What the other side answered. Texts are short and contain no secret. */
export type Delivery =
  | { ok: true; answer: string }
  | {
      ok: false;
      /** What went wrong: a status, a code of Node, or the words of the server. */
      answer: string;
      /** The receiver wants no further message (HTTP 410). */
      gone?: boolean;
      /** Earliest time of another attempt, in milliseconds from now (Retry-After). */
      retryAfter?: number;
    };

/** Sends messages to people or programs outside the pages. */
export interface AlertChannel {
  name: AlertChannelName;
  /** Never rejects; ends within `SEND_LIMIT`. */
  send(message: AlertMessage): Promise<Delivery>;
}

/** How long sending one message may take, in milliseconds. */
export const SEND_LIMIT = 20_000;

/** The channels that the settings switch on, as now deployed. */
export interface AlertChannels {
  current(): Promise<AlertChannel[]>;
}
