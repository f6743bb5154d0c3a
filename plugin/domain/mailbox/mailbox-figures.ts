import type { FetchingState } from './fetching-state.js';
import type { MailboxState } from './mailbox-state.js';

/** Severities as they are counted, most urgent first: a muted mailbox has one of its own, so that no rule fires. */
export const SHOWN_SEVERITIES = ['error', 'warning', 'muted', 'note', 'ok'] as const;
export type ShownSeverity = (typeof SHOWN_SEVERITIES)[number];

export const shownSeverity = (severity: MailboxState['severity'], isMuted: boolean): ShownSeverity =>
  isMuted && (severity === 'error' || severity === 'warning') ? 'muted' : severity;

/** Figures of all mailboxes, as they were judged last. */
export interface StoredFigures {
  counts: readonly { state: string; severity: ShownSeverity; mailboxes: number }[];
  /** Some of them, those in trouble first. */
  mailboxes: readonly {
    /** ID of the mail account; `smtp`: outbound mail. */
    account: number | 'smtp';
    state: string;
    severity: ShownSeverity;
    succeededAt: Date | null;
    /** Failures since the last success. */
    failures: number;
  }[];
}

/** Figures for metrics. */
export interface MailFigures extends StoredFigures {
  /** As if somebody had always watched. */
  fetching: FetchingState;
}
