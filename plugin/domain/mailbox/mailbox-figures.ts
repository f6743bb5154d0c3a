import type { FetchingState } from './fetching-state.js';
import type { MailboxState } from './mailbox-state.js';

/** Figures of all mailboxes, for metrics and doctor. */
export interface MailboxFigures {
  /** As if somebody had always watched. */
  fetching: FetchingState;
  mailboxes: readonly {
    /** ID of the mail account; `smtp`: outbound mail. */
    account: number | 'smtp';
    /** Its login; never for a metric. */
    mailbox: string;
    state: MailboxState['kind'];
    severity: MailboxState['severity'];
    isMuted: boolean;
    succeededAt: Date | null;
    /** Failures since the last success. */
    failures: number;
  }[];
}
