import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { giveToLabUser } from '../lab/lab-user.js';
import { perl } from './helpdesk.js';
import { lab } from './instance.js';

/** Puts a mail into a mailbox of the lab's Dovecot. */
export function deliverMail(user: string, subject: string): void {
  const id = randomUUID();
  const name = `${Date.now()}.${id}.lab`;
  const file = path.join(lab.mail, user, 'tmp', name);
  const head = [
    'From: Customer <customer@example.test>',
    `To: ${user}`,
    `Subject: ${subject}`,
    `Message-ID: <${id}@example.test>`,
    `Date: ${new Date().toUTCString()}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
  ];
  writeFileSync(file, `${head.join('\r\n')}\r\n\r\nPlease help.\r\n`);
  giveToLabUser(file);
  // As Maildir demands: for a client that waits (IDLE), Dovecot moves a message at once, before it belongs to its user.
  renameSync(file, path.join(lab.mail, user, 'new', name));
}

/** The lab's listener for each type of mail account. */
export const MAIL_PORTS = {
  IMAP: lab.ports.imap,
  IMAPS: lab.ports.imaps,
  IMAPTLS: lab.ports.imap,
  POP3: lab.ports.pop3,
  POP3S: lab.ports.pop3s,
  POP3TLS: lab.ports.pop3,
} as const;

/**
 * Adds a PostMaster mail account that signs in with a token configuration.
 * @param port another server than the lab's Dovecot
 * @returns its ID
 */
export async function mailAccount(
  type: keyof typeof MAIL_PORTS,
  configId: number,
  login: string,
  port: number = MAIL_PORTS[type],
): Promise<number> {
  const id = await perl(
    `print $Kernel::OM->Get('Kernel::System::MailAccount')->MailAccountAdd(
       Login => '${login}', Password => 'OAuth2Token', Host => '127.0.0.1:${port}', Type => '${type}',
       AuthenticationType => 'oauth2_token', OAuth2TokenConfigID => ${configId},
       IMAPFolder => 'INBOX', ValidID => 1, Trusted => 0, DispatchingBy => 'Queue', QueueID => 1, UserID => 1,
     );`,
  );
  return Number(id);
}
