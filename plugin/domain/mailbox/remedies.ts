import { powerShellWord } from '../../lib/shell-words.js';
import type { Identity } from '../consent/identity.js';
import { compareMailbox, nameOf } from '../consent/identity.js';
import { hostKind } from './explain-refusal.js';
import { MAIL_TYPES, type Mailbox, type MailboxReport } from './mailbox.js';

/** What an admin can do at once about a test that failed. */
export type Remedy =
  | { kind: 'request-token' | 'renew' | 'edit-config' | 'edit-account' }
  /** A line for the Exchange Online PowerShell. */
  | { kind: 'command'; command: string };

export interface RemedyFacts {
  mailbox: Mailbox;
  fault: MailboxReport['fault'];
  token: 'valid' | 'expired' | 'missing';
  identity: Identity | null;
  /** Is the mailbox a mail account of the helpdesk? */
  isAccount: boolean;
}

const SWITCHES = {
  imap: '-ImapEnabled $true',
  pop3: '-PopEnabled $true',
  smtp: '-SmtpClientAuthenticationDisabled $false',
} as const;

/** Grants the right by which one user opens another mailbox, or sends as it. */
export const grantCommand = (mailbox: string, user: string, use: 'receive' | 'send'): string =>
  use === 'receive'
    ? `Add-MailboxPermission -Identity ${powerShellWord(mailbox)} -User ${powerShellWord(user)} -AccessRights FullAccess -AutoMapping $false`
    : `Add-RecipientPermission -Identity ${powerShellWord(mailbox)} -Trustee ${powerShellWord(user)} -AccessRights SendAs`;

/** What only Exchange can change: a protocol that is switched off, a right to a shared mailbox. */
function commandsFor({ mailbox, identity }: RemedyFacts): Remedy[] {
  if (hostKind(mailbox.address) !== 'microsoft') return [];
  const { protocol } = MAIL_TYPES[mailbox.type];
  const lines = [`Set-CASMailbox -Identity ${powerShellWord(mailbox.login)} ${SWITCHES[protocol]}`];
  if (identity && compareMailbox(identity, mailbox.login) === 'other')
    lines.unshift(grantCommand(mailbox.login, nameOf(identity), protocol === 'smtp' ? 'send' : 'receive'));
  return lines.map((command) => ({ kind: 'command', command }));
}

/** The remedies of a failed test, the most likely first; empty if nothing failed. */
export function remediesOf(facts: RemedyFacts): Remedy[] {
  const { fault, token, isAccount } = facts;
  const account: Remedy[] = isAccount ? [{ kind: 'edit-account' }] : [];
  if (token === 'missing') return [{ kind: 'request-token' }];
  if (!fault) return [];
  // The setting that cures it is shown by itself.
  if (fault.code === 'other-form' || fault.code === 'turned-away') return [];
  if (token === 'expired') return [{ kind: 'renew' }, { kind: 'request-token' }];
  if (fault.step !== 'sign-in') return account;
  return [{ kind: 'request-token' }, { kind: 'edit-config' }, ...account, ...commandsFor(facts)];
}
