import type { MailServer } from './mail-server.js';
import { MAIL_TYPES } from './mailbox.js';

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
    AuthenticationType: 'oauth2_token',
    OAuth2TokenConfigID: String(configId),
    Login: login,
    ...(server ? { TypeAdd: server.type, Host: server.address } : {}),
    ...(isImap ? { IMAPFolder: 'INBOX' } : {}),
  };
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `index.pl?${pairs.join(';')}`;
}
