import { type Phrase, phrase } from '../../lib/phrase.js';
import type { TokenClaims } from '../consent/token-claims.js';
import type { AppAtExchange } from './exchange-lines.js';
import type { MailProtocol } from './mailbox.js';

/** The application permissions of Office 365 Exchange Online (learn.microsoft.com, read on 2026-11-29). */
const PERMISSIONS: Readonly<Record<MailProtocol, string>> = {
  imap: 'IMAP.AccessAsApp',
  pop3: 'POP.AccessAsApp',
  smtp: 'SMTP.SendAsApp',
};

/** What a token of the app itself lacks: roles are application permissions, for which nobody can be asked to consent. */
export function missingRoles({ roles }: TokenClaims, protocol: MailProtocol): Phrase[] {
  const needed = PERMISSIONS[protocol];
  return roles.includes(needed)
    ? []
    : [
        phrase(
          'The token lacks the application permission %s. Add it to the app registration under Office 365 Exchange Online, have an administrator grant admin consent, then renew the token.',
          needed,
        ),
      ];
}

/** Exchange refuses a token of the app without a reason: it does not know the app, or not under this object ID. */
export const unknownApp = ({ objectId }: AppAtExchange, mailbox: string): Phrase[] =>
  objectId
    ? [
        phrase(
          'The token is for the app itself. Exchange must know the app by the object ID of its enterprise application, %s, and this app needs access to %s. If the first command below shows another object ID, the one of the app registration was entered: remove that registration and register the app again with the commands that follow.',
          objectId,
          mailbox,
        ),
      ]
    : [
        phrase(
          'The token is for the app itself. Exchange accepts it only after an administrator has registered the app there with the object ID of its enterprise application (not of the app registration) and has granted it access to %s.',
          mailbox,
        ),
      ];

/** The app is known, but may not open this mailbox. */
export const closedToApp = (mailbox: string): Phrase =>
  phrase(
    'The token is valid, but the app cannot open %s: it has no right to this mailbox, IMAP or POP is disabled for it, or it does not exist.',
    mailbox,
  );
