import type { MailServer } from './mail-server.js';
import { MAIL_TYPES } from './mailbox.js';

const formUrl = (values: Record<string, string>): string =>
  `index.pl?${Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(';')}`;

/** Products call the field differently, and each ignores what it does not know. */
const signsInBy = (method: string) => ({ AuthenticationType: method, AuthenticationMethod: method });

/**
 * The URL of the helpdesk's own form for a new mail account, which it opens filled in. Nothing is stored
 * until somebody presses its button.
 * @param server null: unknown; the admin enters type and host
 */
export function accountFormUrl(server: MailServer | null, login: string, configId: number): string {
  const isImap = server !== null && MAIL_TYPES[server.type].protocol === 'imap';
  const values = {
    Action: 'AdminMailAccount',
    Subaction: 'AddNew',
    ...signsInBy('oauth2_token'),
    OAuth2TokenConfigID: String(configId),
    Login: login,
    ...(server ? { TypeAdd: server.type, Host: server.address } : {}),
    ...(isImap ? { IMAPFolder: 'INBOX' } : {}),
  };
  return formUrl(values);
}

/**
 * The same form for an account that signs in with a password, filled in except for the password, which must not
 * be in a URL. A helpdesk that knows no other sign-in ignores how it signs in.
 */
export function passwordAccountFormUrl({ type, address }: MailServer, login: string): string {
  return formUrl({
    Action: 'AdminMailAccount',
    Subaction: 'AddNew',
    ...signsInBy('password'),
    Login: login,
    TypeAdd: type,
    Host: address,
    ...(MAIL_TYPES[type].protocol === 'imap' ? { IMAPFolder: 'INBOX' } : {}),
  });
}
