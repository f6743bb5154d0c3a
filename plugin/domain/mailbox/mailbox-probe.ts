import type { MailboxReport, MailboxTarget } from './mailbox.js';

/** Signs in at a mail server and reads from it without changing anything. Adapter: plugin/mail. */
export interface MailboxProbe {
  /**
   * Faults of the server are in the report.
   * @throws SidecarError mailbox-tests-busy
   */
  run(target: MailboxTarget): Promise<MailboxReport>;
}
