import { powerShellWord } from '../../lib/shell-words.js';
import type { Identity } from '../consent/identity.js';
import { compareMailbox, nameOf } from '../consent/identity.js';
import {
  type AppAtExchange,
  exchangeUser,
  grantCommand,
  registerCommand,
  showCommand,
  unregisterCommand,
} from './exchange-lines.js';
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
  /** Set if the token is of the app itself, for which nobody consents. */
  app: AppAtExchange | null;
  /** Does the token come from an assertion, so that nobody can be asked to consent? */
  isAsserted?: boolean;
  /** Is the mailbox a mail account of the helpdesk? */
  isAccount: boolean;
}

const SWITCHES = {
  imap: '-ImapEnabled $true',
  pop3: '-PopEnabled $true',
  smtp: '-SmtpClientAuthenticationDisabled $false',
} as const;

/** Registers the app and gives it the mailbox; the first line shows a registration under the wrong object ID. */
const appCommands = (app: AppAtExchange, mailbox: string, use: 'receive' | 'send'): string[] => [
  showCommand(app),
  unregisterCommand(app),
  registerCommand(app, 'Helpdesk'),
  grantCommand(mailbox, exchangeUser(app), use),
];

/** What only Exchange can change: a protocol that is switched off, a right to a shared mailbox, an unknown app. */
function commandsFor({ mailbox, identity, app, fault }: RemedyFacts): Remedy[] {
  if (hostKind(mailbox.address) !== 'microsoft') return [];
  const { protocol } = MAIL_TYPES[mailbox.type];
  const use = protocol === 'smtp' ? 'send' : 'receive';
  const lines = [`Set-CASMailbox -Identity ${powerShellWord(mailbox.login)} ${SWITCHES[protocol]}`];
  if (app)
    lines.unshift(
      ...(fault?.step === 'sign-in'
        ? appCommands(app, mailbox.login, use)
        : [grantCommand(mailbox.login, exchangeUser(app), use)]),
    );
  else if (identity && compareMailbox(identity, mailbox.login) === 'other')
    lines.unshift(grantCommand(mailbox.login, nameOf(identity), use));
  return lines.map((command) => ({ kind: 'command', command }));
}

/** The remedies of a failed test, the most likely first; empty if nothing failed. */
export function remediesOf(facts: RemedyFacts): Remedy[] {
  const { fault, token, isAccount, app } = facts;
  const isOfNobody = app !== null || facts.isAsserted === true;
  const account: Remedy[] = isAccount ? [{ kind: 'edit-account' }] : [];
  const anew: Remedy[] = isOfNobody ? [{ kind: 'renew' }] : [{ kind: 'request-token' }];
  if (token === 'missing') return anew;
  if (!fault) return [];
  // The setting that cures it is shown by itself.
  if (fault.code === 'other-form' || fault.code === 'turned-away') return [];
  if (token === 'expired') return isOfNobody ? anew : [{ kind: 'renew' }, ...anew];
  if (fault.step === 'folder' && app) return [...account, ...commandsFor(facts)];
  if (fault.step !== 'sign-in') return account;
  return [...anew, { kind: 'edit-config' }, ...account, ...commandsFor(facts)];
}
