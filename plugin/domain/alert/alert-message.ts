import type { Actor } from '../actor.js';
import type { Severity } from '../severity.js';

/** problem: something broke. reminder: it still lasts. resolved: it is over. test: an admin tries the channel. */
const ALERT_TYPES = ['problem', 'reminder', 'resolved', 'test'] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

/** All subjects of a message with the same state and cause. */
export interface AlertGroup {
  state: string;
  severity: Extract<Severity, 'error' | 'warning'> | null;
  /** How many subjects. */
  count: number;
  /** Since when the first of them, in ISO 8601. */
  since: string;
  /** One plain sentence in the language of the alerts: what is wrong, and who must do what. */
  sentence: string;
  /** Who must act; null: unknown, or nobody. */
  actor: Actor | null;
  /** The first of them. */
  subjects: { kind: string; id: number | null; name: string }[];
}

/** What one channel sends. The same for every channel, and the same at each attempt. Contains no secret. */
export interface AlertMessage {
  /** Unique; the same at each attempt, so that a receiver can drop the second copy. */
  id: string;
  type: AlertType;
  /** When it was written, in ISO 8601. */
  at: string;
  /** One line. */
  title: string;
  /** Plain text in the language of the alerts, for people. */
  text: string;
  /** URL of the overview. */
  link: string;
  groups: AlertGroup[];
}
