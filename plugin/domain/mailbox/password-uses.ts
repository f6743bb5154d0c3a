import type { MailProtocol } from './mailbox.js';

/** Something of the helpdesk that signs in with a password. Never holds the password. */
export interface PasswordUse {
  kind: 'mail-account' | 'outbound' | 'profile' | 'web-service';
  /** Of the mail account, outbound email profile or web service; null for the outbound settings. */
  id: number | null;
  /** User name, or the name of a web service. */
  name: string;
  /** Type of the mail account, module of the helpdesk, transport of a web service: as the helpdesk writes it. */
  type: string;
  protocol: MailProtocol | 'http';
  /** Host, in lower case, without a port. */
  host: string;
}

/** Adapter: db. */
export interface PasswordUseStore {
  /**
   * Valid mail accounts, outbound email profiles and web services that sign in with a password; a fixed number of
   * queries. What the settings name is not among them.
   */
  list(): Promise<PasswordUse[]>;
}
