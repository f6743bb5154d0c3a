import type { MailboxState } from './mailbox-state.js';

/** Figures of all mailboxes for metrics. */
export interface MailboxFigures {
  /** When the last fetch of any account began. */
  fetchedAt: Date | null;
  mailboxes: readonly {
    /** ID of the mail account; `smtp`: outbound mail. */
    account: number | 'smtp';
    state: MailboxState['kind'];
    severity: MailboxState['severity'];
    isMuted: boolean;
    succeededAt: Date | null;
    /** Failures since the last success. */
    failures: number;
  }[];
}
