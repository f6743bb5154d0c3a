import type { MailboxReport, MailboxTarget } from './mailbox.js';

/** Signs in at a mail server and looks around; changes nothing there. Adapter: plugin/mail. */
export interface MailboxProbe {
  /** What the server does wrong is in the report. @throws SidecarError mailbox-tests-busy */
  run(target: MailboxTarget): Promise<MailboxReport>;
}
