import { isMailType, MAIL_TYPES, type MailType, splitAddress } from './mailbox.js';

/** A provider's mail server, as a mail account of the helpdesk names it. */
export interface MailServer {
  type: MailType;
  /** `host`, or `host:port` where the port is not the usual one of the type. */
  address: string;
}

/** Where a provider's mailboxes are; empty lists if it is unknown. */
export interface MailServers {
  /** IMAP before POP3. */
  receive: MailServer[];
  send: MailServer | null;
}

/**
 * Reads the key `Mail` of a template file, a map of mail account types to addresses. Ignores what is neither
 * a type of the helpdesk nor an address.
 */
export function readMailServers(value: unknown): MailServers {
  const servers = Object.entries(typeof value === 'object' && value !== null ? value : {}).flatMap(
    ([type, address]): MailServer[] =>
      isMailType(type) && typeof address === 'string' && splitAddress(address, type) !== null
        ? [{ type, address }]
        : [],
  );
  const over = (protocol: string) => servers.filter(({ type }) => MAIL_TYPES[type].protocol === protocol);
  return { receive: [...over('imap'), ...over('pop3')], send: over('smtp')[0] ?? null };
}
