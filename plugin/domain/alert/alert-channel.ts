import type { Phrase } from '../../lib/phrase.js';
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

/** Channels, and the heartbeat. */
export const CHANNEL_NAMES = [...ALERT_CHANNELS, 'heartbeat'] as const;
export type ChannelName = (typeof CHANNEL_NAMES)[number];

/** What the settings say about one channel. */
export interface ChannelSetup {
  name: ChannelName;
  /** problem: it is switched on, and not configured correctly. */
  state: 'off' | 'on' | 'problem';
  /** What is wrong or worth knowing, and what to do. */
  remarks: Phrase[];
}

/** An address that is called while all is well. */
export interface Heartbeat {
  /** Milliseconds between two calls. */
  every: number;
  /** Calls the address. Never rejects. */
  send(): Promise<Delivery>;
}

/** As now deployed. */
export interface AlertChannels {
  /** The channels that are switched on. */
  current(): Promise<AlertChannel[]>;
  /** The heartbeat; null: it is switched off or cannot work. */
  heartbeat(): Promise<Heartbeat | null>;
  /** All channels and the heartbeat. */
  setups(): Promise<ChannelSetup[]>;
}
